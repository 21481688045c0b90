import assert from "node:assert/strict";
import { judge } from "../../../provider/diagnosis/diagnose";
import { evidence, unbound } from "../../support/evidence";

const CHECKS = [
  "credentials",
  "endpoint and region",
  "clock",
  "permissions",
  "token",
  "TXT record",
  "binding",
  "CNAME target",
  "certificate",
  "expiry",
  "ICP filing",
];

describe("judge", () => {
  it("gives one finding for each check, in order", () => {
    const { findings } = judge(evidence());
    assert.deepEqual(
      findings.map(({ check, state }) => [check, state]),
      CHECKS.map((check) => [check, "right"]),
    );
  });

  it("gives a fix for what is wrong, and for nothing else", () => {
    for (const { state, fix } of judge(unbound({ route: { targets: [], hasAddress: false } })).findings)
      assert.equal(fix !== undefined, state === "wrong");
  });

  it("names the bucket, or null if none is known", () => {
    assert.equal(judge(evidence()).bucket, "site");
    assert.equal(judge(evidence({ bucket: undefined, bindings: undefined })).bucket, null);
  });
});
