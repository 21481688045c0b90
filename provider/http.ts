import type { Dispatcher } from "undici";
import { Agent, EnvHttpProxyAgent, Pool } from "undici";

/** A complete reply, whatever its status. */
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
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** How long the server may be silent once it has the request. The whole exchange may take a minute longer. */
  readonly timeoutMs: number;
}

/** No complete reply came. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";

  constructor(
    message: string,
    /** `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`; empty where the cause has none. */
    readonly code: string,
    /** True when it is certain that the server has seen nothing of the request. */
    readonly unsent: boolean,
    cause: unknown,
  ) {
    super([code, message].filter((part) => part !== "" && part !== CANCELLED).join(": "), { cause });
  }

  /** Whether the user has ended the request: no other will be sent. */
  get isCancelled(): boolean {
    return this.code === CANCELLED;
  }
}

const CANCELLED = "CANCELLED";

interface HttpClientOptions {
  readonly exchangeMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Sends requests over connections that are shared and kept alive, and through the proxy that `HTTPS_PROXY`,
 * `HTTP_PROXY` and `NO_PROXY` (upper or lower case) name. Requests to this machine never go through a proxy. Redirects
 * are not followed.
 */
export class HttpClient {
  readonly #exchangeMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #connectFailures = new WeakSet<Error>();
  readonly #options = {
    maxResponseSize: MAX_REPLY_BYTES,
    connect: TLS,
    factory: (origin, options) =>
      new Pool(origin, options).on("connectionError", (_origin, _targets, error) => this.#connectFailures.add(error)),
  } as const satisfies Agent.Options;
  readonly #direct = new Agent(this.#options);
  #proxied: Dispatcher | undefined;

  /**
   * `exchangeMs`: how long a whole exchange may take beyond its request's own limit. `signal`: ends all requests, and
   * lets no more begin.
   */
  constructor({ exchangeMs = EXCHANGE_MS, signal }: HttpClientOptions = {}) {
    this.#exchangeMs = exchangeMs;
    this.#signal = signal;
  }

  /** @throws HttpFailure */
  async exchange(request: HttpRequest): Promise<HttpReply> {
    const { origin, path, method, headers, body = null, timeoutMs } = request;
    const wasCancelled = this.#signal?.aborted ?? false;
    const limit = limited(timeoutMs + this.#exchangeMs, this.#signal);
    const isHere = isLoopback(new URL(origin).hostname);
    try {
      const reply = await (isHere ? this.#direct : this.#outward()).request({
        origin,
        path,
        method,
        headers: { "user-agent": USER_AGENT, ...headers },
        body,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal: limit.signal,
      });
      return { status: reply.statusCode, headers: reply.headers, body: await reply.body.text() };
    } catch (error) {
      if (this.#signal?.aborted) throw new HttpFailure("cancelled", CANCELLED, wasCancelled, error);
      const unsent = error instanceof Error && this.#connectFailures.has(error);
      throw new HttpFailure(causeText(error), failureCode(error), unsent, error);
    } finally {
      limit.release();
    }
  }

  /** Made when first needed: an invalid proxy URL must not break requests that bypass the proxy. */
  #outward(): Dispatcher {
    this.#proxied ??= new EnvHttpProxyAgent({
      ...this.#options,
      httpProxy: this.#proxyUrl("http_proxy"),
      httpsProxy: this.#proxyUrl("https_proxy"),
      requestTls: TLS,
      proxyTls: TLS,
      clientFactory: proxyPool,
    });
    return this.#proxied;
  }

  /** Empty when none is set. Proxies are often given without a scheme. */
  #proxyUrl(name: string): string {
    const given = process.env[name] ?? process.env[name.toUpperCase()] ?? "";
    const url = given === "" || given.includes("://") ? given : `http://${given}`;
    if (url === "" || URL.canParse(url)) return url;
    const error = new Error(`${name.toUpperCase()} is not the address of a proxy`);
    this.#connectFailures.add(error);
    throw error;
  }
}

/**
 * A signal that aborts after a while, or with another one. Until it is released it holds on to that other one, which
 * lives as long as the process: `AbortSignal.any` would for ever.
 */
function limited(milliseconds: number, other: AbortSignal | undefined) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException("it took too long", "TimeoutError")), milliseconds);
  const abort = () => controller.abort(other?.reason);
  if (other?.aborted) abort();
  other?.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      other?.removeEventListener("abort", abort);
    },
  };
}

/**
 * undici tries again for ever where a connection closes early, as with a proxy that takes connections and drops them.
 */
function proxyPool(proxy: URL, options: object): Pool {
  const pool = new Pool(proxy, { ...options, headersTimeout: CONNECT_TIMEOUT_MS });
  const plainConnect: (target: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData> = pool.connect.bind(pool);
  const connect = (target: Dispatcher.ConnectOptions) =>
    plainConnect(target).catch((cause: NodeJS.ErrnoException) => {
      const closed = cause.code === "UND_ERR_SOCKET";
      const text = closed ? "closed the connection" : `cannot be reached: ${causeText(cause)}`;
      const error = new Error(`the proxy ${proxy.host} ${text}`, { cause });
      throw Object.assign(error, { code: closed ? "PROXY_CLOSED" : cause.code });
    });
  return Object.assign(pool, { connect });
}

/** Whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Why a request with a signature must not be sent there, or `undefined`. */
export function clearTextProblem({ protocol, hostname, host }: URL, isAllowed: boolean): string | undefined {
  if (protocol !== "http:" || isAllowed || isLoopback(hostname)) return undefined;
  return (
    `endpoint http://${host} would get signatures, tokens and private keys unencrypted: use https, ` +
    "or set oss-cname:allowHttp to true (--allow-http on the command line)"
  );
}

const { version } = require("pulumi-oss-cname/package.json") as { version: string };
const USER_AGENT = `pulumi-oss-cname/${version} (${process.platform}; node ${process.versions.node})`;

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;
const CONNECT_TIMEOUT_MS = 5_000;
/** Certificates are verified whatever NODE_TLS_REJECT_UNAUTHORIZED says: private keys are sent over these connections. */
const TLS = { timeout: CONNECT_TIMEOUT_MS, minVersion: "TLSv1.2", rejectUnauthorized: true } as const;
const EXCHANGE_MS = 60_000;
/** The largest list of a bucket has some 100 kB. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024;

function failureCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : error instanceof Error ? error.name : "";
}

/** Several addresses tried give one AggregateError with no message of its own. */
function causeText(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(causeText).join("; ");
  return error instanceof Error ? error.message : String(error);
}
