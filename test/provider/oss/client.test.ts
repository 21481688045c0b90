import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { HttpClient, type HttpRequest } from "../../../provider/http";
import { OssClient } from "../../../provider/oss/client";
import { isOssError, isOutcomeUnknown, type OssError, OssTransportError } from "../../../provider/oss/error";
import { operations } from "../../../provider/oss/operations";
import { createAuthority } from "../../support/certificates";
import {
  clientOf,
  error,
  failure,
  LIST_XML,
  type Received,
  reset,
  silent,
  text,
  useScriptedServers,
} from "../../support/scriptedServer";

const { createCnameToken, deleteCname, listCname, putCname } = operations;
const PEM = { certificate: "certificate pem", privateKey: "key pem" };

describe("OSS client", () => {
  const serve = useScriptedServers();

  describe("sends", () => {
    it("host, length, type and user agent, signed by V4", async () => {
      const { endpoint, port, received } = await serve();
      await deleteCname(clientOf(endpoint).oss, "site", "www.example.com");
      const [{ method, target, headers, body }] = received as [Received];
      assert.equal(headers.host, `127.0.0.1:${port}`);
      assert.equal(headers["content-type"], "application/xml");
      assert.equal(headers["content-length"], String(body.length));
      assert.equal(headers["accept-encoding"], undefined);
      assert.match(headers["user-agent"] ?? "", /^pulumi-oss-cname\/\d+\.\d+\.\d+ \(/);
      assert.equal(headers.authorization, expectedV4(method, target, headers));
    });

    it("a GET without a body or its length", async () => {
      const { endpoint, received } = await serve(text(200, LIST_XML));
      await listCname(clientOf(endpoint).oss, "site");
      const [{ method, target, headers, body }] = received as [Received];
      assert.deepEqual([body, headers["content-length"]], ["", undefined]);
      assert.equal(headers.authorization, expectedV4(method, target, headers));
    });

    it("a security token", async () => {
      const { endpoint, received } = await serve(text(200, LIST_XML));
      const credentials = async () => ({ accessKeyId: "ak", accessKeySecret: "sk", securityToken: "sts" });
      const { oss } = clientOf(endpoint, { credentials });
      await listCname(oss, "site");
      const [{ method, target, headers }] = received as [Received];
      assert.equal(headers["x-oss-security-token"], "sts");
      assert.equal(headers.authorization, expectedV4(method, target, headers));
    });

    it("signature V1, for which no region is needed", async () => {
      const { endpoint, received } = await serve();
      const { oss } = clientOf(endpoint, { signatureVersion: "v1", region: undefined });
      await deleteCname(oss, "site", "www.example.com");
      const [{ headers }] = received as [Received];
      assert.equal(headers.date, "Sat, 16 Dec 2023 16:20:57 GMT");
      const signed = `POST\n${headers["content-md5"]}\napplication/xml\n${headers.date}\n/site/?cname&comp=delete`;
      assert.equal(headers.authorization, `OSS ak:${createHmac("sha1", "sk").update(signed).digest("base64")}`);
      assert.equal(headers["x-oss-content-sha256"], undefined);
    });

    it("nothing for an invalid bucket, and nothing without a region", async () => {
      const { endpoint, received } = await serve();
      await assert.rejects(listCname(clientOf(endpoint).oss, "no/bucket"), /bucket "no\/bucket" must be 3 to 63/);
      assert.throws(() => clientOf(endpoint, { region: undefined }), /does not name its region/);
      assert.deepEqual(received, []);
    });
  });

  describe("a host that is neither of Alibaba Cloud nor this machine", () => {
    /** The Authorization header of a list, sent to an endpoint by a stand-in for HTTP. */
    const authorization = async (endpoint: string) => {
      let sent = "";
      const http = {
        exchange: async ({ headers = {} }: HttpRequest) => {
          sent = headers.authorization ?? "";
          return { status: 200, headers: {}, body: LIST_XML };
        },
      } as unknown as HttpClient;
      await listCname(clientOf(endpoint, { http }).oss, "site");
      return sent;
    };

    it("is part of the signature, which is then of no use elsewhere", async () =>
      assert.match(await authorization("https://oss.example.com"), /,AdditionalHeaders=host,Signature=/));

    for (const endpoint of ["https://oss-cn-hangzhou.aliyuncs.com", "http://127.0.0.1:1"])
      it(`is not what ${endpoint} is`, async () =>
        assert.doesNotMatch(await authorization(endpoint), /AdditionalHeaders/));
  });

  describe("plain http to another machine", () => {
    const options = {
      endpoint: "http://oss.example.com",
      region: "cn-hangzhou",
      credentials: async () => assert.fail(),
    };

    it("is refused before credentials are asked for", () =>
      assert.throws(() => new OssClient(options), /oss\.example\.com would get .* unencrypted: use https/));

    it("is allowed by request", () => assert.ok(new OssClient({ ...options, allowHttp: true })));
  });

  describe("says", () => {
    it("that an earlier attempt may have succeeded", async () => {
      const refusal = error(403, "NoNeedCreateCnameToken");
      const { endpoint } = await serve(reset, refusal);
      const reason = await failure(createCnameToken(clientOf(endpoint).oss, "site", "www.example.com"));
      assert.ok(isOssError(reason, "NoNeedCreateCnameToken") && isOutcomeUnknown(reason));
      const clean = await serve(refusal);
      assert.ok(
        !isOutcomeUnknown(await failure(createCnameToken(clientOf(clean.endpoint).oss, "site", "www.example.com"))),
      );
    });

    it("what the service said, without the access key", async () => {
      const body =
        "<Error><Code>InvalidAccessKeyId</Code><Message>The key LTAIexample does not exist.</Message></Error>";
      const { endpoint } = await serve(text(403, body));
      const credentials = async () => ({ accessKeyId: "LTAIexample", accessKeySecret: "sk" });
      const reason = (await failure(listCname(clientOf(endpoint, { credentials }).oss, "site"))) as OssError;
      assert.equal(reason.details.serviceMessage, "The key *** does not exist.");
      assert.doesNotMatch(JSON.stringify(reason) + reason.message, /LTAIexample/);
    });

    it("that nobody answers", async () => {
      const { endpoint, received } = await serve(silent);
      const reason = await failure(putCname(clientOf(endpoint, { timeoutMs: 50 }).oss, "site", "www.example.com", PEM));
      assert.ok(reason instanceof OssTransportError && isOutcomeUnknown(reason));
      assert.equal(reason.code, "UND_ERR_HEADERS_TIMEOUT");
      assert.match(
        reason.message,
        /^PutCname www\.example\.com on bucket site failed: no complete reply from 127\.0\.0\.1:\d+ \(UND_ERR_HEADERS_TIMEOUT: /,
      );
      assert.equal(received.length, 1);
    });

    it("that connections break", async () => {
      const { endpoint, received } = await serve(reset, reset, reset, reset);
      const { oss, sleeps } = clientOf(endpoint);
      const reason = await failure(listCname(oss, "site"));
      assert.ok(reason instanceof OssTransportError);
      assert.match(reason.message, /^ListCname on bucket site failed: no complete reply .*, 3 attempts\)\. /);
      assert.equal(received.length, 3);
      assert.deepEqual(sleeps, [200, 400]);
    });

    it("that nobody listens", async () => {
      const { endpoint, port, server } = await serve();
      await new Promise((resolve) => server.close(resolve));
      const { oss, sleeps } = clientOf(endpoint);
      const reason = await failure(putCname(oss, "site", "www.example.com", PEM));
      assert.ok(reason instanceof OssTransportError);
      assert.deepEqual([reason.code, reason.maybeDone], ["ECONNREFUSED", false]);
      assert.match(reason.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
      assert.deepEqual(sleeps, [200, 400]);
    });
  });

  it("trusts no server without a certificate that leads to a known authority", async () => {
    const { chain, privateKey } = await (await createAuthority()).issue({ names: ["localhost"] });
    const server = https.createServer({ cert: chain, key: privateKey }, () => assert.fail("a request was sent"));
    let connections = 0;
    server.on("connection", () => connections++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { oss, sleeps } = clientOf(`https://127.0.0.1:${port}`);
    const reason = await failure(listCname(oss, "site"));
    assert.ok(reason instanceof OssTransportError);
    assert.deepEqual([reason.maybeDone, reason.isPermanent], [false, true]);
    assert.match(reason.message, /cannot connect to 127\.0\.0\.1:\d+ .* for a private CA set NODE_EXTRA_CA_CERTS/);
    assert.deepEqual([connections, sleeps], [1, []]);
    server.close();
  });

  it("keeps connections", async () => {
    const { endpoint, received, server } = await serve();
    const connections = new Set<unknown>();
    server.on("connection", (socket) => connections.add(socket));
    const http = new HttpClient();
    for (let count = 1; count <= 10; count++)
      await deleteCname(clientOf(endpoint, { http }).oss, `site${count}`, "www.example.com");
    assert.equal(received.length, 10);
    assert.ok(connections.size <= 2, `${connections.size} connections`);
  });
});

/** Signature V4 by the letter of its specification, with none of the code under test. */
function expectedV4(method: string, target: string, headers: IncomingHttpHeaders): string {
  const [path, query] = target.split("?");
  const signed = ["content-md5", "content-type", "x-oss-content-sha256", "x-oss-date", "x-oss-security-token"];
  const lines = signed.flatMap((name) => (headers[name] === undefined ? [] : [`${name}:${headers[name]}\n`]));
  const canonical = `${method}\n${path}\n${query}\n${lines.join("")}\n\nUNSIGNED-PAYLOAD`;
  const hash = createHash("sha256").update(canonical).digest("hex");
  const scope = "20231216/cn-hangzhou/oss/aliyun_v4_request";
  let key: string | Buffer = "aliyun_v4sk";
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  const signature = createHmac("sha256", key)
    .update(`OSS4-HMAC-SHA256\n20231216T162057Z\n${scope}\n${hash}`)
    .digest("hex");
  return `OSS4-HMAC-SHA256 Credential=ak/${scope},Signature=${signature}`;
}
