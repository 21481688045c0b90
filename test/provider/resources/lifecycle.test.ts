import assert from "node:assert/strict";
import {
  failuresOf,
  isChanged,
  isUnknown,
  Lifecycle,
  PartialFailure,
  plain,
} from "../../../provider/resources/lifecycle";
import { Run } from "../../../provider/run";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("Lifecycle", () => {
  class Any extends Lifecycle {}
  const configure = (values: Record<string, string>) => {
    const run = new Run();
    const config = { get: (key: string) => values[key], require: (key: string) => values[key] ?? assert.fail(key) };
    return { run, done: new Any(run).configure({ config }) };
  };

  it("hands the configuration to the run before it returns, since Pulumi does not wait", () => {
    const { run } = configure({ "oss-cname:verification": "none" });
    assert.equal(run.settings.choice("oss-cname:verification"), "none");
  });

  it("rejects invalid settings by their names", async () =>
    assert.rejects(configure({ "oss-cname:verification": "non" }).done, /oss-cname:verification: "non" is not/));
});

describe("isChanged", () => {
  const cases: [title: string, before: unknown, now: unknown, changed: boolean][] = [
    ["equal values", "a", "a", false],
    ["different values", "a", "b", true],
    ["equal objects", { a: 1 }, { a: 1 }, false],
    ["different objects", { a: 1 }, { a: 2 }, true],
    ["a value that has gone", "a", undefined, true],
    ["null and nothing, which are the same", null, undefined, false],
    ["a value that is not known yet", "a", UNKNOWN, true],
  ];
  for (const [title, before, now, changed] of cases)
    it(`is ${changed} for ${title}`, () => assert.equal(isChanged(before, now), changed));
});

describe("isUnknown", () => {
  it("knows what Pulumi puts in place of unknown values", () =>
    assert.deepEqual([isUnknown(UNKNOWN), isUnknown("a"), isUnknown(undefined)], [true, false, false]));
});

describe("failuresOf", () => {
  const refuse = () => "is wrong";

  it("names property and reason of each problem", () =>
    assert.deepEqual(
      failuresOf([
        ["a", 1, refuse],
        ["b", 2, () => undefined],
      ]),
      [{ property: "a", reason: "is wrong" }],
    ));

  it("does not judge values that are not given or not known yet", () =>
    assert.deepEqual(
      failuresOf([
        ["a", undefined, refuse],
        ["b", UNKNOWN, refuse],
      ]),
      [],
    ));
});

describe("plain", () => {
  it("drops fields without a value, in objects inside as well", () =>
    assert.deepEqual(Object.entries(plain({ a: undefined, b: { c: undefined, d: 1 } })), [["b", { d: 1 }]]));

  it("keeps null, false, zero, empty texts and lists", () => {
    const values = { a: null, b: false, c: 0, d: "", e: [1] };
    assert.deepEqual(plain(values), values);
  });
});

describe("PartialFailure", () => {
  const cause = new Error("It failed.");
  const failure = new PartialFailure("id", { __provider: "text", secret: "x" }, { status: "Pending" }, cause);

  it("keeps outputs and the provider's text in the state, and no other inputs", () =>
    assert.deepEqual(failure.properties, { status: "Pending", __provider: "text" }));

  it("gives the reason of the failure", () => {
    assert.deepEqual(failure.reasons, ["It failed."]);
    assert.equal(failure.cause, cause);
  });
});
