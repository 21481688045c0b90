import { createHash } from "node:crypto";
import type { Clock } from "../clock";
import { systemClock } from "../clock";
import type { HttpReply } from "../http";
import { clearTextProblem, HttpClient, HttpFailure, isLoopback } from "../http";
import { Pace } from "../pace";
import type { Addressing, Endpoint } from "./endpoint";
import { bucketProblem, bucketUrl, resolveEndpoint } from "./endpoint";
import type { Call, History, OssError } from "./error";
import { attemptsAt, isBusy, isOssError, isOutcomeUnknown, OssTransportError, ossErrorFrom } from "./error";
import type { Credentials } from "./sign";
import { secretsOf, signV1, signV4 } from "./sign";
import { parseDate } from "./xml";

export interface OssClientOptions {
  /** Asked before every attempt. */
  readonly credentials: () => Promise<Credentials>;
  /** Default: connections of its own. */
  readonly http?: HttpClient | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Default: one of its own. */
  readonly pace?: Pace | undefined;
  /** Host or URL. Default: the public endpoint of the region. */
  readonly endpoint?: string | undefined;
  /** Needed for V4 when the endpoint does not name it. */
  readonly region?: string | undefined;
  /** Default `v4`. */
  readonly signatureVersion?: "v4" | "v1" | undefined;
  /** Default: virtual-host style, but path style at IP addresses always. */
  readonly addressing?: Addressing | undefined;
  /** Send requests over plain http to other machines too. Default false. */
  readonly allowHttp?: boolean | undefined;
  /** How long the service may be silent once it has the request. Default 20,000. */
  readonly timeoutMs?: number | undefined;
  /** Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export interface OssRequest extends Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly bucket: string;
  /** Sent as it is: `cname&comp=add`. */
  readonly query: string;
  /** XML, or the content of an object. */
  readonly body?: string;
  /** Beside those of every request, in lower case: `x-oss-object-acl`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Strings in the body that no error may repeat, whatever the service answers. */
  readonly secrets?: readonly string[];
  /** Never sent again once the service may have carried it out. */
  readonly once?: boolean;
}

/**
 * Sends signed requests to the buckets of one account and endpoint.
 *
 * Failures that may pass are tried three times in all: no connection, no reply, 5xx, 401, 408, a clock that is wrong by
 * a day at most (the service's is used from then on) and temporary credentials that have expired since they were given.
 * Ten times, and with all other requests more slowly, where OSS has too many requests: 429, 503, throttling. Throws
 * `OssError` for an error reply, `OssTransportError` where no reply came.
 */
export class OssClient {
  readonly #options: OssClientOptions;
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #endpoint: Endpoint;
  #clockOffsetMs = 0;

