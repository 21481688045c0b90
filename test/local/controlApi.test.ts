import * as assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { type Cloud, type Switches, startCloud } from "../../local";
import { bind, createToken, getToken, list, put } from "../support/call";

describe("control API", () => {
  let cloud: Cloud;

  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site1", "site2"] });
  });
  afterEach(() => cloud.close());

  const http = async (method: string, path: string, body?: unknown) => {
    const reply = await fetch(`${cloud.oss}${path}`, {
      method,
      headers: method === "GET" ? {} : { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: reply.status, json: await reply.json() };
  };

  describe("the log of requests", () => {
    const FIELDS = ["<PrivateKey>secret</PrivateKey>", "<Certificate>x</Certificate>", "<Force>true</Force>"];

    it("is shown as the cloud has it", async () => {
      await createToken(cloud, "site1", "WWW.example.com");
      const { status, json } = await http("GET", "/-/requests");
      assert.deepEqual([status, json], [200, cloud.requests()]);
    });

    it("has one entry for each request", async () => {
      await createToken(cloud, "site1", "WWW.example.com");
      const { time, requestId, ...entry } = cloud.requests()[0] ?? { time: "", requestId: "" };
      assert.match(time, /^\d{4}-.*Z$/);
      assert.match(requestId, /^[0-9A-F]{24}$/);
      assert.deepEqual(entry, {
        service: "oss",
        operation: "CreateCnameToken",
        bucket: "site1",
        domain: "www.example.com",
        signatureVersion: "v4",
        status: 200,
        code: null,
      });
    });

    it("has digests in place of certificates and keys", async () => {
      await put(cloud, "site1", "www.example.com", FIELDS.join(""));
      assert.deepEqual(cloud.requests()[0]?.certificate, {
        certificateDigest: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        privateKeyDigest: "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
        force: true,
      });
      assert.ok(!JSON.stringify((await http("GET", "/-/requests")).json).includes("secret"));
    });

    it("can be emptied", async () => {
      await createToken(cloud, "site1", "www.example.com");
      assert.deepEqual((await http("DELETE", "/-/requests")).json, { removed: 1 });
      assert.deepEqual(cloud.requests(), []);
    });
  });

  it("shows the state", async () => {
    assert.deepEqual((await http("GET", "/-/state")).json, JSON.parse(JSON.stringify(cloud.state())));
  });

  it("adds a bucket", async () => {
    const bucket = { name: "third", owner: "42", region: "cn-beijing" };
    assert.deepEqual((await http("POST", "/-/buckets", bucket)).json, bucket);
    assert.deepEqual(cloud.state().buckets[2], bucket);
  });

  it("removes a bucket with its bindings and tokens", async () => {
    await bind(cloud, "site1", "www.example.com");
    assert.deepEqual((await http("DELETE", "/-/buckets", { name: "site1" })).json, { removed: 1 });
    assert.deepEqual([cloud.state().bindings, cloud.state().tokens], [[], []]);
  });

  it("adds a zone", async () => {
    const zones = ["example.com", "example.org"];
    assert.deepEqual((await http("POST", "/-/zones", { name: "example.org" })).json, zones);
    assert.deepEqual(cloud.state().zones, zones);
  });

  it("adds and removes records", async () => {
    await http("POST", "/-/records", { name: "a.example.com", type: "txt", value: "v", ttl: 60 });
    const [record] = cloud.state().records;
    assert.deepEqual(
      [record?.name, record?.zone, record?.type, record?.ttl],
      ["a.example.com", "example.com", "TXT", 60],
    );
    const remove = async (body: object) => (await http("DELETE", "/-/records", body)).json;
    assert.deepEqual(await remove({ name: "a.example.com", value: "other" }), { removed: 0 });
    assert.deepEqual(await remove({ name: "a.example.com" }), { removed: 1 });
  });

  for (const [method, path, body] of [
    ["GET", "/-/nothing", undefined],
    ["POST", "/-/buckets", {}],
    ["POST", "/-/buckets", { name: "No" }],
    ["POST", "/-/buckets", []],
    ["POST", "/-/records", { name: "www.example.net", type: "TXT", value: "v" }],
    ["POST", "/-/records", { name: "www.example.com", type: "TXT", value: "v", ttl: "60" }],
    ["POST", "/-/faults", { operation: "PutCname", statuz: 500 }],
    ["POST", "/-/changes", { change: "toString", domain: "www.example.com" }],
    ["POST", "/-/changes", { change: "removeBinding", domain: "www.example.com" }],
    ["POST", "/-/switches", { barePut: "maybe" }],
    ["POST", "/-/switches", { unknown: true }],
  ] as const)
    it(`answers 400 to ${method} ${path} ${JSON.stringify(body) ?? ""}`, async () => {
      const { status, json } = await http(method, path, body);
      assert.equal(status, 400);
      assert.ok((json as { error: string }).error.length > 10);
    });

  describe("refuses what a web page could send:", () => {
    const cases: readonly [what: string, method: string, headers: Record<string, string>, status: number][] = [
      ["a request of another origin", "GET", { origin: "https://example.com" }, 403],
      ["an image of another site", "GET", { "sec-fetch-site": "cross-site", "sec-fetch-dest": "image" }, 403],
      ["a script of another port", "GET", { "sec-fetch-site": "same-site" }, 403],
      ["a request for a resource of its own", "GET", { "sec-fetch-site": "same-origin" }, 403],
      ["a page in a sandbox", "POST", { origin: "null", "content-type": "application/json" }, 403],
      ["a host that begins like loopback", "GET", { host: "127.0.0.1.evil.example" }, 403],
      ["a host with a name before it", "GET", { host: "evil.example@127.0.0.1" }, 403],
      ["a name below localhost", "GET", { host: "evil.localhost" }, 403],
      ["a request under another host", "GET", { host: "rebound.example.com" }, 403],
      ["a form", "POST", { "content-type": "application/x-www-form-urlencoded" }, 415],
      ["plain text", "DELETE", { "content-type": "text/plain" }, 415],
      ["a body without content-type", "POST", {}, 415],
    ];
    for (const [what, method, headers, status] of cases)
      it(what, async () => {
        const [reply] = await once(request(`${cloud.oss}/-/requests`, { method, headers }).end(), "response");
        const { error } = JSON.parse(Buffer.concat(await reply.toArray()).toString());
        assert.deepEqual([reply.statusCode, typeof error], [status, "string"]);
      });
  });

  it("accepts localhost, and JSON with a charset", async () => {
    const headers = { host: "localhost:8080", "content-type": "application/json; charset=utf-8" };
    const sent = request(`${cloud.oss}/-/requests`, { method: "DELETE", headers }).end();
    assert.equal((await once(sent, "response"))[0].statusCode, 200);
  });

  it("sets and clears faults", async () => {
    const fault = { operation: "CreateCnameToken", domain: "a.example.com", status: 503, times: 2 };
    assert.deepEqual((await http("POST", "/-/faults", fault)).json, [fault]);
    assert.deepEqual((await http("GET", "/-/faults")).json, [fault]);
    assert.deepEqual((await http("DELETE", "/-/faults")).json, { removed: 1 });
  });

  it("sets switches", async () => {
    await http("POST", "/-/switches", { barePut: "drop" });
    assert.equal(((await http("GET", "/-/switches")).json as Switches).barePut, "drop");
  });

  it("says when the CA wants certificates renewed", async () => {
    const window = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
    await http("POST", "/-/renewalWindows", window);
    const reply = await http("POST", "/-/renewalWindows", {
      ...window,
      renewalId: "a.b",
      explanationURL: "https://a/",
    });
    assert.deepEqual(reply.json, { "*": window, "a.b": { ...window, explanationURL: "https://a/" } });
  });

  it("adds credentials and certificates", async () => {
    const credential = { accessKeyId: "ak2", accessKeySecret: "sk2", owner: "42" };
    assert.deepEqual((await http("POST", "/-/credentials", credential)).json, { accessKeyId: "ak2" });
    await http("POST", "/-/certificates", { certId: "7-cn-hangzhou" });
    assert.equal(cloud.state().certificates[0]?.certId, "7-cn-hangzhou");
  });

  describe("makes the changes of somebody else:", () => {
    const domain = "www.example.com";
    beforeEach(() => bind(cloud, "site1", domain));
    const change = async (name: string, more: object = {}) => {
      const { status, json } = await http("POST", "/-/changes", { change: name, domain, ...more });
      assert.deepEqual([status, json], [200, JSON.parse(JSON.stringify(cloud.state()))]);
      return cloud.state().bindings[0];
    };

    it("replaceCertificate, removeCertificate", async () => {
      assert.equal((await change("replaceCertificate", { certId: "2-cn-hangzhou" }))?.certId, "2-cn-hangzhou");
      assert.equal((await change("removeCertificate"))?.certId, undefined);
    });

    it("disable, enable", async () => {
      assert.equal((await change("disable"))?.status, "Disabled");
      assert.match((await list(cloud, "site1")).body, /<Status>Disabled</);
      assert.equal((await change("enable"))?.status, "Enabled");
    });

    it("moveBinding, removeBinding", async () => {
      assert.equal((await change("moveBinding", { bucket: "site2" }))?.bucket, "site2");
      assert.equal(await change("removeBinding"), undefined);
      assert.equal((await change("moveBinding", { bucket: "site1" }))?.bucket, "site1");
    });

    it("expireToken", async () => {
      assert.equal((await getToken(cloud, "site1", domain)).status, 200);
      await change("expireToken", { bucket: "site1" });
      assert.equal((await getToken(cloud, "site1", domain)).code, "CnameTokenNotFound");
    });
  });
});
