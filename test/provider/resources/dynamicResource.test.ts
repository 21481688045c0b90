import assert from "node:assert/strict";
import { providerText } from "../../../provider/resources/dynamicResource";

describe("providerText", () => {
  it("is one line that never changes, for it is in the state of every user", () =>
    assert.equal(
      providerText("bucketCname"),
      'exports.handler = () => require("pulumi-oss-cname/dynamic").bucketCname;',
    ));
});
