import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../local/cloud";
import { configFor, type Program, Stack } from "../stack";

describe("BucketCname", () => {
  let cloud: Cloud;
  let stack: Stack;
  const site = { bucket: "site", domain: "www.example.com" };
  const bound: Program = { token: ["cnameToken", site], binding: ["bucketCname", site] };
  const operations = () => cloud.requests().map(({ operation }) => operation);
  const prove = () => {
    for (const { domain, token } of cloud.state().tokens)
      cloud.control("POST", "/-/records", { name: `_dnsauth.${domain}`, type: "TXT", value: token });
  };

  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site", "other"] });
    stack = new Stack(configFor(cloud));
  });
  afterEach(async () => {
    stack.remove();
    await cloud.close();
  });

  it("binds by one PutCname once the record is there, and unbinds", async () => {
    await stack.up({ token: ["cnameToken", site] });
    prove();
    await stack.up(bound);
    assert.equal(cloud.state().bindings[0]?.domain, "www.example.com");
    assert.equal(operations().filter((operation) => operation === "PutCname").length, 1);
    assert.equal(stack.output("binding", "cnameTarget"), "site.oss-cn-hangzhou.aliyuncs.com");
    await stack.destroy();
    assert.deepEqual(cloud.state().bindings, []);
  });

  it("stays Pending without failing, and is bound by a later up", async () => {
    const pending: Program = {
      token: ["cnameToken", site],
      binding: ["bucketCname", { ...site, unverified: "pending" }],
    };
    await stack.up(pending);
    assert.equal(stack.output("binding", "status"), "Pending");
    assert.ok(!operations().includes("PutCname"));
    prove();
    assert.deepEqual(await stack.up(pending), { token: "same", binding: "update" });
    assert.equal(stack.output("binding", "status"), "Enabled");
    assert.deepEqual(await stack.up(pending), { token: "same", binding: "same" });
  });
});
