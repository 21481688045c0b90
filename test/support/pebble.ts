import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as secureRequest } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "undici";
import { HttpClient, type HttpReply, type HttpRequest } from "../../provider/http";
import { createAuthority } from "./certificates";

/** Pebble, the test server of Let's Encrypt, where it is on PATH: another CA than our own. */
export interface Pebble {
  readonly directory: string;
  /** Trusts Pebble, whose certificate no other client trusts. */
  readonly http: HttpClient;
  /** Answers a certificate's renewal information with a window of its own. */
  setRenewalInfo(certificate: string, window: { readonly start: Date; readonly end: Date }): Promise<void>;
  close(): Promise<void>;
}

export interface PebbleOptions {
  /** `host:port` of the server with the zones. */
  readonly dns: string;
  /** Port of the domains' web server, for http-01. */
  readonly httpPort?: number;
  /** Fields of Pebble's own configuration. */
  readonly config?: object;
  /** Such as `PEBBLE_WFE_NONCEREJECT`. */
  readonly env?: Readonly<Record<string, string>>;
}

export function hasPebble(): boolean {
  return spawnSync("pebble", ["-version"]).error === undefined;
}

export async function startPebble({ dns, httpPort = 5002, config = {}, env = {} }: PebbleOptions): Promise<Pebble> {
  const folder = mkdtempSync(join(tmpdir(), "pebble-"));
  const pair = await (await createAuthority()).issue({ names: ["localhost"] });
  const files = { certificate: join(folder, "cert.pem"), privateKey: join(folder, "key.pem") };
  writeFileSync(files.certificate, pair.chain);
  writeFileSync(files.privateKey, pair.privateKey);
  const [port, managementPort] = [await freePort(), await freePort()];
  const configFile = join(folder, "config.json");
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    ...files,
    httpPort,
    tlsPort: 5001,
    ...config,
  };
  writeFileSync(configFile, JSON.stringify({ pebble }));
  const child = spawn("pebble", ["-config", configFile, "-dnsserver", dns], {
    env: { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0", PEBBLE_AUTHZREUSE: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  await listening(child);
  return {
    directory: `https://127.0.0.1:${port}/dir`,
    http: new TrustingClient(),
    async setRenewalInfo(certificate, window) {
      const ariResponse = JSON.stringify({ suggestedWindow: window });
      const call = secureRequest({
        ...{ host: "127.0.0.1", port: managementPort, method: "POST", path: "/set-renewal-info/" },
        headers: { "user-agent": "test" },
        rejectUnauthorized: false,
      });
      call.end(JSON.stringify({ certificate, ariResponse }));
      const [reply] = await once(call, "response");
      if (reply.statusCode !== 200) throw new Error(`Pebble refused the renewal information: ${reply.statusCode}`);
      reply.resume();
    },
    async close() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}

class TrustingClient extends HttpClient {
  readonly #agent = new Agent({ connect: { rejectUnauthorized: false } });

  override async exchange({ origin, path, method, headers, body }: HttpRequest): Promise<HttpReply> {
    const reply = await this.#agent.request({
      origin,
      path,
      method,
      body: body ?? null,
      headers: { "user-agent": "test", ...headers },
    });
    return { status: reply.statusCode, headers: reply.headers, body: await reply.body.text() };
  }
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer) => {
      text += chunk;
      if (text.includes("ACME directory available")) resolve();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`pebble did not start: ${text}`)));
  });
}

/** Pebble takes no port 0. */
async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
