import * as assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../../local";
import { type CallOptions, call, configuration, elementOf } from "../../support/call";

describe("OSS emulator, requests", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await startCloud({ buckets: ["site1"] });
    cloud.addBucket({ name: "foreign", owner: "42" });
    cloud.addBucket({ name: "beijing", region: "cn-beijing" });
    cloud.addCredential({ accessKeyId: "ak2", accessKeySecret: "sk2", owner: "42" });
  });
  after(() => cloud.close());

  const list = (bucket: string, options?: CallOptions) => call(cloud, "GET", bucket, "cname", options);

  it("get 404 for a bucket that does not exist", async () => {
    for (const [method, query] of [
      ["POST", "cname&comp=token"],
      ["GET", "cname=www.example.com&comp=token"],
      ["POST", "cname&comp=add"],
      ["POST", "cname&comp=delete"],
    ] as const) {
      const body = method === "POST" ? configuration("www.example.com") : "";
      const { status, code, ec } = await call(cloud, method, "nosuch", query, { body });
      assert.deepEqual([status, code, ec], [404, "NoSuchBucket", "0015-00000101"], query);
    }
  });

  it("get 403 for a bucket of another account", async () => {
    const { status, code, ec } = await list("foreign");
    assert.deepEqual([status, code, ec], [403, "AccessDenied", "0003-00000001"]);
  });

  it("of the owner reach the bucket", async () => {
    const credentials = { accessKeyId: "ak2", accessKeySecret: "sk2" };
    assert.equal((await list("foreign", { credentials })).status, 200);
  });

  it("get the endpoint of a bucket in another region", async () => {
    const reply = await list("beijing");
    assert.deepEqual([reply.status, reply.code], [403, "AccessDenied"]);
    assert.equal(elementOf(reply, "Endpoint"), "oss-cn-beijing.aliyuncs.com");
  });

  it("signed for the region of the bucket reach it", async () => {
    assert.equal((await list("beijing", { region: "cn-beijing" })).status, 200);
  });

  it("in path style are refused on the hosts of the service", async () => {
    const tamper = (headers: Record<string, string>) => {
      headers.host = "oss-cn-hangzhou.aliyuncs.com";
    };
    const { status, code } = await list("site1", { tamper });
    assert.deepEqual([status, code], [403, "SecondLevelDomainForbidden"]);
  });

  for (const [method, query] of [
    ["GET", "acl"],
    ["GET", "%zz=%&&="],
    ["PUT", ""],
    ["DELETE", "cname"],
    ["POST", "cname&comp=other"],
  ] as const)
    it(`of other operations get 501: ${method} ?${query}`, async () => {
      const { status, code } = await call(cloud, method, "site1", query);
      assert.deepEqual([status, code], [501, "NotImplemented"]);
    });

  it("by HEAD get the error in a header", async () => {
    const { status, body, headers } = await call(cloud, "HEAD", "site1", "cname");
    assert.deepEqual([status, body], [501, ""]);
    assert.match(Buffer.from(String(headers["x-oss-err"]), "base64").toString(), /<Code>NotImplemented</);
  });

  for (const [what, body] of [
    ["an empty body", ""],
    ["half an element", "<"],
    ["a zero byte", "\0"],
    ["a domain too long", configuration("a".repeat(5000))],
    ["an entity", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY a 'a'>]><a>&a;</a>"],
  ] as const)
    it(`with ${what} get 400`, async () => {
      assert.equal((await call(cloud, "POST", "site1", "cname&comp=add", { body })).status, 400);
    });

  it("with a malformed body get 400 before their bucket is looked for", async () => {
    const { code } = await call(cloud, "POST", "nosuch", "cname&comp=add", { body: "no XML" });
    assert.equal(code, "MalformedXML");
  });
});
