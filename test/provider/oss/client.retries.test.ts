import assert from "node:assert/strict";
import { systemClock } from "../../../provider/clock";
import type { OssClient } from "../../../provider/oss/client";
import { isOssError, isOutcomeUnknown } from "../../../provider/oss/error";
import { operations } from "../../../provider/oss/operations";
import type { Credentials } from "../../../provider/oss/sign";
import {
  clientOf,
  error,
  failure,
  LIST_XML,
  NOW,
  reset,
  type Step,
  text,
  useScriptedServers,
} from "../../support/scriptedServer";

const { listCname, putCname } = operations;
const PEM = { certificate: "certificate pem", privateKey: "key pem" };

describe("OSS client after a failure", () => {
  const serve = useScriptedServers();

  describe("tries again", () => {
    it("what may pass, three times in all, with growing pauses", async () => {
      for (const step of [
        error(500, "InternalError"),
        error(401, "Unauthorized"),
        text(408, ""),
        error(400, "BadRequest"),
      ]) {
        const { endpoint, received } = await serve(step, step, step, step);
        const { oss, sleeps } = clientOf(endpoint);
        const reason = await failure(listCname(oss, "site"));
        assert.ok(isOssError(reason));
        assert.match(reason.message, /3 attempts/);
        assert.equal(received.length, 3);
        assert.deepEqual(sleeps, [200, 400]);
      }
    });

    it("until it works", async () => {
      const { endpoint, received } = await serve(error(500, "InternalError"), reset, text(200, LIST_XML));
      assert.equal((await listCname(clientOf(endpoint).oss, "site")).bucket, "site");
      assert.equal(received.length, 3);
    });

    it("not what is refused for good, nor a redirect", async () => {
      for (const step of [
        error(403, "AccessDenied"),
        error(409, "CnameAlreadyExists"),
        error(404, "NoSuchBucket"),
        error(400, "MalformedXML"),
        text(307, "", { location: "http://127.0.0.1:1/" }),
      ]) {
        const { endpoint, received } = await serve(step);
        const { oss, sleeps } = clientOf(endpoint);
        assert.ok(isOssError(await failure(putCname(oss, "site", "www.example.com"))));
        assert.equal(received.length, 1);
        assert.deepEqual(sleeps, []);
      }
    });

    it("what OSS has too many requests for, ten times in all", async () => {
      for (const step of [
        error(503, "ServiceUnavailable"),
        error(503, "QpsLimitExceeded"),
        error(400, "Throttling.User"),
        text(429, '{"Code":"Throttled"}'),
      ]) {
        const { endpoint, received } = await serve(...Array<Step>(20).fill(step));
        const reason = await failure(listCname(clientOf(endpoint).oss, "site"));
        assert.ok(isOssError(reason));
        assert.match(reason.message, /10 attempts/);
        assert.equal(received.length, 10);
      }
    });

    it("as late as the service asks, within reason", async () => {
      const delay = (ms: string) => error(503, "QpsLimitExceeded", "", { "x-oss-qos-delay-time": ms });
      const { endpoint } = await serve(delay("1500"), delay("99999999"), text(200, LIST_XML));
      const { oss, sleeps } = clientOf(endpoint);
      await listCname(oss, "site");
      // Each time the pause of all requests, and that of this one.
      assert.deepEqual(sleeps, [1500, 200, 20_000, 400]);
    });

    it("with the time and the credentials of each attempt", async () => {
      const { endpoint, received } = await serve(error(500, "InternalError"), text(200, LIST_XML));
      let calls = 0;
      const { oss } = clientOf(endpoint, {
        clock: { ...systemClock, now: () => NOW + calls * 60_000, sleep: async () => {} },
        credentials: async () => ({ accessKeyId: `key${++calls}`, accessKeySecret: "sk" }),
      });
      await listCname(oss, "site");
      assert.deepEqual(
        received.map(({ headers }) => headers["x-oss-date"]),
        ["20231216T162157Z", "20231216T162257Z"],
      );
      assert.deepEqual(
        received.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? "")?.[1]),
        ["key1", "key2"],
      );
    });
  });

  describe("a wrong clock", () => {
    const skewed = (serverTime: string, headers = {}) =>
      error(403, "RequestTimeTooSkewed", serverTime && `<ServerTime>${serverTime}</ServerTime>`, headers);

    it("is set by the service's, for later requests too", async () => {
      for (const step of [skewed("2023-12-17T00:00:00.000Z"), skewed("", { date: "Sun, 17 Dec 2023 00:00:00 GMT" })]) {
        const { endpoint, received } = await serve(step, text(200, LIST_XML), text(200, LIST_XML));
        const { oss, sleeps } = clientOf(endpoint);
        await listCname(oss, "site");
        await listCname(oss, "site");
        assert.deepEqual(
          received.map(({ headers }) => headers["x-oss-date"]),
          ["20231216T162057Z", "20231217T000000Z", "20231217T000000Z"],
        );
        assert.deepEqual(sleeps, []);
      }
    });

    it("is not taken for the service's when that is more than a day away", async () => {
      const { endpoint, received } = await serve(skewed("2099-01-01T00:00:00.000Z"));
      assert.match(String(await failure(listCname(clientOf(endpoint).oss, "site"))), /set this machine's clock/);
      assert.equal(received.length, 1);
    });

    it("is corrected once", async () => {
      const step = skewed("2023-12-17T00:00:00.000Z");
      const { endpoint, received } = await serve(step, step, step);
      assert.match(
        String(await failure(listCname(clientOf(endpoint).oss, "site"))),
        /the service says it is 2023-12-17T/,
      );
      assert.equal(received.length, 2);
    });
  });

  describe("expired temporary credentials", () => {
    const expired = [
      error(403, "SecurityTokenExpired"),
      error(403, "AccessDenied", "<EC>0002-00000007</EC>"),
      error(403, "InvalidSecurityToken"),
    ];
    const sts = (securityToken: string): Credentials => ({ accessKeyId: "ak", accessKeySecret: "sk", securityToken });

    it("are replaced by what their source gives now", async () => {
      for (const step of expired) {
        const { endpoint, received } = await serve(step, text(200, LIST_XML));
        let calls = 0;
        const { oss } = clientOf(endpoint, { credentials: async () => sts(`token${++calls}`) });
        await listCname(oss, "site");
        assert.deepEqual(
          received.map(({ headers }) => headers["x-oss-security-token"]),
          ["token1", "token2"],
        );
      }
    });

    it("fail when the source gives the same again", async () => {
      for (const step of expired) {
        const { endpoint, received } = await serve(step);
        const { oss } = clientOf(endpoint, { credentials: async () => sts("old") });
        assert.match(String(await failure(listCname(oss, "site"))), /get new temporary credentials/);
        assert.equal(received.length, 1);
      }
    });

    it("fail when the next ones have expired as well", async () => {
      const step = error(403, "SecurityTokenExpired");
      const { endpoint, received } = await serve(step, step, step);
      let calls = 0;
      const { oss } = clientOf(endpoint, { credentials: async () => sts(`token${++calls}`) });
      assert.ok(isOssError(await failure(listCname(oss, "site")), "SecurityTokenExpired"));
      assert.equal(received.length, 2);
    });
  });

  describe("a private key", () => {
    const put = (oss: OssClient) => putCname(oss, "site", "www.example.com", PEM);

    it("is not sent again when it may have been taken", async () => {
      const cut: Step = (response) => {
        response.writeHead(200, { "content-length": 10 });
        response.write("cut", () => response.destroy());
      };
      for (const step of [error(500, "InternalError"), text(502, ""), text(408, ""), reset, cut]) {
        const { endpoint, received } = await serve(step);
        const reason = await failure(put(clientOf(endpoint).oss));
        assert.ok(isOutcomeUnknown(reason), String(reason));
        assert.equal(received.length, 1);
        assert.doesNotMatch(JSON.stringify(reason) + String(reason), /key pem/);
      }
    });

    it("is sent again when it certainly was not", async () => {
      for (const step of [
        error(503, "QpsLimitExceeded"),
        error(429, "Throttled"),
        error(403, "RequestTimeTooSkewed", "<ServerTime>2023-12-17T00:00:00.000Z</ServerTime>"),
      ]) {
        const { endpoint, received } = await serve(step);
        await put(clientOf(endpoint).oss);
        assert.deepEqual(
          received.map(({ body }) => body.includes("<PrivateKey>key pem</PrivateKey>")),
          [true, true],
        );
      }
    });
  });
});
