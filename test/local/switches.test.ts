import * as assert from "node:assert/strict";
import { checkSwitches, DEFAULT_SWITCHES } from "../../local/switches";

describe("switches", () => {
  it("have the first choice, or the value, as default", () => {
    const { barePut, fingerprint, cnamesPerBucket, bindsUnverified } = DEFAULT_SWITCHES;
    assert.deepEqual([barePut, fingerprint, cnamesPerBucket, bindsUnverified], ["keep", "plain", 100, false]);
  });

  it("take each default", () => checkSwitches(DEFAULT_SWITCHES));
  it("take another choice", () => checkSwitches({ barePut: "drop", certificateCode: "Odd", conflictStatus: 400 }));

  for (const changes of [{ barePut: "maybe" }, { unknown: true }, { toString: undefined }, { dnsDelayMs: "1" }])
    it(`refuse ${Object.keys(changes)}: ${Object.values(changes)}`, () =>
      assert.throws(() => checkSwitches(changes), /there is no switch/));
});
