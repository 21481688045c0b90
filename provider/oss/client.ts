import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { HttpReply } from "../http";
import { exchange, isUnsent } from "../http";
import type { Addressing, Endpoint } from "./endpoint";
import { bucketProblem, bucketUrl, resolveEndpoint } from "./endpoint";
import type { Call, History, OssError } from "./error";
import { isOssError, isOssTransportError, isOutcomeUnknown, OssTransportError, ossErrorFrom } from "./error";
import type { Credentials } from "./sign";
import { signV1, signV4 } from "./sign";
import { parseDate } from "./xml";

export type { Credentials } from "./sign";

export interface OssClientOptions {
  /** Host or URL; left out, the public endpoint of the region. */
  readonly endpoint?: string | undefined;
  /** Needed for V4 when the endpoint does not name it. */
  readonly region?: string | undefined;
  /** Asked before every attempt. */
  readonly credentials: () => Promise<Credentials>;
  /** `v4` unless said otherwise. */
  readonly signatureVersion?: "v4" | "v1" | undefined;
  /** Virtual-host style unless said otherwise; always path style at IP addresses. */
  readonly addressing?: Addressing | undefined;
  /** How long the service may be silent once it has the request, 20,000 unless said otherwise. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly sleep?: (delayMs: number) => Promise<unknown>;
  /** As `Math.random`. */
  readonly random?: () => number;
}

export interface OssRequest extends Call {
  readonly method: "GET" | "POST";
  readonly bucket: string;
  /** Sent as it is: `cname&comp=add`. */
  readonly query: string;
  /** XML. */
  readonly body?: string;
  /** Texts in the body that no error may repeat, whatever the service answers. */
  readonly secrets?: readonly string[];
  /** Never sent again after the service may have carried it out. */
  readonly once?: boolean;
}

/**
 * Sends signed requests to the buckets of one account and endpoint, as `exchange` does.
 *
 * What may pass is tried three times in all: no connection, no reply, 5xx, 401, 408, 429, throttling, a wrong clock (the
 * service's is used from then on) and temporary credentials that have expired since they were given. Throws `OssError` for an
 * answer that is no success, `OssTransportError` for none.
 */
export class OssClient {
  private readonly endpoint: Endpoint;
  private readonly now: () => number;
  private clockOffsetMs = 0;

  constructor(private readonly options: OssClientOptions) {
    this.endpoint = resolveEndpoint(options);
    this.now = options.now ?? Date.now;
    if (options.signatureVersion !== "v1" && this.endpoint.region === undefined) {
      throw new Error(`endpoint ${this.endpoint.host} does not tell its region: give the region too`);
    }
  }

  async send(request: OssRequest): Promise<HttpReply> {
    const problem = bucketProblem(request.bucket);
    if (problem !== undefined) throw new Error(problem);
    const mended = new Set<string>();
    let expired: { readonly error: unknown; readonly credentials: Credentials } | undefined;
    let maybeDone = false;
    for (let attempts = 1; ; attempts++) {
      const credentials = await this.options.credentials();
      if (expired !== undefined && isSame(expired.credentials, credentials)) throw expired.error;
      try {
        return await this.attempt(request, credentials, { attempts, maybeDone });
      } catch (error) {
        maybeDone = isOutcomeUnknown(error);
        if (attempts === ATTEMPTS || (maybeDone && request.once)) throw error;
        const delayMs = this.retryDelayMs(error, attempts, mended);
        if (delayMs === undefined) throw error;
        expired = isExpired(error) ? { error, credentials } : undefined;
        if (delayMs > 0) await (this.options.sleep ?? setTimeout)(delayMs);
      }
    }
  }

  private async attempt(request: OssRequest, credentials: Credentials, history: History): Promise<HttpReply> {
    const { origin, path } = bucketUrl(this.endpoint, request.bucket);
    const reply = await exchange({
      origin,
      path: `${path}?${request.query}`,
      method: request.method,
      headers: this.signedHeaders(request, credentials),
      body: request.body,
      timeoutMs: this.options.timeoutMs ?? TIMEOUT_MS,
    }).catch((cause: unknown) => {
      const sent = isUnsent(cause) ? "unsent" : "unknown";
      throw new OssTransportError(request, new URL(origin).host, sent, history, cause);
    });
    if (reply.status >= 200 && reply.status < 300) return reply;
    const { accessKeyId, accessKeySecret, securityToken = "" } = credentials;
    const secrets = [accessKeyId, accessKeySecret, securityToken, ...(request.secrets ?? [])];
    throw ossErrorFrom(request, reply, history, secrets);
  }

  private signedHeaders(request: OssRequest, credentials: Credentials): Record<string, string> {
    const { method, bucket, query, body = "" } = request;
    const { region = "", product } = this.endpoint;
    const time = new Date(this.now() + this.clockOffsetMs);
    const headers = {
      "content-type": "application/xml",
      "content-md5": createHash("md5").update(body).digest("base64"),
    };
    const signable = { method, bucket, query, headers };
    const added =
      this.options.signatureVersion === "v1"
        ? signV1(signable, credentials, time)
        : signV4(signable, credentials, { region, product }, time);
    return { ...headers, ...added };
  }

  /** How long to wait before the same request is sent again, undefined when that is no use. */
  private retryDelayMs(error: unknown, attempts: number, mended: Set<string>): number | undefined {
    const { random = Math.random } = this.options;
    const backoffMs = random() * Math.min(BACKOFF_MS * 2 ** attempts, MAX_DELAY_MS);
    if (isOssTransportError(error)) return error.isPermanent ? undefined : backoffMs;
    if (!isOssError(error)) return undefined;
    if (isExpired(error) || error.code === "RequestTimeTooSkewed") {
      if (mended.has(error.code) || (!isExpired(error) && !this.adoptClock(error))) return undefined;
      mended.add(error.code);
      return 0;
    }
    const { status, code, delayMs = 0 } = error;
    const isPassing = status >= 500 || [401, 408, 429].includes(status) || code === "BadRequest";
    return isPassing ? Math.max(backoffMs, Math.min(delayMs, MAX_DELAY_MS)) : undefined;
  }

  private adoptClock({ serverTime = "" }: OssError): boolean {
    const time = parseDate(serverTime);
    if (time !== undefined) this.clockOffsetMs = time.getTime() - this.now();
    return time !== undefined;
  }
}

const ATTEMPTS = 3;
const BACKOFF_MS = 200;
const MAX_DELAY_MS = 20_000;
const TIMEOUT_MS = 20_000;

const EXPIRED_EC = "0002-00000007";
const EXPIRED_CODES = ["SecurityTokenExpired", "InvalidSecurityToken"];

function isExpired(error: unknown): boolean {
  return isOssError(error) && (error.ec === EXPIRED_EC || EXPIRED_CODES.includes(error.code));
}

function isSame(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.securityToken === b.securityToken;
}
