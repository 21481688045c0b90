import * as assert from "node:assert/strict";
import { checkFault, Faults } from "../../local/faults";

const request = { operation: "PutCname", bucket: "site", domain: "www.example.com" };

describe("faults", () => {
  let faults: Faults;
  beforeEach(() => {
    faults = new Faults();
  });

  it("happen once unless told otherwise", () => {
    faults.add({ operation: "PutCname" });
    assert.deepEqual(faults.take(request), { operation: "PutCname" });
    assert.equal(faults.take(request), undefined);
  });

  it("happen a number of times", () => {
    faults.add({ operation: "PutCname", code: "Busy", times: 2 });
    const codes = [1, 2, 3].map(() => faults.take(request)?.code);
    assert.deepEqual(codes, ["Busy", "Busy", undefined]);
  });

  it("happen in the order in which they were added", () => {
    for (const code of ["One", "Two"]) faults.add({ operation: "PutCname", code });
    assert.deepEqual([faults.take(request)?.code, faults.take(request)?.code], ["One", "Two"]);
  });

  it("happen to any operation by *", () => {
    faults.add({ operation: "*" });
    assert.ok(faults.take(request));
  });

  for (const fault of [
    { operation: "ListCname" },
    { operation: "*", bucket: "other" },
    { operation: "PutCname", domain: "a.example.com" },
  ])
    it(`spare other requests: ${JSON.stringify(fault)}`, () => {
      faults.add(fault);
      assert.equal(faults.take(request), undefined);
    });

  it("can be cleared", () => {
    faults.add({ operation: "*" });
    assert.equal(faults.clear(), 1);
    assert.deepEqual(faults.pending, []);
  });

  describe("are checked, and refused", () => {
    for (const [what, fault] of [
      ["without operation", { status: 500 }],
      ["with an unknown field", { operation: "PutCname", statuz: 500 }],
      ["with a status that HTTP does not have", { operation: "PutCname", status: 42 }],
      ["with a number as text", { operation: "PutCname", delayMs: "50" }],
      ["with an empty code", { operation: "PutCname", code: "" }],
      ["with a flag as text", { operation: "PutCname", reset: "true" }],
    ] as const)
      it(what, () => assert.throws(() => checkFault(fault), Error));
  });
});
