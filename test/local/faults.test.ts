import * as assert from "node:assert/strict";
import { checkFault, type Fault, takeFault } from "../../local/faults";

const request = { operation: "PutCname", bucket: "site", domain: "www.example.com" };

describe("faults", () => {
  let faults: Fault[];
  beforeEach(() => {
    faults = [];
  });

  it("happen once unless told otherwise", () => {
    faults.push({ operation: "PutCname" });
    assert.deepEqual(takeFault(faults, request), { operation: "PutCname" });
    assert.equal(takeFault(faults, request), undefined);
  });

  it("happen a number of times", () => {
    faults.push({ operation: "PutCname", code: "Busy", times: 2 });
    const codes = [1, 2, 3].map(() => takeFault(faults, request)?.code);
    assert.deepEqual(codes, ["Busy", "Busy", undefined]);
  });

  it("happen in the order in which they were added", () => {
    for (const code of ["One", "Two"]) faults.push({ operation: "PutCname", code });
    assert.deepEqual([takeFault(faults, request)?.code, takeFault(faults, request)?.code], ["One", "Two"]);
  });

  it("happen to a share of the requests, the same ones for the same seed", () => {
    const hits = (seed: number) => {
      faults = [{ operation: "PutCname", times: 1e9, share: 0.2, seed }];
      return Array.from({ length: 1000 }, () => takeFault(faults, request) !== undefined);
    };
    const count = hits(1).filter((hit) => hit).length;
    assert.ok(count > 150 && count < 250, `${count} of 1,000`);
    assert.deepEqual(hits(1), hits(1));
    assert.notDeepEqual(hits(1), hits(2));
  });

  it("happen to any operation by *", () => {
    faults.push({ operation: "*" });
    assert.ok(takeFault(faults, request));
  });

  for (const fault of [
    { operation: "ListCname" },
    { operation: "*", bucket: "other" },
    { operation: "PutCname", domain: "a.example.com" },
  ])
    it(`spare other requests: ${JSON.stringify(fault)}`, () => {
      faults.push(fault);
      assert.equal(takeFault(faults, request), undefined);
    });

  describe("are checked, and refused", () => {
    for (const [what, fault] of [
      ["without operation", { status: 500 }],
      ["with an unknown field", { operation: "PutCname", statuz: 500 }],
      ["with a status that HTTP does not have", { operation: "PutCname", status: 42 }],
      ["with a share of more than all", { operation: "PutCname", share: 20 }],
      ["with a number as text", { operation: "PutCname", delayMs: "50" }],
      ["with an empty code", { operation: "PutCname", code: "" }],
      ["with a flag as text", { operation: "PutCname", reset: "true" }],
    ] as const)
      it(what, () => assert.throws(() => checkFault(fault), Error));
  });
});
