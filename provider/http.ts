import type { Dispatcher } from "undici";
import { Agent, EnvHttpProxyAgent, Pool } from "undici";

/** Whatever the status. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface HttpRequest {
  /** `https://host:port` */
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** How long the other side may be silent once it has the request. */
  readonly timeoutMs: number;
}

/**
 * Sends one request, over connections that the whole process shares and keeps, and through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and
 * `NO_PROXY` tell of, in capitals or not. This machine itself is never asked through a proxy.
 */
export async function exchange(request: HttpRequest): Promise<HttpReply> {
  const { origin, path, method, headers, body = null, timeoutMs } = request;
  const isHere = LOOPBACK.test(new URL(origin).hostname);
  const reply = await (isHere ? direct : outward()).request({
    origin,
    path,
    method,
    headers: { "user-agent": USER_AGENT, ...headers },
    body,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  return { status: reply.statusCode, headers: reply.headers, body: await reply.body.text() };
}

/** Whether a failure was one to connect: of these alone it is certain that nothing was sent. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && connectFailures.has(error);
}

/** The code of a failure: `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`; empty for what is no Error. */
export function failureCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : error instanceof Error ? error.name : "";
}

/** Code and message. */
export function failureText(error: unknown): string {
  return [failureCode(error), causeText(error)].filter((part) => part !== "").join(": ");
}

const { version } = require("pulumi-oss-cname/package.json") as { version: string };
const USER_AGENT = `pulumi-oss-cname/${version} (${process.platform}; node ${process.versions.node})`;

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;
const CONNECT_TIMEOUT_MS = 5_000;
/** Per host. A run over many domains of one endpoint shares these. */
const CONNECTIONS = 16;

const connectFailures = new WeakSet<Error>();

const OPTIONS = {
  connections: CONNECTIONS,
  connect: { timeout: CONNECT_TIMEOUT_MS, minVersion: "TLSv1.2" },
  factory: (origin, options) =>
    new Pool(origin, options).on("connectionError", (_origin, _targets, error) => connectFailures.add(error)),
} as const satisfies Agent.Options;

const direct = new Agent(OPTIONS);

let proxied: Dispatcher | undefined;

/** Made when it is first needed: a proxy that is none must not stand in the way of what goes without. */
function outward(): Dispatcher {
  proxied ??= new EnvHttpProxyAgent({
    ...OPTIONS,
    httpProxy: proxyUrl("http_proxy"),
    httpsProxy: proxyUrl("https_proxy"),
    proxyTls: { timeout: CONNECT_TIMEOUT_MS },
    clientFactory: (proxy, options) => new Pool(proxy, { ...options, headersTimeout: CONNECT_TIMEOUT_MS }),
  });
  return proxied;
}

/** Empty when there is none. Often given without its scheme. */
function proxyUrl(name: string): string {
  const given = process.env[name] ?? process.env[name.toUpperCase()] ?? "";
  const url = given === "" || given.includes("://") ? given : `http://${given}`;
  if (url === "" || URL.canParse(url)) return url;
  const error = new Error(`${name.toUpperCase()} is not the address of a proxy`);
  connectFailures.add(error);
  throw error;
}

/** Several addresses tried give one AggregateError with no message of its own. */
function causeText(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(causeText).join("; ");
  return error instanceof Error ? error.message : String(error);
}
