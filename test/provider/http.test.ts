import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { type Cloud, startCloud } from "../../local/cloud";
import { ossCname } from "../support/command";
import { configFor, Stack } from "../support/stack";

/** A proxy that knows this machine alone, whatever name it is asked for. */
class ConnectProxy {
  /** What it was asked to connect to. */
  readonly asked: string[] = [];
  readonly keys = new Set<string | undefined>();
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  /** `portOf` gives the port that is behind a name; without one the proxy wants to be paid. */
  constructor(portOf: (target: string) => number | undefined) {
    this.server = createServer((_request, response) => response.writeHead(501).end());
    this.server.on("connect", ({ url = "", headers }, socket: Socket) => {
      this.asked.push(url);
      this.keys.add(headers["proxy-authorization"]);
      const port = portOf(url);
      if (port === undefined) return socket.end("HTTP/1.1 402 Payment Required\r\n\r\n");
      const beyond = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      for (const each of [socket, beyond]) this.sockets.add(each.on("error", () => {}));
      socket.pipe(beyond).pipe(socket);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

describe("a proxy named by the environment", () => {
  let cloud: Cloud;
  let proxy: ConnectProxy;
  let address: string;
  let stack: Stack | undefined;

  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site"] });
    const port = (url: string) => Number(new URL(url).port);
    proxy = new ConnectProxy((target) =>
      target.endsWith(":443") ? undefined : port(target.startsWith("alidns.") ? cloud.alidns : cloud.oss),
    );
    address = await proxy.start();
  });
  afterEach(async () => {
    stack?.remove();
    proxy.stop();
    await cloud.close();
  });

  const bind = async (config: Record<string, string>) => {
    stack = new Stack(
      { ...configFor(cloud), ...config },
      {
        processEnv: { HTTP_PROXY: `http://us:er@${address}`, NO_PROXY: "" },
      },
    );
    const domain = { bucket: "site", domain: "www.example.com" };
    await stack.up({ token: ["cnameToken", domain] });
    const record = { name: "_dnsauth.www.example.com", type: "TXT", value: stack.output("token", "token") as string };
    await stack.up({
      token: ["cnameToken", domain],
      record: ["alidnsRecord", record],
      binding: ["bucketCname", domain],
    });
    assert.deepEqual(
      cloud.state().bindings.map(({ domain }) => domain),
      ["www.example.com"],
    );
  };

  it("is asked for OSS and for Alibaba Cloud DNS, less often than these are", async () => {
    await bind({
      "oss-cname:endpoint": "http://oss-cn-hangzhou.aliyuncs.com",
      "oss-cname:alidnsEndpoint": "http://alidns.aliyuncs.com",
      "oss-cname:allowHttp": "true",
    });
    assert.deepEqual([...new Set(proxy.asked)].sort(), [
      "alidns.aliyuncs.com:80",
      "site.oss-cn-hangzhou.aliyuncs.com:80",
    ]);
    assert.ok(cloud.requests().length > proxy.asked.length, "connections are kept");
    assert.deepEqual([...proxy.keys], [`Basic ${Buffer.from("us:er").toString("base64")}`]);
  });

  it("is not asked for what is on this machine", async () => {
    await bind({});
    assert.deepEqual(proxy.asked, []);
  });

  it("may be named without a scheme; its refusal is not taken for the service's, and sends nothing", async () => {
    const { status, stderr } = await ossCname(["list", "site", "--region", "cn-hangzhou"], {
      env: { https_proxy: `us:er@${address}`, no_proxy: "", ALICLOUD_ACCESS_KEY: "ak", ALICLOUD_SECRET_KEY: "sk" },
    });
    assert.equal(status, 1);
    assert.deepEqual([...new Set(proxy.asked)], ["site.oss-cn-hangzhou.aliyuncs.com:443"]);
    assert.match(stderr, /cannot connect to site\.oss-cn-hangzhou\.aliyuncs\.com \(.*Proxy response \(402\)/);
    assert.doesNotMatch(stderr, /us:er/);
  });

  it("that drops connections ends a command after a few attempts, with its name", async () => {
    const dropping = createTcpServer((socket) => socket.on("error", () => {}).once("data", () => socket.end()));
    let connections = 0;
    dropping.on("connection", () => connections++);
    await new Promise<void>((resolve) => dropping.listen(0, "127.0.0.1", resolve));
    const { port } = dropping.address() as AddressInfo;
    try {
      const { status, stderr } = await ossCname(["list", "site", "--region", "cn-hangzhou"], {
        env: { https_proxy: `127.0.0.1:${port}`, ALICLOUD_ACCESS_KEY: "ak", ALICLOUD_SECRET_KEY: "sk" },
      });
      assert.equal(status, 1);
      assert.match(stderr, new RegExp(`the proxy 127\\.0\\.0\\.1:${port} closed the connection, 3 attempts`));
      assert.ok(connections <= 10, `${connections} connections`);
    } finally {
      dropping.close();
    }
  });

  it("that is none is said to be none", async () => {
    const { stderr } = await ossCname(["list", "site", "--region", "cn-hangzhou"], {
      env: { https_proxy: "http://", ALICLOUD_ACCESS_KEY: "ak", ALICLOUD_SECRET_KEY: "sk" },
    });
    assert.match(stderr, /cannot connect .*HTTPS_PROXY is not the address of a proxy/);
  });
});
