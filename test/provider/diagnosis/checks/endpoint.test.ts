import assert from "node:assert/strict";
import { assessEndpoint } from "../../../../provider/diagnosis/checks/endpoint";
import { evidence, ossError, unreachable } from "../../../support/evidence";

describe("assessEndpoint", () => {
  it("is right when OSS answers", () => {
    const text = "site.oss-cn-hangzhou.aliyuncs.com answers, region cn-hangzhou";
    assert.deepEqual(assessEndpoint(evidence()), { state: "right", text });
  });

  it("is wrong when OSS does not answer", () => {
    assert.deepEqual(assessEndpoint(unreachable()), {
      state: "wrong",
      text: "http://127.0.0.1:1 does not answer: ECONNREFUSED.",
      fix: "check the network",
    });
  });

  it("is wrong when OSS does not know the bucket", () => {
    const { state, text, fix } = assessEndpoint(evidence({ bindings: ossError("NoSuchBucket") }));
    assert.equal(state, "wrong");
    assert.match(text, /NoSuchBucket/);
    assert.match(fix ?? "", /check the bucket's name, its region/);
  });

  it("is wrong when the bucket is in another region", () => {
    const endpoint = "oss-cn-beijing.aliyuncs.com";
    const { state, fix } = assessEndpoint(evidence({ bindings: ossError("AccessDenied", { endpoint }) }));
    assert.equal(state, "wrong");
    assert.match(fix ?? "", /served at oss-cn-beijing/);
  });

  it("is wrong when the connection breaks", () => {
    const { state, text, fix } = assessEndpoint(evidence({ bindings: new Error("no complete reply") }));
    assert.deepEqual([state, text], ["wrong", "no complete reply"]);
    assert.match(fix ?? "", /check the network/);
  });

  it("leaves a refused key and a missing permission to their own checks", () => {
    for (const code of ["SignatureDoesNotMatch", "AccessDenied"])
      assert.equal(assessEndpoint(evidence({ bindings: ossError(code) })).state, "right");
  });
});
