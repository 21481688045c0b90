import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface HttpRequest {
  readonly method: string;
  /** Path and query exactly as sent. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long the second half of the body is kept back. */
  readonly bodyDelayMs?: number | undefined;
  /** It does not come from the service, which adds nothing of its own. */
  readonly fromProxy?: boolean;
}

/** `reset` cuts the connection. */
export type Answer = (request: HttpRequest) => Promise<HttpReply | "reset">;

export interface HttpServer {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  close(): Promise<void>;
}

/** Nobody must take it for the service. */
const SERVER = "pulumi-oss-cname emulator (test double)";
const MAX_BODY_BYTES = 1024 * 1024;

export async function startHttp(port: number, answer: Answer): Promise<HttpServer> {
  const server = createServer((message, response) => {
    handle(message, response, answer).catch((error: Error) => {
      process.stderr.write(`oss-cname emulate: ${message.method} ${message.url}: ${error.stack ?? error.message}\n`);
      response.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function handle(message: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) return void response.writeHead(413, { connection: "close" }).end();
      chunks.push(chunk);
    }
  } catch {
    return; // The client closed the connection early.
  }
  const [path = "", ...rest] = (message.url ?? "").split("?");
  const { method = "", headers } = message;
  const reply = await answer({ method, path, query: rest.join("?"), headers, body: Buffer.concat(chunks) });
  if (reply === "reset") return void message.socket.resetAndDestroy();
  const body = Buffer.from(reply.body ?? "");
  response.writeHead(reply.status, { ...reply.headers, server: SERVER, "content-length": body.length });
  const sent = reply.bodyDelayMs ? body.length >> 1 : 0;
  if (reply.bodyDelayMs) {
    response.flushHeaders();
    response.write(body.subarray(0, sent));
    await sleep(reply.bodyDelayMs, undefined, { ref: false });
  }
  response.end(body.subarray(sent));
}

export function headerOf({ headers }: Pick<HttpRequest, "headers">, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.join(",");
}
