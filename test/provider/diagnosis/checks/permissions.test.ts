import assert from "node:assert/strict";
import { assessPermissions } from "../../../../provider/diagnosis/checks/permissions";
import { evidence, ossError, unbound, unreachable } from "../../../support/evidence";

describe("assessPermissions", () => {
  it("is right when the bucket can be listed", () => {
    assert.equal(assessPermissions(evidence()).state, "right");
  });

  it("is wrong when listing is denied, with the remedy of the error", () => {
    const error = ossError("AccessDenied").withRemedy("allow it by this policy:\n{}");
    const verdict = assessPermissions(evidence({ bindings: error }));
    assert.deepEqual(verdict, { state: "wrong", text: error.facts, fix: "allow it by this policy:\n{}" });
  });

  it("is wrong when reading the token is denied", () => {
    const error = ossError("AccessDenied", { operation: "GetCnameToken" });
    const { state, text } = assessPermissions(unbound({ token: error }));
    assert.deepEqual([state, text], ["wrong", error.facts]);
  });

  it("is unknown when the bucket is in another region", () => {
    const bindings = ossError("AccessDenied", { endpoint: "oss-cn-beijing.aliyuncs.com" });
    const verdict = assessPermissions(evidence({ bindings }));
    assert.deepEqual(verdict, { state: "unknown", text: "the bucket could not be listed" });
  });

  it("is unknown when OSS was not asked, and says why", () => {
    const text = (but: Parameters<typeof unreachable>[0]) => assessPermissions(unreachable(but)).text;
    assert.equal(text({}), "not asked: OSS was not reached");
    assert.equal(text({ keySource: new Error() }), "not asked: there is no access key");
    const noBucket = assessPermissions(evidence({ bucket: undefined, bindings: undefined }));
    assert.match(noBucket.text, /give --bucket/);
  });
});
