import assert from "node:assert/strict";
import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../provider/clock";
import { OssClient, type OssClientOptions } from "../../provider/oss/client";

export interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request. */
export type Step = (response: ServerResponse, request: Received) => void;

/** The time of clients. */
export const NOW = Date.UTC(2023, 11, 16, 16, 20, 57);
export const TOKEN_XML =
  "<CnameToken><Bucket>site</Bucket><Cname>www.example.com</Cname><Token>0123</Token>" +
  "<ExpireTime>Thu, 26 May 2022 19:14:12 GMT</ExpireTime></CnameToken>";
export const LIST_XML = "<ListCnameResult><Bucket>site</Bucket><Owner>1</Owner></ListCnameResult>";

/** Servers that answer their requests by the steps of a script, and then as OSS answers a write; closed after each test. */
export function useScriptedServers() {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  return async (...steps: Step[]) => {
    const received: Received[] = [];
    const server = createServer(async (request, response) => {
      const { method = "", url = "", headers } = request;
      const seen = { method, target: url, headers, body: Buffer.concat(await request.toArray()).toString() };
      received.push(seen);
      const step = steps[received.length - 1];
      if (step) step(response, seen);
      else text(200, "")(response, seen);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { endpoint: `http://127.0.0.1:${port}`, port, received, server };
  };
}

/** A client of OSS, and how long it has slept. */
export function clientOf(endpoint: string, options: Partial<OssClientOptions> = {}) {
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

export function text(status: number, body: string, headers: OutgoingHttpHeaders = {}): Step {
  return (response) => response.writeHead(status, { "x-oss-request-id": "R1", ...headers }).end(body);
}

export function error(status: number, code: string, extra = "", headers: OutgoingHttpHeaders = {}): Step {
  const xml = `<Error><Code>${code}</Code><Message>no</Message><RequestId>R1</RequestId>${extra}</Error>`;
  return text(status, xml, headers);
}

export const reset: Step = (response) => response.socket?.destroy();
export const silent: Step = () => {};

export async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => assert.fail(`no failure but ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
}
