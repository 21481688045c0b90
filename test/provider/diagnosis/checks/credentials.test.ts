import assert from "node:assert/strict";
import { assessCredentials } from "../../../../provider/diagnosis/checks/credentials";
import { evidence, ossError } from "../../../support/evidence";

describe("assessCredentials", () => {
  it("says where the access key comes from", () => {
    assert.deepEqual(assessCredentials(evidence()), {
      state: "right",
      text: "from the environment (ALICLOUD_ACCESS_KEY)",
    });
  });

  it("is wrong without an access key", () => {
    const keySource = new Error("No usable credentials from the credential chain");
    assert.deepEqual(assessCredentials(evidence({ keySource, bindings: undefined })), {
      state: "wrong",
      text: "No usable credentials from the credential chain",
      fix: "give an access key by options, environment or profile",
    });
  });

  it("is wrong when OSS refuses the key, with the remedy of the error", () => {
    for (const code of [
      "InvalidAccessKeyId",
      "SignatureDoesNotMatch",
      "SecurityTokenExpired",
      "InvalidSecurityToken",
    ]) {
      const error = ossError(code);
      const verdict = assessCredentials(evidence({ bindings: error }));
      assert.deepEqual(verdict, { state: "wrong", text: error.facts, fix: error.remedy });
    }
  });

  it("is right when OSS refuses the request for another reason", () => {
    assert.equal(assessCredentials(evidence({ bindings: ossError("AccessDenied") })).state, "right");
  });
});
