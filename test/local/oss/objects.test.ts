import * as assert from "node:assert/strict";
import { request } from "node:http";
import { type Cloud, startCloud } from "../../../local";
import { OssClient } from "../../../provider/oss/client";
import { objects } from "../../../provider/oss/objects";
import { bind, type CallOptions, call } from "../../support/call";

const KEY = ".well-known/acme-challenge/a_b-1";
const DOMAIN = "shop.example.com";
const PUBLIC = { "x-oss-object-acl": "public-read" };

describe("OSS emulator, objects", () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site"] });
    cloud.addBucket({ name: "foreign", owner: "42" });
  });
  afterEach(() => cloud.close());

  const put = async (headers: Record<string, string> = {}, options: CallOptions = {}) =>
    outcome(await call(cloud, "PUT", "site", "", { key: KEY, body: "content", headers, ...options }));
  const get = async (options: CallOptions = {}) =>
    outcome(await call(cloud, "GET", "site", "", { key: KEY, ...options }));
  const visit = (host = DOMAIN, key = KEY) => visitor(cloud, host, key);

  it("are put, read and deleted by the owner of their bucket", async () => {
    assert.deepEqual(await put(), [200, ""]);
    assert.deepEqual(await get(), [200, "content"]);
    assert.deepEqual(outcome(await call(cloud, "DELETE", "site", "", { key: KEY })), [204, ""]);
    assert.deepEqual(await get(), [404, "NoSuchKey 0026-00000001"]);
    assert.deepEqual(outcome(await call(cloud, "DELETE", "site", "", { key: KEY })), [204, ""]);
  });

  it("are what the client of the provider makes of them", async () => {
    const credentials = async () => cloud;
    const client = new OssClient({ credentials, endpoint: cloud.oss, region: cloud.region });
    await objects.putObject(client, "site", KEY, "content", { isPublic: true });
    assert.equal(await objects.getObject(client, "site", KEY), "content");
    await objects.deleteObject(client, "site", KEY);
    assert.equal(await objects.getObject(client, "site", KEY), undefined);
  });

  it("of another account's bucket are refused, and so are those of nobody", async () => {
    for (const method of ["PUT", "GET", "DELETE"]) {
      const foreign = outcome(await call(cloud, method, "foreign", "", { key: KEY }));
      assert.deepEqual(foreign, [403, "AccessDenied 0003-00000001"], method);
      const missing = outcome(await call(cloud, method, "nosuch", "", { key: KEY }));
      assert.deepEqual(missing, [404, "NoSuchBucket 0015-00000101"], method);
    }
  });

  it("are not written by visitors", async () => {
    await put(PUBLIC);
    const unsigned = {
      tamper: (headers: Record<string, string>) => void delete headers.authorization,
    };
    assert.deepEqual(await put({}, unsigned), [403, "AccessDenied 0003-00000001"]);
    const removed = outcome(await call(cloud, "DELETE", "site", "", { key: KEY, ...unsigned }));
    assert.deepEqual(removed, [403, "AccessDenied 0003-00000001"]);
    assert.deepEqual(await get(), [200, "content"]);
  });

  it("are read by visitors through the domain only if they are public", async () => {
    await bind(cloud, "site", DOMAIN);
    for (const [bucketAcl, acl, expected] of [
      ["private", undefined, [403, "AccessDenied 0003-00000001"]],
      ["private", "default", [403, "AccessDenied 0003-00000001"]],
      ["private", "public-read", [200, "content"]],
      ["private", "public-read-write", [200, "content"]],
      ["public-read", undefined, [200, "content"]],
      ["public-read", "private", [403, "AccessDenied 0003-00000001"]],
    ] as const) {
      cloud.set({ bucketAcl });
      await put(acl && { "x-oss-object-acl": acl });
      assert.deepEqual(await visit(), expected, `${bucketAcl} ${acl}`);
    }
  });

  it("that are missing are so for visitors only of public buckets", async () => {
    await bind(cloud, "site", DOMAIN);
    assert.deepEqual(await visit(), [403, "AccessDenied 0003-00000001"]);
    cloud.set({ bucketAcl: "public-read" });
    assert.deepEqual(await visit(), [404, "NoSuchKey 0026-00000001"]);
  });

  it("are not found by a domain that is not bound, or disabled", async () => {
    await put(PUBLIC);
    assert.deepEqual(await visit(), [403, "NonStandardHostForbidden 0003-00001402"]);
    await bind(cloud, "site", DOMAIN);
    assert.deepEqual(await visit(), [200, "content"]);
    cloud.inConsole.disable(DOMAIN);
    assert.deepEqual(await visit(), [403, "NonStandardHostForbidden 0003-00001402"]);
  });

  it("are put through the domain as well", async () => {
    await bind(cloud, "site", DOMAIN);
    assert.deepEqual(await put(PUBLIC, { host: DOMAIN }), [200, ""]);
    assert.deepEqual(await visit(), [200, "content"]);
  });

  it("get no ACL that there is not", async () => {
    assert.deepEqual(await put({ "x-oss-object-acl": "public" }), [400, "InvalidArgument 0017-00000105"]);
  });

  it("are not made public, nor shown to visitors, under Block Public Access", async () => {
    await bind(cloud, "site", DOMAIN);
    await put(PUBLIC);
    cloud.set({ blockPublicAccess: true });
    assert.deepEqual(await visit(), [403, "AccessDenied 0003-00000001"]);
    assert.deepEqual(await put(PUBLIC), [403, "AccessDenied 0016-00000901"]);
    assert.deepEqual(await put(), [200, ""]);
  });

  it("are not reached at the public endpoint where that is forbidden; bindings are", async () => {
    await bind(cloud, "site", DOMAIN);
    cloud.set({ publicEndpointForbidden: true });
    const forbidden = [400, "PublicEndpointForbidden 0048-00000401"];
    assert.deepEqual(await put(), forbidden);
    assert.deepEqual(await put({}, { host: "site.oss-cn-hangzhou.aliyuncs.com" }), forbidden);
    assert.deepEqual(await put(PUBLIC, { host: "site.oss-cn-hangzhou-internal.aliyuncs.com" }), [200, ""]);
    assert.deepEqual(await get(), forbidden);
    assert.deepEqual(await visit(), [200, "content"]);
    assert.equal((await call(cloud, "GET", "site", "cname")).status, 200);
  });

  it("are not reached by domain where plain HTTP is denied", async () => {
    await bind(cloud, "site", DOMAIN);
    cloud.set({ plainHttpDenied: true });
    assert.deepEqual(await put(PUBLIC), [200, ""]);
    assert.deepEqual(await visit(), [403, "AccessDenied 0003-00000001"]);
  });

  it("have operations of OSS in the log, and meet faults by them", async () => {
    await bind(cloud, "site", DOMAIN);
    cloud.forgetRequests();
    cloud.fail({ operation: "PutObject", code: "ServiceUnavailable", status: 503 });
    assert.deepEqual(await put(PUBLIC), [503, "ServiceUnavailable undefined"]);
    await put(PUBLIC);
    await visit();
    assert.deepEqual(
      cloud.requests().map(({ operation, bucket, domain, key, status }) => [operation, bucket, domain, key, status]),
      [
        ["PutObject", "site", null, KEY, 503],
        ["PutObject", "site", null, KEY, 200],
        ["GetObject", "site", DOMAIN, KEY, 200],
      ],
    );
  });

  it("are in the state, which another cloud can start with, and go with their bucket", async () => {
    await put(PUBLIC);
    const [object] = cloud.state().objects;
    assert.deepEqual([object?.bucket, object?.key, object?.acl], ["site", KEY, "public-read"]);
    const other = await startCloud({ state: cloud.state() });
    assert.equal(outcome(await call(other, "GET", "site", "", { key: KEY }))[1], "content");
    other.removeBucket("site");
    assert.deepEqual(other.state().objects, []);
    await other.close();
  });
});

/** Status, then the content or the code and EC. */
function outcome({ status, code, ec, body }: Awaited<ReturnType<typeof call>>): [number, string] {
  return [status, code === undefined ? body : `${code} ${ec}`];
}

/** A browser that DNS has led here. */
function visitor(cloud: Cloud, host: string, key: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const sent = request(`${cloud.oss}/${key}`, { headers: { host } }, async (message) => {
      const body = Buffer.concat(await message.toArray()).toString();
      const code = /<Code>(.*?)<\/Code>/.exec(body)?.[1];
      const ec = /<EC>(.*?)<\/EC>/.exec(body)?.[1];
      resolve(outcome({ status: message.statusCode ?? 0, code, ec, headers: {}, body }));
    });
    sent.on("error", reject).end();
  });
}
