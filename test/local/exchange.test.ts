import * as assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../local";
import { createToken } from "../support/call";

const domain = "www.example.com";

describe("an exchange with a service", () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site1", "site2"] });
  });
  afterEach(() => cloud.close());

  const outcomes = () => cloud.requests().map(({ status, code }) => [status, code]);

  it("gets the reply of a fault in place of its own", async () => {
    cloud.fail({ operation: "CreateCnameToken", status: 503, code: "QpsLimitExceeded", ec: "1" });
    const { status, code, ec } = await createToken(cloud, "site1", domain);
    assert.deepEqual([status, code, ec], [503, "QpsLimitExceeded", "1"]);
    assert.equal(cloud.state().tokens.length, 0);
    assert.deepEqual(outcomes(), [[503, "QpsLimitExceeded"]]);
  });

  it("is not disturbed by the fault of another domain", async () => {
    cloud.fail({ operation: "CreateCnameToken", domain: "a.example.com", status: 503 });
    assert.equal((await createToken(cloud, "site1", "b.example.com")).status, 200);
  });

  it("is cut before the operation is carried out", async () => {
    cloud.fail({ operation: "CreateCnameToken", reset: true });
    await assert.rejects(createToken(cloud, "site1", domain), { code: "ECONNRESET" });
    assert.equal(cloud.state().tokens.length, 0);
    assert.deepEqual(outcomes(), [[0, null]]);
  });

  it("is cut after the operation was carried out", async () => {
    cloud.fail({ operation: "CreateCnameToken", reset: true, after: true });
    await assert.rejects(createToken(cloud, "site1", domain), { code: "ECONNRESET" });
    assert.equal(cloud.state().tokens.length, 1);
    assert.deepEqual(outcomes(), [[0, null]]);
  });

  it("gets an error after the operation was carried out", async () => {
    cloud.fail({ operation: "*", status: 500, after: true });
    assert.equal((await createToken(cloud, "site1", domain)).code, "InternalError");
    assert.equal(cloud.state().tokens.length, 1);
    assert.deepEqual(outcomes(), [[500, "InternalError"]]);
  });

  it("gets another body, from the service or from something on the way", async () => {
    cloud.fail({ operation: "*", body: "<Other/>" });
    cloud.fail({ operation: "*", body: "<html/>", fromProxy: true, status: 502 });
    cloud.fail({ operation: "*", body: "", after: true });
    const [other, html, empty] = [
      await createToken(cloud, "site1", domain),
      await createToken(cloud, "site1", domain),
      await createToken(cloud, "site1", domain),
    ];
    assert.deepEqual(
      [other, html, empty].flatMap(({ status, body }) => [status, body]),
      [...[200, "<Other/>"], ...[502, "<html/>"], ...[200, ""]],
    );
    assert.deepEqual(
      [other, html].map(({ headers }) => "x-oss-request-id" in headers),
      [true, false],
    );
    assert.equal(cloud.state().tokens.length, 1);
  });

  it("gets an error in a header", async () => {
    cloud.fail({ operation: "*", status: 503, code: "QpsLimitExceeded", inHeader: true });
    const { body, headers } = await createToken(cloud, "site1", domain);
    assert.equal(body, "");
    assert.match(Buffer.from(String(headers["x-oss-err"]), "base64").toString(), /<Code>QpsLimitExceeded</);
  });

  it("gets a time to wait with the reply of a fault", async () => {
    cloud.fail({ operation: "*", status: 503, retryAfter: 7 });
    assert.equal((await createToken(cloud, "site1", domain)).headers["retry-after"], "7");
  });

  it("is carried out, and gets half of the body, or one half late", async () => {
    cloud.fail({ operation: "*", cutBody: true });
    cloud.fail({ operation: "*", bodyDelayMs: 100 });
    const cut = (await createToken(cloud, "site1", domain)).body;
    const late = (await createToken(cloud, "site1", domain)).body;
    assert.equal(cut, late.slice(0, late.length / 2));
    assert.deepEqual(outcomes(), [
      [200, null],
      [200, null],
    ]);
  });

  it("is delayed, without holding up others", async () => {
    cloud.fail({ operation: "CreateCnameToken", delayMs: 100 });
    const order: string[] = [];
    await Promise.all([
      createToken(cloud, "site1", "slow.example.com").then(() => order.push("slow")),
      createToken(cloud, "site1", "fast.example.com").then(() => order.push("fast")),
    ]);
    assert.deepEqual(order, ["fast", "slow"]);
  });
});
