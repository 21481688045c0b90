import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../../../provider/clock";
import { HttpClient, type HttpRequest } from "../../../provider/http";
import { OssClient, type OssClientOptions } from "../../../provider/oss/client";
import { isOssError, isOutcomeUnknown, type OssError, OssTransportError } from "../../../provider/oss/error";
import { operations as api } from "../../../provider/oss/operations";
import type { Credentials } from "../../../provider/oss/sign";
import { createAuthority } from "../../support/certificates";

interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request. The default: 200 with no body. */
type Step = (response: http.ServerResponse, request: Received) => void;

const NOW = Date.UTC(2023, 11, 16, 16, 20, 57);
const TOKEN_XML =
  "<CnameToken><Bucket>site</Bucket><Cname>www.example.com</Cname><Token>0123</Token>" +
  "<ExpireTime>Thu, 26 May 2022 19:14:12 GMT</ExpireTime></CnameToken>";
const LIST_XML = "<ListCnameResult><Bucket>site</Bucket><Owner>1</Owner></ListCnameResult>";
const PEM = { certificate: "certificate pem", privateKey: "key pem" };

const { createCnameToken, deleteCname, getCnameToken, listCname, putCname } = api;

describe("OSS client", () => {
  const servers: (http.Server | https.Server)[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function serve(...steps: Step[]) {
    const received: Received[] = [];
    const server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        const seen = { method, target: url, headers, body: Buffer.concat(chunks).toString() };
        received.push(seen);
        const step = steps[received.length - 1];
        if (step) step(response, seen);
        else response.end();
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { endpoint: `http://127.0.0.1:${port}`, port, received };
  }

  function client(endpoint: string, options: Partial<OssClientOptions> = {}) {
    const sleeps: number[] = [];
    const clock: Clock = {
      now: () => NOW,
      sleep: async (delayMs) => void sleeps.push(delayMs),
      later: () => assert.fail("nothing is to be done later"),
    };
    const credentials = async () => ({ accessKeyId: "ak", accessKeySecret: "sk" });
    const defaults = { endpoint, region: "cn-hangzhou", credentials, clock, random: () => 0.5 };
    return { oss: new OssClient({ ...defaults, ...options }), sleeps };
  }

  const text =
    (status: number, body: string, headers: http.OutgoingHttpHeaders = {}): Step =>
    (response) =>
      response.writeHead(status, { "x-oss-request-id": "R1", ...headers }).end(body);
  const error = (status: number, code: string, extra = "", headers: http.OutgoingHttpHeaders = {}) =>
    text(status, `<Error><Code>${code}</Code><Message>no</Message><RequestId>R1</RequestId>${extra}</Error>`, headers);
  const reset: Step = (response) => response.socket?.destroy();
  const silent: Step = () => {};

  async function failure(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      (value) => assert.fail(`no failure but ${JSON.stringify(value)}`),
      (reason: unknown) => reason,
    );
  }

  describe("sends", () => {
    const domainXml = (rest = "") =>
      `<BucketCnameConfiguration><Cname><Domain>www.example.com</Domain>${rest}</Cname></BucketCnameConfiguration>`;
    const operations: [
      name: string,
      call: (oss: OssClient) => Promise<unknown>,
      reply: string,
      line: string,
      body: string,
    ][] = [
      [
        "CreateCnameToken",
        (oss) => createCnameToken(oss, "site", "www.example.com"),
        TOKEN_XML,
        "POST /site/?cname&comp=token",
        domainXml(),
      ],
      [
        "GetCnameToken",
        (oss) => getCnameToken(oss, "site", "www.example.com"),
        TOKEN_XML,
        "GET /site/?cname=www.example.com&comp=token",
        "",
      ],
      ["PutCname", (oss) => putCname(oss, "site", "www.example.com"), "", "POST /site/?cname&comp=add", domainXml()],
      [
        "PutCname with CertId",
        (oss) => putCname(oss, "site", "www.example.com", { certId: "1-cn-hangzhou" }),
        "",
        "POST /site/?cname&comp=add",
        domainXml("<CertificateConfiguration><CertId>1-cn-hangzhou</CertId></CertificateConfiguration>"),
      ],
      ["ListCname", (oss) => listCname(oss, "site"), LIST_XML, "GET /site/?cname", ""],
      [
        "DeleteCname",
        (oss) => deleteCname(oss, "site", "www.example.com"),
        "",
        "POST /site/?cname&comp=delete",
        domainXml(),
      ],
    ];
    for (const [name, call, reply, line, body] of operations) {
      it(name, async () => {
        const { endpoint, port, received } = await serve(text(200, reply));
        await call(client(endpoint).oss);
        assert.equal(received.length, 1);
        const [{ method, target, headers, body: sent }] = received as [Received];
        assert.equal(`${method} ${target}`, line);
        assert.equal(sent, body);
        assert.equal(headers.host, `127.0.0.1:${port}`);
        assert.equal(headers["content-type"], "application/xml");
        assert.equal(headers["content-md5"], createHash("md5").update(body).digest("base64"));
        assert.equal(headers["content-length"], body === "" ? undefined : String(body.length));
        assert.equal(headers["accept-encoding"], undefined);
        assert.match(headers["user-agent"] ?? "", /^pulumi-oss-cname\/\d+\.\d+\.\d+ \(/);
        assert.equal(headers.authorization, expectedV4(method, target, headers));
      });
    }

    it("a security token", async () => {
      const { endpoint, received } = await serve(text(200, LIST_XML));
      const credentials = async () => ({ accessKeyId: "ak", accessKeySecret: "sk", securityToken: "sts" });
      const { oss } = client(endpoint, { credentials });
      await listCname(oss, "site");
      const [{ method, target, headers }] = received as [Received];
      assert.equal(headers["x-oss-security-token"], "sts");
      assert.equal(headers.authorization, expectedV4(method, target, headers));
    });

    it("signature V1, for which no region is needed", async () => {
      const { endpoint, received } = await serve();
      const { oss } = client(endpoint, { signatureVersion: "v1", region: undefined });
      await deleteCname(oss, "site", "www.example.com");
      const [{ headers }] = received as [Received];
      assert.equal(headers.date, "Sat, 16 Dec 2023 16:20:57 GMT");
      const signed = `POST\n${headers["content-md5"]}\napplication/xml\n${headers.date}\n/site/?cname&comp=delete`;
      assert.equal(headers.authorization, `OSS ak:${createHmac("sha1", "sk").update(signed).digest("base64")}`);
      assert.equal(headers["x-oss-content-sha256"], undefined);
    });

    it("nothing to a bucket that cannot be, and nothing without a region", async () => {
      const { endpoint, received } = await serve();
      await assert.rejects(listCname(client(endpoint).oss, "no/bucket"), /bucket "no\/bucket" must be 3 to 63/);
      assert.throws(() => client(endpoint, { region: undefined }), /does not name its region/);
      assert.deepEqual(received, []);
    });
  });

  describe("gives", () => {
    it("tokens and lists, read and raw", async () => {
      const { endpoint } = await serve(text(200, TOKEN_XML), text(200, LIST_XML));
      const { oss } = client(endpoint);
      const { token, xml } = await getCnameToken(oss, "site", "www.example.com");
      assert.deepEqual([token, xml], ["0123", TOKEN_XML]);
      assert.deepEqual(await listCname(oss, "site"), { bucket: "site", owner: "1", cnames: [], xml: LIST_XML });
    });

    it("the CertId of a certificate", async () => {
      const header = { "x-oss-yundun-certificate-id": "7-cn-hangzhou" };
      const { endpoint } = await serve(text(200, "", header), text(200, ""));
      const { oss } = client(endpoint);
      assert.deepEqual(await putCname(oss, "site", "www.example.com", PEM), { certId: "7-cn-hangzhou" });
      assert.deepEqual(await putCname(oss, "site", "www.example.com"), {});
    });

    it("an error for a success that is not what was asked for", async () => {
      const { endpoint } = await serve(text(200, "<html><body>Sign in</body></html>"), text(200, ""));
      const { oss } = client(endpoint);
      assert.match(
        String(await failure(listCname(oss, "site"))),
        /ListCname on bucket site failed: BadResponse \(HTTP 200, request R1\): the reply is not a ListCnameResult/,
      );
      assert.ok(isOssError(await failure(getCnameToken(oss, "site", "www.example.com")), "BadResponse"));
    });
  });

  describe("tries again", () => {
    it("5xx, 401, 408, 429 and BadRequest, three times in all, with growing pauses", async () => {
      for (const step of [
        error(500, "InternalError"),
        error(503, "ServiceUnavailable"),
        error(401, "Unauthorized"),
        text(408, ""),
        text(429, '{"Code":"Throttled"}'),
        error(400, "BadRequest"),
      ]) {
        const { endpoint, received } = await serve(step, step, step, step);
        const { oss, sleeps } = client(endpoint);
        const reason = await failure(listCname(oss, "site"));
        assert.ok(isOssError(reason));
        assert.match(reason.message, /3 attempts/);
        assert.equal(received.length, 3);
        assert.deepEqual(sleeps, [200, 400]);
      }
    });

    it("until it works", async () => {
      const { endpoint, received } = await serve(error(500, "InternalError"), reset, text(200, LIST_XML));
      assert.equal((await listCname(client(endpoint).oss, "site")).bucket, "site");
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
        const { oss, sleeps } = client(endpoint);
        assert.ok(isOssError(await failure(putCname(oss, "site", "www.example.com"))));
        assert.equal(received.length, 1);
        assert.deepEqual(sleeps, []);
      }
    });

    it("as late as the service asks, within reason", async () => {
      const delay = (ms: string) => error(503, "QpsLimitExceeded", "", { "x-oss-qos-delay-time": ms });
      const { endpoint } = await serve(delay("1500"), delay("99999999"), text(200, LIST_XML));
      const { oss, sleeps } = client(endpoint);
      await listCname(oss, "site");
      assert.deepEqual(sleeps, [1500, 20_000]);
    });

    it("with the time and the credentials of each attempt", async () => {
      const { endpoint, received } = await serve(error(500, "InternalError"), text(200, LIST_XML));
      let calls = 0;
      const { oss } = client(endpoint, {
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
        const { oss, sleeps } = client(endpoint);
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
      assert.match(String(await failure(listCname(client(endpoint).oss, "site"))), /set this machine's clock/);
      assert.equal(received.length, 1);
    });

    it("is corrected once", async () => {
      const step = skewed("2023-12-17T00:00:00.000Z");
      const { endpoint, received } = await serve(step, step, step);
      assert.match(
        String(await failure(listCname(client(endpoint).oss, "site"))),
        /the service says it is 2023-12-17T/,
      );
      assert.equal(received.length, 2);
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
      await listCname(client(endpoint, { http }).oss, "site");
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
        const { oss } = client(endpoint, { credentials: async () => sts(`token${++calls}`) });
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
        const { oss } = client(endpoint, { credentials: async () => sts("old") });
        assert.match(String(await failure(listCname(oss, "site"))), /get new temporary credentials/);
        assert.equal(received.length, 1);
      }
    });

    it("fail when the next ones are no better", async () => {
      const step = error(403, "SecurityTokenExpired");
      const { endpoint, received } = await serve(step, step, step);
      let calls = 0;
      const { oss } = client(endpoint, { credentials: async () => sts(`token${++calls}`) });
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
        const reason = await failure(put(client(endpoint).oss));
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
        await put(client(endpoint).oss);
        assert.deepEqual(
          received.map(({ body }) => body.includes("<PrivateKey>key pem</PrivateKey>")),
          [true, true],
        );
      }
    });
  });

  describe("says", () => {
    it("that an earlier attempt may have succeeded", async () => {
      const refusal = error(403, "NoNeedCreateCnameToken");
      const { endpoint } = await serve(reset, refusal);
      const reason = await failure(createCnameToken(client(endpoint).oss, "site", "www.example.com"));
      assert.ok(isOssError(reason, "NoNeedCreateCnameToken") && isOutcomeUnknown(reason));
      const clean = await serve(refusal);
      assert.ok(
        !isOutcomeUnknown(await failure(createCnameToken(client(clean.endpoint).oss, "site", "www.example.com"))),
      );
    });

    it("what the service said, without the access key", async () => {
      const body =
        "<Error><Code>InvalidAccessKeyId</Code><Message>The key LTAIexample does not exist.</Message></Error>";
      const { endpoint } = await serve(text(403, body));
      const credentials = async () => ({ accessKeyId: "LTAIexample", accessKeySecret: "sk" });
      const reason = (await failure(listCname(client(endpoint, { credentials }).oss, "site"))) as OssError;
      assert.equal(reason.details.serviceMessage, "The key *** does not exist.");
      assert.doesNotMatch(JSON.stringify(reason) + reason.message, /LTAIexample/);
    });

    it("that nobody answers", async () => {
      const { endpoint, received } = await serve(silent);
      const reason = await failure(putCname(client(endpoint, { timeoutMs: 50 }).oss, "site", "www.example.com", PEM));
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
      const { oss, sleeps } = client(endpoint);
      const reason = await failure(listCname(oss, "site"));
      assert.ok(reason instanceof OssTransportError);
      assert.match(reason.message, /^ListCname on bucket site failed: no complete reply .*, 3 attempts\)\. /);
      assert.equal(received.length, 3);
      assert.deepEqual(sleeps, [200, 400]);
    });

    it("that nobody listens", async () => {
      const { endpoint, port } = await serve();
      const [server] = servers.splice(0) as [http.Server];
      await new Promise((resolve) => server.close(resolve));
      const { oss, sleeps } = client(endpoint);
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
    servers.push(server);
    let connections = 0;
    server.on("connection", () => connections++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { oss, sleeps } = client(`https://127.0.0.1:${port}`);
    const reason = await failure(listCname(oss, "site"));
    assert.ok(reason instanceof OssTransportError);
    assert.deepEqual([reason.maybeDone, reason.isPermanent], [false, true]);
    assert.match(reason.message, /cannot connect to 127\.0\.0\.1:\d+ .* for a private CA set NODE_EXTRA_CA_CERTS/);
    assert.deepEqual([connections, sleeps], [1, []]);
  });

  it("keeps connections", async () => {
    const { endpoint, received } = await serve();
    const connections = new Set<unknown>();
    servers[0]?.on("connection", (socket) => connections.add(socket));
    const http = new HttpClient();
    for (let count = 1; count <= 10; count++)
      await deleteCname(client(endpoint, { http }).oss, `site${count}`, "www.example.com");
    assert.equal(received.length, 10);
    assert.ok(connections.size <= 2, `${connections.size} connections`);
  });
});

/** Signature V4 by the letter of its specification, with none of the code under test. */
function expectedV4(method: string, target: string, headers: http.IncomingHttpHeaders): string {
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
