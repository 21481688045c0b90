import assert from "node:assert/strict";
import { z } from "zod";
import { shapeProblems } from "../../../provider/program/problems";

const dns = z.union([z.enum(["alidns", "none"]), z.strictObject({ alidns: z.strictObject({ zone: z.string() }) })]);
const entry = z.strictObject({
  bucket: z.string(),
  dns: dns.exactOptional(),
  ttl: z.int().min(1).exactOptional(),
  seconds: z.number().positive().exactOptional(),
  force: z.boolean().exactOptional(),
  verification: z.enum(["authoritative", "dns", "none"]).exactOptional(),
  names: z.array(z.string()).exactOptional(),
});

describe("shapeProblems", () => {
  const problems = (value: unknown, schema: z.ZodType = entry) =>
    shapeProblems(schema, value).map(({ path, text }) => text(path.join(".")));
  const bucket = "site";

  const cases: [title: string, value: unknown, expected: string[]][] = [
    ["nothing for a value that fits", { bucket, dns: "none", ttl: 60 }, []],
    ["a missing key", {}, ["bucket: missing"]],
    [
      "an unknown key with the one that it is near to",
      { bucket, forc: true },
      ['unknown key "forc"; did you mean "force"?'],
    ],
    [
      "an unknown key that is near to none, with all that are known",
      { bucket, xyzzy: 1 },
      ['unknown key "xyzzy"; known: bucket, dns, ttl, seconds, force, verification, names'],
    ],
    [
      "each unknown key",
      { bucket, forc: 1, tt: 2 },
      ['unknown key "forc"; did you mean "force"?', 'unknown key "tt"; did you mean "ttl"?'],
    ],
    ["a number where a string belongs, with a hint", { bucket: 5 }, ["bucket: must be a string, so put it in quotes"]],
    ["a list where a string belongs", { bucket: [] }, ["bucket: must be a string"]],
    ["a string where true or false belongs", { bucket, force: "yes" }, ["force: must be true or false"]],
    ["a string where a list belongs", { bucket, names: "a" }, ["names: must be a list"]],
    ["an item of a list", { bucket, names: ["a", 5] }, ["names.1: must be a string, so put it in quotes"]],
    ["a fraction where a whole number belongs", { bucket, ttl: 1.5 }, ["ttl: must be a whole number"]],
    ["a number that is too small", { bucket, ttl: 0 }, ["ttl: must be at least 1"]],
    ["a number that must be positive", { bucket, seconds: 0 }, ["seconds: must be more than 0"]],
    [
      "a value that is none of three",
      { bucket, verification: "x" },
      ["verification: must be authoritative, dns or none"],
    ],
    ["a string that fits no form of a union", { bucket, dns: "aldns" }, ["dns: must be alidns or none"]],
    ["a mapping that fits no form of a union", { bucket, dns: { x: 1 } }, ["dns: must be alidns or none"]],
    [
      "several problems at once",
      { ttl: 0, force: 1 },
      ["bucket: missing", "ttl: must be at least 1", "force: must be true or false"],
    ],
  ];
  for (const [title, value, expected] of cases) it(`tells ${title}`, () => assert.deepEqual(problems(value), expected));

  it("tells of the value itself without a field", () => assert.deepEqual(problems([]), ["must be a mapping"]));

  it("knows the keys of entries in a list and in a mapping", () => {
    const expected = 'did you mean "bucket"?';
    assert.match(String(problems([{ bucket, bukcet: 1 }], z.array(entry))), new RegExp(expected.replace("?", "\\?")));
    assert.match(String(problems({ a: { bucket, bukcet: 1 } }, z.record(z.string(), entry))), /did you mean "bucket"/);
  });

  it("gives the text of a check that a schema makes itself", () => {
    const even = z.number().refine((value) => value % 2 === 0, { message: "must be even" });
    assert.deepEqual(problems(3, even), ["must be even"]);
  });

  it("never shows the value, which may be a secret", () =>
    assert.doesNotMatch(String(problems({ bucket: ["TOPSECRET"], verification: "TOPSECRET" })), /TOPSECRET/));
});
