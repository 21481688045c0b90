import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../local/cloud";
import { configFor, type Program, Stack } from "../stack";

describe("CnameToken", () => {
  let cloud: Cloud;
  let stack: Stack;
  const www: Program = { www: ["cnameToken", { bucket: "site", domain: "www.example.com" }] };
  const operations = () => cloud.requests().map(({ operation }) => operation);

  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site"] });
    stack = new Stack(configFor(cloud));
  });
  afterEach(async () => {
    stack.remove();
    await cloud.close();
  });

  it("makes a token and says which TXT record proves the domain", async () => {
    await stack.up(www);
    const [token] = cloud.state().tokens;
    assert.equal(stack.output("www", "token"), token?.token);
    assert.deepEqual(stack.output("www", "txtRecord"), {
      name: "_dnsauth.www.example.com",
      type: "TXT",
      value: token?.token,
      ttl: 600,
    });
    assert.deepEqual(operations(), ["ListCname", "CreateCnameToken"]);
  });

  it("sends nothing in a second up, and only reads in a refresh", async () => {
    await stack.up(www);
    const first = stack.state.get("www");
    cloud.control("DELETE", "/-/requests");
    assert.deepEqual(await stack.up(www), { www: "same" });
    assert.deepEqual(operations(), []);
    await stack.refresh();
    assert.deepEqual(stack.state.get("www")?.outputs, first?.outputs);
    assert.ok(operations().every((operation) => operation === "ListCname" || operation === "GetCnameToken"));
  });
});
