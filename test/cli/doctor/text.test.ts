import assert from "node:assert/strict";
import { overview, problemsOf, worstFirst } from "../../../cli/doctor/text";
import type { Diagnosis, Finding } from "../../../provider/internal";

describe("the overview of many domains", () => {
  const diagnosis = (domain: string, ...findings: Finding[]): Diagnosis => ({ domain, bucket: "site", findings });
  const right: Finding = { check: "token", state: "right", text: "not needed" };
  const wrong: Finding = { check: "binding", state: "wrong", text: "not bound", fix: "run `pulumi up`" };
  const unknown: Finding = { check: "certificate", state: "unknown", text: "the domain is not bound" };
  const plain = (_: string, text: string) => text;

  it("has a line for each, problems first, then the problems, then the numbers", () => {
    const diagnoses = [
      diagnosis("b.example.com", right),
      diagnosis("c.example.com", right, wrong, unknown),
      diagnosis("a.example.com", right, unknown),
      diagnosis("d.example.com", { ...wrong, text: "no record at d.example.com" }),
    ];
    assert.equal(
      overview(diagnoses, plain),
      `STATE    DOMAIN         BUCKET  PROBLEMS
wrong    c.example.com  site    binding
wrong    d.example.com  site    binding
unknown  a.example.com  site    certificate
right    b.example.com  site    -

c.example.com
wrong    binding              not bound
                              Next: run \`pulumi up\`

d.example.com
wrong    binding              no record at d.example.com
                              Next: run \`pulumi up\`

a.example.com
unknown  certificate          the domain is not bound

4 domains: 2 wrong, 1 unknown, 1 right
`,
    );
  });

  it("tells once what many have in common", () => {
    const names = Array.from({ length: 100 }, (_, index) => `d${String(index).padStart(2, "0")}.example.com`);
    const text = overview(
      names.map((name) => diagnosis(name, { ...wrong, text: `no record at ${name}` })),
      plain,
    );
    assert.equal(text.match(/^wrong +binding +no record at <domain>$/gm)?.length, 1);
    assert.match(text, new RegExp(`^${names.slice(0, 5).join(", ")} and 95 more\nwrong`, "m"));
  });

  it("begins with the numbers where there are many, and leaves out those that are fine", () => {
    const fine = Array.from({ length: 999 }, (_, index) => diagnosis(`d${index}.example.com`, right));
    const numbers = "1000 domains: 1 wrong, 0 unknown, 999 right\n";
    const lines = overview([...fine, diagnosis("bad.example.com", wrong)], plain).split("\n");
    assert.deepEqual(
      [`${lines[0]}\n`, lines[3], lines.length],
      [numbers, "wrong  bad.example.com  site    binding", 9],
    );
    assert.equal(overview(fine, plain), "999 domains: 0 wrong, 0 unknown, 999 right\n");
  });

  it("shows what is wrong, and what is unknown only if nothing is wrong", () => {
    const checks = (each: Diagnosis) => problemsOf(each).map(({ check }) => check);
    assert.deepEqual(checks(diagnosis("a", right, unknown, wrong)), ["binding"]);
    assert.deepEqual(checks(diagnosis("a", right, unknown)), ["certificate"]);
    assert.deepEqual(checks(diagnosis("a", right)), []);
  });

  it("sorts by name what is alike", () => {
    const sorted = worstFirst([diagnosis("b", right), diagnosis("a", right), diagnosis("z", wrong)]);
    assert.deepEqual(
      sorted.map(({ domain }) => domain),
      ["z", "a", "b"],
    );
  });
});
