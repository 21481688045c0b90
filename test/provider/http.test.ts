import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import https from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { type Cloud, startCloud } from "../../local/cloud";
import { HttpClient, HttpFailure } from "../../provider/http";
import { Run } from "../../provider/run";
import { createAuthority } from "../support/certificates";

/** A proxy that knows this machine alone, whatever name it is asked for. */
class ConnectProxy {
  /** What it was asked to connect to. */
  readonly asked: string[] = [];
  readonly keys = new Set<string | undefined>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  /** `portOf` gives the port that is behind a name; without one the proxy wants to be paid. */
  constructor(portOf: (target: string) => number | undefined) {
    this.#server = createServer((_request, response) => response.writeHead(501).end());
    this.#server.on("connect", ({ url = "", headers }, socket: Socket) => {
      this.asked.push(url);
      this.keys.add(headers["proxy-authorization"]);
      const port = portOf(url);
      if (port === undefined) return socket.end("HTTP/1.1 402 Payment Required\r\n\r\n");
      const beyond = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      for (const side of [socket, beyond]) this.#sockets.add(side.on("error", () => {}));
      socket.pipe(beyond).pipe(socket);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** Variables of the environment for one test. */
function useEnvironment(): (values: Record<string, string>) => void {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  let before: NodeJS.ProcessEnv;
  const clear = () => {
    for (const name of names) delete process.env[name];
  };
  beforeEach(() => {
    before = { ...process.env };
    clear();
  });
  afterEach(() => {
    clear();
    for (const name of names) if (before[name] !== undefined) process.env[name] = before[name];
  });
  return (values) => Object.assign(process.env, values);
}

describe("HttpClient", () => {
  const environment = useEnvironment();
  const failureOf = (exchange: Promise<unknown>): Promise<HttpFailure> =>
    exchange.then(
      () => assert.fail("a reply came"),
      (error: unknown) => (error instanceof HttpFailure ? error : assert.fail(String(error))),
    );

  describe("without a proxy", () => {
    let server: Server;
    let origin: string;
    let reply: (response: ServerResponse, request: IncomingMessage) => void;
    let connections: number;
    beforeEach(async () => {
      connections = 0;
      reply = (response) => response.end("done");
      server = createServer((request, response) => reply(response, request)).on("connection", () => connections++);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });
    const get = (http = new HttpClient(), timeoutMs = 5000) =>
      http.exchange({ origin, path: "/a?b", method: "GET", timeoutMs });

    it("gives up on a reply that is too large, long before its end", async () => {
      let sent = 0;
      reply = (response) => {
        const chunk = Buffer.alloc(1024 * 1024);
        const send = () => {
          while (sent < 200 && response.write(chunk)) sent++;
        };
        response.on("drain", send);
        send();
      };
      assert.equal((await failureOf(get())).code, "UND_ERR_RES_EXCEEDED_MAX_SIZE");
      assert.ok(sent < 60, `${sent} MB were sent`);
    });

    it("gives up on a reply that drips for ever", async () => {
      reply = (response) => {
        const drip = setInterval(() => response.write("."), 10);
        response.on("close", () => clearInterval(drip));
      };
      const failure = await failureOf(get(new HttpClient({ exchangeMs: 0 }), 200));
      assert.deepEqual([failure.code, failure.unsent], ["TimeoutError", false]);
    });

    it("gives a reply whatever its status, with names of headers in lower case", async () => {
      reply = (response) => response.writeHead(404, { "X-Oss-Request-Id": "R1" }).end("no");
      const { status, headers, body } = await get();
      assert.deepEqual([status, headers["x-oss-request-id"], body], [404, "R1", "no"]);
    });

    it("sends the path as it is, and says what it is", async () => {
      let seen: unknown[] = [];
      reply = (response, { url, headers }) => {
        seen = [url, headers["user-agent"]?.split(" ")[0]];
        response.end();
      };
      await get();
      const { version } = require("pulumi-oss-cname/package.json");
      assert.deepEqual(seen, ["/a?b", `pulumi-oss-cname/${version}`]);
    });

    it("follows no redirect", async () => {
      reply = (response) => response.writeHead(307, { location: `${origin}/elsewhere` }).end();
      assert.equal((await get()).status, 307);
    });

    it("keeps connections", async () => {
      const http = new HttpClient();
      for (let count = 0; count < 6; count++) await get(http);
      assert.ok(connections <= 2, `${connections} connections for 6 requests`);
    });

    it("knows that a request was not sent where nobody listens", async () => {
      server.close();
      const { code, unsent } = await failureOf(get());
      assert.deepEqual([code, unsent], ["ECONNREFUSED", true]);
    });

    it("does not know whether a request was taken where the connection breaks", async () => {
      reply = (response) => response.socket?.destroy();
      assert.equal((await failureOf(get())).unsent, false);
    });

    it("gives up on a server that is silent", async () => {
      reply = () => {};
      const { code, unsent } = await failureOf(get(undefined, 50));
      assert.deepEqual([code, unsent], ["UND_ERR_HEADERS_TIMEOUT", false]);
    });
  });

  describe("with NODE_TLS_REJECT_UNAUTHORIZED=0", () => {
    let untrusted: https.Server;
    before(async () => {
      const { chain, privateKey } = await (await createAuthority()).issue({ names: ["oss.example.com", "localhost"] });
      untrusted = https.createServer({ cert: chain, key: privateKey }, () => assert.fail("a request was sent"));
      await new Promise<void>((resolve) => untrusted.listen(0, "127.0.0.1", resolve));
    });
    after(() => untrusted.close());
    beforeEach(() => {
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    });
    afterEach(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    });
    const port = () => (untrusted.address() as AddressInfo).port;
    const send = (origin: string) =>
      failureOf(new HttpClient().exchange({ origin, path: "/", method: "POST", body: "key", timeoutMs: 5000 }));

    it("sends nothing to a server without a trusted certificate", async () => {
      assert.equal((await send(`https://localhost:${port()}`)).code, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
    });

    it("sends nothing to one that is behind a proxy", async () => {
      const proxy = new ConnectProxy(port);
      try {
        environment({ HTTPS_PROXY: await proxy.start() });
        const { code, unsent } = await send("https://oss.example.com");
        assert.deepEqual([code, unsent], ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", true]);
        assert.deepEqual(proxy.asked, ["oss.example.com:443"]);
      } finally {
        proxy.stop();
      }
    });
  });

  describe("with a proxy", () => {
    let cloud: Cloud;
    let proxy: ConnectProxy;
    let address: string;
    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site"] });
      const port = (url: string) => Number(new URL(url).port);
      proxy = new ConnectProxy((target) =>
        target.endsWith(":443") ? undefined : port(target.startsWith("alidns.") ? cloud.alidns : cloud.oss),
      );
      address = await proxy.start();
    });
    afterEach(async () => {
      proxy.stop();
      await cloud.close();
    });
    const ask = async (settings: Record<string, string>) => {
      const config: Record<string, string> = { ...cloud.config, ...settings };
      const run = new Run({ config: { get: (key) => config[key] } });
      for (const name of ["a", "b", "c", "d"]) await run.bucket({ bucket: "site" }).createToken(`${name}.example.com`);
      assert.deepEqual(await run.alidns.listZones(), ["example.com"]);
    };
    const https = () =>
      failureOf(
        new HttpClient().exchange({
          origin: "https://site.oss-cn-hangzhou.aliyuncs.com",
          path: "/?cname",
          method: "GET",
          timeoutMs: 5000,
        }),
      );

    describe("in front of OSS and Alibaba Cloud DNS", () => {
      beforeEach(async () => {
        environment({ HTTP_PROXY: `http://us:er@${address}` });
        await ask({
          "oss-cname:endpoint": "http://oss-cn-hangzhou.aliyuncs.com",
          "oss-cname:alidnsEndpoint": "http://alidns.aliyuncs.com",
          "oss-cname:allowHttp": "true",
        });
      });

      it("connects to both through it", () =>
        assert.deepEqual([...new Set(proxy.asked)].sort(), [
          "alidns.aliyuncs.com:80",
          "site.oss-cn-hangzhou.aliyuncs.com:80",
        ]));

      it("keeps these connections", () => {
        const count = cloud.requests().length;
        assert.ok(proxy.asked.length < count, `${proxy.asked.length} connections for ${count} requests`);
      });

      it("gives it the credentials of its URL", () =>
        assert.deepEqual([...proxy.keys], [`Basic ${Buffer.from("us:er").toString("base64")}`]));
    });

    it("does not use it for this machine", async () => {
      environment({ HTTP_PROXY: `http://${address}` });
      await ask({});
      assert.deepEqual(proxy.asked, []);
    });

    describe("that refuses", () => {
      it("knows that nothing was sent, and does not show the credentials", async () => {
        environment({ https_proxy: `http://us:er@${address}` });
        const { message, unsent } = await https();
        assert.match(message, /Proxy response \(402\)/);
        assert.doesNotMatch(message, /us:er/);
        assert.equal(unsent, true);
      });

      it("takes its address without a scheme", async () => {
        environment({ https_proxy: address });
        await https();
        assert.deepEqual([...new Set(proxy.asked)], ["site.oss-cn-hangzhou.aliyuncs.com:443"]);
      });
    });

    it("gives up on one that drops connections, naming it", async () => {
      let connections = 0;
      const dropping = createTcpServer((socket) => socket.on("error", () => {}).once("data", () => socket.end()));
      dropping.on("connection", () => connections++);
      await new Promise<void>((resolve) => dropping.listen(0, "127.0.0.1", resolve));
      const { port } = dropping.address() as AddressInfo;
      try {
        environment({ https_proxy: `127.0.0.1:${port}` });
        assert.match((await https()).message, new RegExp(`the proxy 127\\.0\\.0\\.1:${port} closed the connection`));
        assert.ok(connections <= 3, `${connections} connections`);
      } finally {
        dropping.close();
      }
    });

    it("says that the variable does not hold an address", async () => {
      environment({ https_proxy: "http://" });
      const { message, unsent } = await https();
      assert.match(message, /HTTPS_PROXY is not the address of a proxy/);
      assert.equal(unsent, true);
    });
  });
});
