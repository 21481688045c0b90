import assert from "node:assert/strict";
import { HttpFailure } from "../../../provider/http";
import { isOssError, isOutcomeUnknown, OssError, OssTransportError, ossErrorFrom } from "../../../provider/oss/error";

const call = { operation: "PutCname", bucket: "site", domain: "www.example.com" };
const first = { attempts: 1, maybeDone: false };
const reply = (status: number, body: string, headers: Record<string, string> = {}) => ({ status, headers, body });

describe("OssError", () => {
  it("reads the service's XML", () => {
    const body = `<?xml version="1.0" encoding="UTF-8"?>
      <Error>
        <Code>NeedVerifyDomainOwnership</Code>
        <Message>You need to verify the ownership of the domain.</Message>
        <RequestId>65A1</RequestId>
        <HostId>site.oss-cn-hangzhou.aliyuncs.com</HostId>
        <EC>0018-00000115</EC>
      </Error>`;
    const error = ossErrorFrom(call, reply(403, body));
    assert.equal(
      error.message,
      "PutCname www.example.com on bucket site failed: NeedVerifyDomainOwnership " +
        "(EC 0018-00000115, HTTP 403, request 65A1): You need to verify the ownership of the domain.",
    );
    assert.deepEqual(JSON.parse(JSON.stringify(error.details)), {
      operation: "PutCname",
      bucket: "site",
      domain: "www.example.com",
      code: "NeedVerifyDomainOwnership",
      ec: "0018-00000115",
      status: 403,
      requestId: "65A1",
      serviceMessage: "You need to verify the ownership of the domain.",
      attempts: 1,
      maybeDone: false,
    });
    assert.ok(isOssError(error) && isOssError(error, "NoSuchBucket", "NeedVerifyDomainOwnership"));
    assert.ok(!isOssError(error, "NoSuchBucket") && !isOssError(new Error("no")) && !isOssError("OssError"));
  });

  it("reads extras below Detail and beside it", () => {
    const nested =
      "<Error><Code>AccessDenied</Code><Detail><Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Detail></Error>";
    assert.equal(ossErrorFrom(call, reply(403, nested)).details.endpoint, "oss-cn-beijing.aliyuncs.com");
    const flat =
      "<Error><Code>AccessDenied</Code><Message>must use specified endpoint</Message>" +
      "<Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Error>";
    const denied = ossErrorFrom(call, reply(403, flat));
    assert.equal(denied.details.endpoint, "oss-cn-beijing.aliyuncs.com");
    assert.match(denied.message, /served at oss-cn-beijing\.aliyuncs\.com: set the region or the endpoint/);
  });

  it("reads JSON", () => {
    for (const body of [
      '{"Code":"QpsLimitExceeded","Message":"slow down","RequestId":"R1"}',
      '{"Error":{"Code":"QpsLimitExceeded","Message":"slow down","RequestId":"R1"}}',
    ]) {
      const error = ossErrorFrom(call, reply(503, body));
      assert.deepEqual(
        [error.code, error.details.serviceMessage, error.details.requestId],
        ["QpsLimitExceeded", "slow down", "R1"],
      );
    }
  });

  it("reads headers when there is no body", () => {
    const xml = "<Error><Code>NoSuchBucket</Code><Message>gone</Message><RequestId>R2</RequestId></Error>";
    const coded = { "x-oss-err": Buffer.from(xml).toString("base64"), "x-oss-ec": "0015-00000101" };
    const error = ossErrorFrom(call, reply(404, "", coded));
    assert.deepEqual([error.code, error.ec, error.details.requestId], ["NoSuchBucket", "0015-00000101", "R2"]);
    const bare = ossErrorFrom(call, reply(502, "", { "x-oss-ec-code": "0001-1", "x-oss-request-id": "R3" }));
    assert.deepEqual([bare.code, bare.ec, bare.details.requestId], ["BadErrorResponse", "0001-1", "R3"]);
    assert.match(bare.message, /BadErrorResponse \(EC 0001-1, HTTP 502, request R3\): the reply has no body/);
  });

  it("shows the beginning of what it cannot read", () => {
    const error = ossErrorFrom(call, reply(502, `<html><p>Bad gateway${"!".repeat(1000)}`));
    assert.equal(error.code, "BadErrorResponse");
    assert.equal(error.details.serviceMessage.length, 256);
    assert.match(error.details.serviceMessage, /^<html><p>Bad gateway!/);
    for (const body of ["null", "{", "{}", '{"Error":null}', "<Error/>"]) {
      assert.equal(ossErrorFrom(call, reply(500, body)).code, "BadErrorResponse", body);
    }
  });

  it("names where a redirect led", () => {
    const error = ossErrorFrom(call, reply(302, "", { location: "http://elsewhere.example" }));
    assert.match(error.message, /HTTP 302\): redirects to http:\/\/elsewhere\.example are not followed/);
  });

  it("strikes secrets out of the service's texts, as whole words", () => {
    const body =
      "<Error><Code>InvalidAccessKeyId</Code><Message>make sure ak is the key; token: to+ken.</Message></Error>";
    const error = ossErrorFrom(call, reply(403, body), first, ["ak", "to+ken", ""]);
    assert.equal(error.details.serviceMessage, "make sure *** is the key; token: ***.");
    assert.doesNotMatch(error.message, /\bak\b|to\+ken/);
    assert.equal(ossErrorFrom(call, reply(500, "LTAIsecret!"), first, ["LTAIsecret"]).details.serviceMessage, "***!");
  });

  it("says the next step and how often it was tried", () => {
    const denied = new OssError({ ...call, code: "AccessDenied", status: 403, serviceMessage: "No.", attempts: 3 });
    assert.match(
      denied.message,
      /\(HTTP 403, 3 attempts\): No\. Next: allow the action oss:PutCname on acs:oss:\*:\*:site;/,
    );
    const elsewhere = { code: "InvalidArgument", ec: "0002-00000228", status: 400, serviceMessage: "Invalid region." };
    assert.match(new OssError({ ...call, ...elsewhere }).message, /Next: set the region to the bucket's own/);
    const terse = new OssError({ ...call, code: "CnameTokenNotFound", status: 404, serviceMessage: "no token" });
    assert.match(terse.message, / failed: CnameTokenNotFound \(HTTP 404\): no token\.$/);
    const list = new OssError({ operation: "ListCname", code: "NoSuchBucket", status: 404, serviceMessage: "" });
    assert.match(list.message, /^ListCname failed: NoSuchBucket \(HTTP 404\)\. Next: check the bucket's name/);
  });
});

describe("OssTransportError", () => {
  const reset = new HttpFailure("other side closed", "UND_ERR_SOCKET", false, undefined);

  it("names call, host, cause and next step", () => {
    const error = new OssTransportError(call, "site.oss.example:8080", reset, { attempts: 3, maybeDone: true });
    assert.equal(
      error.message,
      "PutCname www.example.com on bucket site failed: no complete reply from site.oss.example:8080 " +
        "(UND_ERR_SOCKET: other side closed, 3 attempts). " +
        "Next: look at what is there before doing it again: the service may have carried it out.",
    );
    assert.equal(error.code, "UND_ERR_SOCKET");
    assert.equal(error.cause, reset);
    assert.ok(!isOssError(error));
  });

  it("advises by cause", () => {
    const message = (code: string) =>
      new OssTransportError(call, "h", new HttpFailure("x", code, true, undefined), first).message;
    assert.match(message("SELF_SIGNED_CERT_IN_CHAIN"), /NODE_EXTRA_CA_CERTS/);
    assert.match(message("ERR_TLS_CERT_ALTNAME_INVALID"), /TLS/);
    assert.match(message("ENOTFOUND"), /region or endpoint/);
    assert.match(message("UND_ERR_CONNECT_TIMEOUT"), /may reach it/);
  });
});

describe("isOutcomeUnknown", () => {
  const answered = (status: number, code: string, history = first) =>
    ossErrorFrom(call, reply(status, `<Error><Code>${code}</Code></Error>`), history);
  const failed = (sent: "unsent" | "unknown", history = first) =>
    new OssTransportError(call, "h", new HttpFailure("x", "", sent === "unsent", undefined), history);
  const second = { attempts: 2, maybeDone: true };
  const cases: [title: string, error: unknown, unknown: boolean][] = [
    ["403", answered(403, "AccessDenied"), false],
    ["409", answered(409, "CnameAlreadyExists"), false],
    ["429", answered(429, "TooMany"), false],
    ["302", answered(302, "Moved"), false],
    ["throttled", answered(503, "QpsLimitExceeded"), false],
    ["throttled, as OSS spells it", answered(503, "PartitionQpsLimitted"), false],
    ["503", answered(503, "ServiceUnavailable"), true],
    ["500", answered(500, "InternalError"), true],
    ["408", answered(408, "RequestTimeout"), true],
    ["refused after a lost reply", answered(409, "CnameAlreadyExists", second), true],
    ["not connected", failed("unsent"), false],
    ["not connected after a lost reply", failed("unsent", second), true],
    ["lost", failed("unknown"), true],
    ["bug", new Error("bug"), false],
  ];
  for (const [title, error, unknown] of cases) {
    it(`${title}: ${unknown}`, () => assert.equal(isOutcomeUnknown(error), unknown));
  }
});
