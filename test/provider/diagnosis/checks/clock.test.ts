import assert from "node:assert/strict";
import { assessClock } from "../../../../provider/diagnosis/checks/clock";
import { evidence, NOW, unreachable } from "../../../support/evidence";

describe("assessClock", () => {
  const off = (seconds: number) =>
    assessClock(evidence({ oss: { host: "oss", serverTime: new Date(NOW + seconds * 1000) } }));

  it("is right within 15 minutes", () => {
    const text = "899 s from the clock of OSS, which shows 2026-03-01T00:14:59.000Z";
    assert.deepEqual(off(899), { state: "right", text });
    assert.equal(off(-899).state, "right");
  });

  it("is wrong beyond 15 minutes, on either side", () => {
    for (const seconds of [901, -901]) {
      const { state, fix } = off(seconds);
      assert.equal(state, "wrong");
      assert.match(fix ?? "", /set this machine's clock/);
    }
  });

  it("is unknown when OSS tells no time or does not answer", () => {
    assert.equal(assessClock(evidence({ oss: { host: "oss", serverTime: undefined } })).state, "unknown");
    assert.equal(assessClock(unreachable()).state, "unknown");
  });
});
