import * as assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../../local";
import { type CallOptions, call, elementOf } from "../../support/call";

const now = new Date("2026-11-22T10:00:00Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

describe("OSS emulator, verification", () => {
  let cloud: Cloud;

  before(async () => {
    cloud = await startCloud({ buckets: ["site1"], now: () => now });
  });
  after(() => cloud.close());

  const cases: readonly [title: string, options: CallOptions, status: number, code: string | undefined, ec?: string][] =
    [
      ["V4", {}, 200, undefined],
      ["V1", { version: "v1" }, 200, undefined],
      ["V4 with the bucket in the host", { host: "site1.oss.test:40153" }, 200, undefined],
      ["a bucket below localhost", { host: "site1.localhost:1" }, 200, undefined],
      ["the real endpoint's host", { host: "site1.oss-cn-hangzhou.aliyuncs.com" }, 200, undefined],
      ["14 minutes slow", { time: minutes(-14) }, 200, undefined],
      ["16 minutes slow", { time: minutes(-16) }, 403, "RequestTimeTooSkewed", "0002-00000504"],
      ["16 minutes fast, V1", { time: minutes(16), version: "v1" }, 403, "RequestTimeTooSkewed", "0002-00000504"],
      [
        "another secret",
        { credentials: { accessKeyId: "ak", accessKeySecret: "no" } },
        403,
        "SignatureDoesNotMatch",
        "0002-00000201",
      ],
      [
        "another secret, V1",
        { credentials: { accessKeyId: "ak", accessKeySecret: "no" }, version: "v1" },
        403,
        "SignatureDoesNotMatch",
        "0002-00000040",
      ],
      [
        "an unknown key",
        { credentials: { accessKeyId: "no", accessKeySecret: "sk" } },
        403,
        "InvalidAccessKeyId",
        "0002-00000902",
      ],
      ["another region in the scope", { region: "cn-beijing" }, 400, "InvalidArgument", "0002-00000228"],
      [
        "a header changed on the way",
        {
          headers: { "content-type": "a/b" },
          tamper: (sent) => {
            sent["content-type"] = "c/d";
          },
        },
        403,
        "SignatureDoesNotMatch",
        "0002-00000201",
      ],
      [
        "no Authorization",
        {
          tamper: (sent) => {
            delete sent.authorization;
          },
        },
        403,
        "AccessDenied",
        "0003-00000001",
      ],
      [
        "an Authorization of another kind",
        {
          tamper: (sent) => {
            sent.authorization = "Basic YQ==";
          },
        },
        400,
        "InvalidArgument",
        "0002-00000063",
      ],
      [
        "a scope without region",
        {
          tamper: (sent) => {
            sent.authorization = String(sent.authorization).replace("/cn-hangzhou", "");
          },
        },
        400,
        "InvalidArgument",
        "0002-00000063",
      ],
      [
        "V1 without a date",
        {
          version: "v1",
          tamper: (sent) => {
            delete sent.date;
          },
        },
        403,
        "AccessDenied",
        "0003-00000001",
      ],
      [
        "no x-oss-content-sha256",
        {
          tamper: (sent) => {
            delete sent["x-oss-content-sha256"];
          },
        },
        400,
        "InvalidArgument",
        "0002-00000214",
      ],
      [
        "a security token for a key that has none",
        { credentials: { accessKeyId: "ak", accessKeySecret: "sk", securityToken: "t" } },
        403,
        "InvalidSecurityToken",
      ],
      ["a digest of another body", { headers: { "content-md5": "9Dv1Mlxy/KHbVbtcyQVfkQ==" } }, 400, "InvalidDigest"],
    ];
  for (const [title, options, status, code, ec] of cases)
    it(code ? `refuses ${title} by ${code}` : `accepts ${title}`, async () => {
      const reply = await call(cloud, "GET", "site1", "cname", { time: now, ...options });
      assert.deepEqual([reply.status, reply.code, reply.ec, reply.headers["x-oss-ec"]], [status, code, ec, ec]);
    });

  it("shows what it signed, and the time", async () => {
    const wrong = await call(cloud, "GET", "site1", "cname", {
      time: now,
      credentials: { accessKeyId: "ak", accessKeySecret: "no" },
    });
    assert.match(String(elementOf(wrong, "StringToSign")), /^OSS4-HMAC-SHA256\n20261122T100000Z\n/);
    const skewed = await call(cloud, "GET", "site1", "cname", { time: minutes(60) });
    assert.equal(elementOf(skewed, "ServerTime"), "2026-11-22T10:00:00.000Z");
    assert.equal(elementOf(skewed, "RequestTime"), "2026-11-22T11:00:00.000Z");
    assert.equal(elementOf(skewed, "MaxAllowedSkewMilliseconds"), "900000");
    assert.equal(skewed.headers.date, now.toUTCString());
    assert.match(String(skewed.headers["x-oss-request-id"]), /^[0-9A-F]{24}$/);
    assert.equal(elementOf(skewed, "RequestId"), skewed.headers["x-oss-request-id"]);
  });

  it("requires the security token of a temporary key", async () => {
    const key = { accessKeyId: "sts", accessKeySecret: "s", securityToken: "token" };
    const codes = async (securityToken: string | undefined) =>
      (await call(cloud, "GET", "site1", "cname", { time: now, credentials: { ...key, securityToken } })).code;
    cloud.addCredential({ ...key, expiration: minutes(1).toISOString() });
    assert.deepEqual(
      [await codes("token"), await codes("other"), await codes(undefined)],
      [undefined, "InvalidSecurityToken", "InvalidAccessKeyId"],
    );
  });

  it("refuses an expired key", async () => {
    const key = { accessKeyId: "sts", accessKeySecret: "s", securityToken: "token" };
    cloud.addCredential({ ...key, expiration: minutes(-1).toISOString() });
    const { code } = await call(cloud, "GET", "site1", "cname", { time: now, credentials: key });
    assert.equal(code, "SecurityTokenExpired");
  });
});