  constructor(options: OssClientOptions) {
    this.#options = options;
    this.#http = options.http ?? new HttpClient();
    this.#clock = options.clock ?? systemClock;
    this.#pace = options.pace ?? new Pace(this.#clock);
    this.#endpoint = resolveEndpoint(options);
    const { protocol, host } = this.#endpoint;
    const problem = clearTextProblem(new URL(`${protocol}//${host}`), options.allowHttp ?? false);
    if (problem !== undefined) throw new Error(problem);
    if (options.signatureVersion !== "v1" && this.#endpoint.region === undefined)
      throw new Error(`endpoint ${this.#endpoint.host} does not name its region: give the region too`);
  }

  async send(request: OssRequest): Promise<HttpReply> {
    const problem = bucketProblem(request.bucket);
    if (problem !== undefined) throw new Error(problem);
    const corrected: string[] = [];
    let expired: { readonly error: unknown; readonly credentials: Credentials } | undefined;
    let maybeDone = false;
    for (let attempts = 1; ; attempts++) {
      const credentials = await this.#options.credentials();
      if (expired !== undefined && isSame(expired.credentials, credentials)) throw expired.error;
      try {
        const attempt = () => this.#attempt(request, credentials, { attempts, maybeDone });
        return await this.#pace.send(attempt, (error) => (isBusy(error) ? error.details : undefined));
      } catch (error) {
        maybeDone = isOutcomeUnknown(error);
        if (attempts >= attemptsAt(error) || (maybeDone && request.once)) throw error;
        if (isBusy(error) && this.#pace.isHopeless) throw error;
        const delayMs = this.#retryDelayMs(error, attempts, corrected);
        if (delayMs === undefined) throw error;
        expired = isExpired(error) ? { error, credentials } : undefined;
        if (delayMs > 0) await this.#clock.sleep(delayMs);
      }
    }
  }

  /**
   * What a visitor of a domain gets who is led to the bucket: no signature, plain http, whatever the reply is. Asked of
   * the bucket's host itself, for the resolver of this machine may not know a new record yet. Tried once.
   *
   * @throws HttpFailure
   */
  visit(bucket: string, domain: string, key: string): Promise<HttpReply> {
    const { origin } = bucketUrl({ ...this.#endpoint, protocol: "http:" }, bucket);
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    const headers = { host: domain };
    return this.#http.exchange({ origin, path: `/${encodeKey(key)}`, method: "GET", headers, timeoutMs });
  }

  async #attempt(request: OssRequest, credentials: Credentials, history: History): Promise<HttpReply> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    const { origin, path } = bucketUrl(this.#endpoint, request.bucket);
    const { key = "", query } = request;
    const exchanged = this.#http.exchange({
      origin,
      path: `${path}${encodeKey(key)}${query === "" ? "" : `?${query}`}`,
      method: request.method,
      headers: this.#signedHeaders(request, credentials),
      body: request.body,
      timeoutMs,
    });
    const reply = await exchanged.catch((failure: unknown) => {
      if (failure instanceof HttpFailure) throw new OssTransportError(request, new URL(origin).host, failure, history);
      throw failure;
    });
    const secrets = [...secretsOf(credentials), ...(request.secrets ?? [])];
    // What a reply of OSS says ends up in outputs; one that repeats a secret does not come from OSS.
    if (reply.status >= 200 && reply.status < 300 && !secrets.some((secret) => isRepeatedIn(reply.body, secret)))
      return reply;
    throw ossErrorFrom(request, reply, history, secrets);
  }

  #signedHeaders(request: OssRequest, credentials: Credentials): Record<string, string> {
    const { method, bucket, key, query, body = "" } = request;
    const { region = "", product } = this.#endpoint;
    const time = new Date(this.#clock.now() + this.#clockOffsetMs);
    const headers = {
      "content-type": "application/xml",
      "content-md5": createHash("md5").update(body).digest("base64"),
      ...request.headers,
    };
    const signable = { method, bucket, key, query, headers };
    if (this.#options.signatureVersion === "v1") return { ...headers, ...signV1(signable, credentials, time) };
    const { host, hostname } = new URL(bucketUrl(this.#endpoint, bucket).origin);
    // What another server has received must not be of use at OSS itself.
    const withHost = { ...signable, headers: { ...headers, host } };
    const added = isOwnHost(hostname)
      ? signV4(signable, credentials, { region, product }, time)
      : signV4(withHost, credentials, { region, product }, time, ["host"]);
    return { ...headers, ...added };
  }

  /** How long to wait before the same request is sent again; undefined where that would not help. */
  #retryDelayMs(error: unknown, attempts: number, corrected: string[]): number | undefined {
    const { random = Math.random } = this.#options;
    const backoffMs = random() * Math.min(BACKOFF_MS * 2 ** attempts, MAX_DELAY_MS);
    if (error instanceof OssTransportError) return error.isPermanent ? undefined : backoffMs;
    if (!isOssError(error)) return undefined;
    if (isExpired(error) || error.code === "RequestTimeTooSkewed") {
      if (corrected.includes(error.code) || (!isExpired(error) && !this.#adoptClock(error))) return undefined;
      corrected.push(error.code);
      return 0;
    }
    const { status, code } = error.details;
    const mayPass = isBusy(error) || status >= 500 || [401, 408].includes(status) || code === "BadRequest";
    return mayPass ? backoffMs : undefined;
  }

  /** False where the service's clock is not known or not believable: a request must not be signed for another year. */
  #adoptClock({ details }: OssError): boolean {
    const offsetMs = (parseDate(details.serverTime ?? "")?.getTime() ?? Number.NaN) - this.#clock.now();
    if (!(Math.abs(offsetMs) <= MAX_CLOCK_OFFSET_MS)) return false;
    this.#clockOffsetMs = offsetMs;
    return true;
  }
}

function encodeKey(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}

/** A host of Alibaba Cloud, or this machine. */
function isOwnHost(hostname: string): boolean {
  return hostname.endsWith(".aliyuncs.com") || isLoopback(hostname);
}

const BACKOFF_MS = 200;
const MAX_DELAY_MS = 20_000;
const TIMEOUT_MS = 20_000;
/** A machine in the wrong time zone is off by half a day. */
const MAX_CLOCK_OFFSET_MS = 24 * 60 * 60 * 1000;

const EXPIRED_EC = "0002-00000007";
const EXPIRED_CODES = ["SecurityTokenExpired", "InvalidSecurityToken"];

function isExpired(error: unknown): boolean {
  return isOssError(error) && (error.ec === EXPIRED_EC || EXPIRED_CODES.includes(error.code));
}

/** Short words, as keys of emulators are, may be there by chance. */
function isRepeatedIn(body: string, secret: string): boolean {
  return secret.length >= 16 && body.includes(secret);
}

function isSame(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.securityToken === b.securityToken;
}
