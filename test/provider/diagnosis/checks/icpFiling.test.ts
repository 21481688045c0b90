import assert from "node:assert/strict";
import { assessIcpFiling } from "../../../../provider/diagnosis/checks/icpFiling";
import { evidence, unbound } from "../../../support/evidence";

describe("assessIcpFiling", () => {
  it("is right in mainland China when OSS has bound the domain", () => {
    const text = "required in cn-hangzhou, and OSS bound the domain";
    assert.deepEqual(assessIcpFiling(evidence()), { state: "right", text });
  });

  it("is unknown there before the domain is bound", () => {
    assert.equal(assessIcpFiling(unbound()).state, "unknown");
  });

  it("is not required elsewhere", () => {
    for (const region of ["cn-hongkong", "ap-southeast-1"])
      assert.deepEqual(assessIcpFiling(unbound({ region })), { state: "right", text: `not required in ${region}` });
  });

  it("is unknown without a region", () => {
    assert.equal(assessIcpFiling(evidence({ region: undefined })).state, "unknown");
  });
});
