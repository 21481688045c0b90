import * as assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../local";
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
  const answers = (operation: string) =>
    cloud
      .requests()
      .filter((each) => each.operation === operation)
      .map(({ status, code }) => [status, code]);

  it("logs what came in, with digests for keys", async () => {
    await createToken(cloud, "site1", "WWW.example.com");
    await put(
      cloud,
      "site1",
      "www.example.com",
      "<PrivateKey>secret</PrivateKey><Certificate>x</Certificate><Force>true</Force>",
    );
    const { status, json } = await http("GET", "/-/requests");
    assert.equal(status, 200);
    assert.deepEqual(json, cloud.requests());
    const [first, second] = cloud.requests();
    assert.match(String(first?.time), /^\d{4}-.*Z$/);
    assert.deepEqual(
      [
        first?.service,
        first?.operation,
        first?.bucket,
        first?.domain,
        first?.status,
        first?.code,
        first?.signatureVersion,
      ],
      ["oss", "CreateCnameToken", "site1", "www.example.com", 200, null, "v4"],
    );
    assert.deepEqual(second?.certificate, {
      certificateDigest: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
      privateKeyDigest: "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
      force: true,
    });
    assert.ok(!JSON.stringify(json).includes("secret"));
    assert.deepEqual((await http("DELETE", "/-/requests")).json, { removed: 2 });
    assert.deepEqual(cloud.requests(), []);
  });

  it("shows and makes what there is", async () => {
    await http("POST", "/-/buckets", { name: "third", owner: "42", region: "cn-beijing" });
    await http("POST", "/-/zones", { name: "example.org" });
    await http("POST", "/-/records", { name: "a.example.org", type: "TXT", value: "v", ttl: 60 });
    const { json } = await http("GET", "/-/state");
    assert.deepEqual(json, JSON.parse(JSON.stringify(cloud.state())));
    const { buckets, zones, records } = cloud.state();
    assert.deepEqual(buckets[2], { name: "third", owner: "42", region: "cn-beijing" });
    assert.deepEqual(zones, ["example.com", "example.org"]);
    assert.deepEqual([records[0]?.name, records[0]?.zone, records[0]?.ttl], ["a.example.org", "example.org", 60]);
    assert.deepEqual((await http("DELETE", "/-/records", { name: "a.example.org", value: "other" })).json, {
      removed: 0,
    });
    assert.deepEqual((await http("DELETE", "/-/records", { name: "a.example.org" })).json, { removed: 1 });
    await bind(cloud, "site1", "www.example.com");
    await http("DELETE", "/-/buckets", { name: "site1" });
    assert.deepEqual([cloud.state().bindings, cloud.state().tokens], [[], []]);
  });

  it("refuses what it does not understand", async () => {
    for (const [method, path, body] of [
      ["GET", "/-/nothing", undefined],
      ["POST", "/-/buckets", {}],
      ["POST", "/-/buckets", { name: "No" }],
      ["POST", "/-/buckets", []],
      ["POST", "/-/records", { name: "www.example.net", type: "TXT", value: "v" }],
      ["POST", "/-/faults", { operation: "PutCname", statuz: 500 }],
      ["POST", "/-/changes", { change: "toString", domain: "www.example.com" }],
      ["POST", "/-/changes", { change: "removeBinding", domain: "www.example.com" }],
      ["POST", "/-/switches", { barePut: "maybe" }],
      ["POST", "/-/switches", { unknown: true }],
    ] as const) {
      const { status, json } = await http(method, path, body);
      assert.equal(status, 400, path);
      assert.ok((json as { error: string }).error.length > 10, path);
    }
    await assert.rejects(startCloud({ switches: { fingerprint: "none" as never } }), /no switch fingerprint/);
  });

  it("orders faults: a code, a number of times, for one domain", async () => {
    const fault = {
      operation: "CreateCnameToken",
      domain: "a.example.com",
      status: 503,
      code: "QpsLimitExceeded",
      times: 2,
      ec: "1",
    };
    await http("POST", "/-/faults", fault);
    assert.equal((await createToken(cloud, "site1", "b.example.com")).status, 200);
    const seen = [];
    for (let count = 0; count < 3; count++) seen.push(await createToken(cloud, "site1", "a.example.com"));
    assert.deepEqual(
      seen.map(({ status, code, ec }) => [status, code, ec]),
      [
        [503, "QpsLimitExceeded", "1"],
        [503, "QpsLimitExceeded", "1"],
        [200, undefined, undefined],
      ],
    );
    assert.deepEqual(answers("CreateCnameToken"), [
      [200, null],
      [503, "QpsLimitExceeded"],
      [503, "QpsLimitExceeded"],
      [200, null],
    ]);
    cloud.fail({ operation: "*" });
    assert.deepEqual((await http("DELETE", "/-/faults")).json, { removed: 1 });
  });

  it("cuts the connection before or after the deed", async () => {
    cloud.fail({ operation: "CreateCnameToken", reset: true });
    await assert.rejects(createToken(cloud, "site1", "www.example.com"), { code: "ECONNRESET" });
    assert.equal(cloud.state().tokens.length, 0);
    cloud.fail({ operation: "CreateCnameToken", reset: true, after: true });
    await assert.rejects(createToken(cloud, "site1", "www.example.com"), { code: "ECONNRESET" });
    assert.equal(cloud.state().tokens.length, 1);
    cloud.fail({ operation: "*", status: 500, after: true });
    assert.equal((await createToken(cloud, "site2", "www.example.com")).code, "InternalError");
    assert.equal(cloud.state().tokens.length, 2);
    assert.deepEqual(answers("CreateCnameToken"), [
      [0, null],
      [0, null],
      [500, "InternalError"],
    ]);
  });

  it("is late when told so, and does other work meanwhile", async () => {
    cloud.fail({ operation: "CreateCnameToken", delayMs: 100 });
    const order: string[] = [];
    await Promise.all([
      createToken(cloud, "site1", "slow.example.com").then(() => order.push("slow")),
      createToken(cloud, "site1", "fast.example.com").then(() => order.push("fast")),
    ]);
    assert.deepEqual(order, ["fast", "slow"]);
  });

  it("changes things behind the client's back", async () => {
    const domain = "www.example.com";
    const change = async (kind: string, more: object = {}) => {
      const { status, json } = await http("POST", "/-/changes", { change: kind, domain, ...more });
      assert.equal(status, 200, JSON.stringify(json));
      return cloud.state().bindings[0];
    };
    await bind(cloud, "site1", domain);
    await put(cloud, "site1", domain, "<CertId>1-cn-hangzhou</CertId>");
    assert.equal((await change("replaceCertificate", { certId: "2-cn-hangzhou" }))?.certId, "2-cn-hangzhou");
    assert.equal((await change("removeCertificate"))?.certId, undefined);
    assert.equal((await change("disable"))?.status, "Disabled");
    assert.match((await list(cloud, "site1")).body, /<Status>Disabled</);
    assert.equal((await change("enable"))?.status, "Enabled");
    assert.equal((await change("moveBinding", { bucket: "site2" }))?.bucket, "site2");
    assert.equal(await change("removeBinding"), undefined);
    assert.equal((await change("moveBinding", { bucket: "site1" }))?.bucket, "site1");
    assert.equal((await getToken(cloud, "site1", domain)).status, 200);
    await change("expireToken", { bucket: "site1" });
    assert.equal((await getToken(cloud, "site1", domain)).code, "CnameTokenNotFound");
  });
});
