import assert from "node:assert/strict";
import * as dynamic from "../../provider/dynamic";

describe("pulumi-oss-cname/dynamic", () => {
  it("keeps the names that are in the state of users", () =>
    assert.deepEqual(Object.keys(dynamic).sort(), [
      "acmeCertificate",
      "alidnsRecord",
      "bucketCname",
      "bucketCnames",
      "cnameCertificate",
      "cnameToken",
      "manualRecord",
      "recordMemory",
      "removalGuard",
    ]));

  it("is what a resource's text in the state loads", () => {
    assert.equal(require("pulumi-oss-cname/dynamic"), dynamic);
  });
});
