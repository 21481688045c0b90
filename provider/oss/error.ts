import { ActionableError } from "../actionableError";
import { CONTINUE } from "../cancellation";
import type { HttpFailure, HttpReply } from "../http";
import { safeText } from "../redact";
import { ossRemedy } from "./remedies";
import { parseFlat } from "./xml";

/** What we asked of OSS. */
export interface Call {
  /** The API's name: `PutCname`. */
  readonly operation: string;
  readonly bucket?: string | undefined;
  readonly domain?: string | undefined;
  /** Of an object. */
  readonly key?: string | undefined;
}

export interface OssErrorDetails extends Call {
  /** The service's `Code`; `BadErrorResponse` when the reply was not the service's XML or JSON. */
  readonly code: string;
  /** The finer code, `0018-00000115`. */
  readonly ec?: string | undefined;
  /** HTTP status. */
  readonly status: number;
  readonly requestId?: string | undefined;
  readonly serviceMessage: string;
  /** Where the bucket is served, when the reply says so. */
  readonly endpoint?: string | undefined;
  /** The service's clock, when ours was refused. */
  readonly serverTime?: string | undefined;
  /** How long the service asks us to wait. */
  readonly delayMs?: number | undefined;
  /** How often the request was sent; 1 unless given. */
  readonly attempts?: number | undefined;
  /** True when this or an earlier attempt may have been carried out in spite of the error: see `isOutcomeUnknown`. */
  readonly maybeDone?: boolean | undefined;
}

/** Earlier attempts at the same request. */
export interface History {
  /** Including the one that failed now. */
  readonly attempts: number;
  /** Whether an earlier one may have been carried out. */
  readonly maybeDone: boolean;
}

/** OSS answered with an error. */
export class OssError extends ActionableError {
  override readonly name = "OssError";

  constructor(
    readonly details: OssErrorDetails,
    remedy = ossRemedy(details),
  ) {
    super(factsText(details), remedy);
  }

  get code(): string {
    return this.details.code;
  }

  get ec(): string | undefined {
    return this.details.ec;
  }

  /** The same error with more to do about it. */
  withRemedy(remedy: string): OssError {
    return new OssError(this.details, remedy);
  }
}

/** Whether OSS answered with one of these codes; without codes, with any error. */
export function isOssError(error: unknown, ...codes: readonly string[]): error is OssError {
  return error instanceof OssError && (codes.length === 0 || codes.includes(error.code));
}

/**
 * Reads an error reply: XML, JSON, headers alone, or something that is not of the service. `secrets` are struck out of
 * its texts.
 */
export function ossErrorFrom(
  call: Call,
  reply: HttpReply,
  { attempts, maybeDone }: History = { attempts: 1, maybeDone: false },
  secrets: readonly string[] = [],
): OssError {
  const { status } = reply;
  const clean = (text: string | undefined) =>
    text ? safeText(text.slice(0, LONGEST_TEXT), secrets).slice(0, LONGEST_SHOWN) : undefined;
  const header = (name: string) => [reply.headers[name]].flat()[0];
  const body = reply.body.trim() || Buffer.from(header("x-oss-err") ?? "", "base64").toString();
  const fields = parseFields(body);
  const snapshot = clean(body)?.slice(0, SNAPSHOT_LENGTH) ?? "the reply has no body";
  const location = clean(header("location"));
  const code = clean(fields.Code) || "BadErrorResponse";
  return new OssError({
    operation: call.operation,
    bucket: call.bucket,
    domain: call.domain,
    key: call.key,
    code,
    ec: clean(fields.EC || header("x-oss-ec") || header("x-oss-ec-code")),
    status,
    requestId: clean(fields.RequestId || header("x-oss-request-id")),
    serviceMessage:
      clean(fields.Message) ?? (fields.Code ? "" : location ? `redirects to ${location} are not followed` : snapshot),
    endpoint: clean(fields.Endpoint),
    serverTime: code === "RequestTimeTooSkewed" ? clean(fields.ServerTime || header("date")) : undefined,
    delayMs: Number(header("x-oss-qos-delay-time")) || undefined,
    attempts,
    maybeDone: maybeDone || (status >= 500 && !TOO_MANY.test(code)) || status === 408,
  });
}

/** OSS did not answer. */
export class OssTransportError extends ActionableError {
  override readonly name = "OssTransportError";
  /** The code of the failure: `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`. */
  readonly code: string;
  /** True when this or an earlier attempt may have reached the service. */
  readonly maybeDone: boolean;
  /** Whether another attempt would end the same way. */
  readonly isPermanent: boolean;

  constructor(call: Call, host: string, failure: HttpFailure, { attempts, maybeDone }: History) {
    const { code, unsent } = failure;
    const happened = !unsent
      ? `no complete reply from ${host}`
      : failure.isCancelled
        ? "it was not sent"
        : `cannot connect to ${host}`;
    const tried = attempts > 1 ? `, ${attempts} attempts` : "";
    super(
      `${callText(call)} failed: ${happened} (${failure.message}${tried})`,
      failure.isCancelled ? CONTINUE : transportRemedy(code, unsent && !maybeDone),
      { cause: failure },
    );
    this.code = code;
    this.maybeDone = maybeDone || !unsent;
    this.isPermanent =
      failure.isCancelled || code === "ENOTFOUND" || code === "UND_ERR_INVALID_ARG" || TLS_CODES.test(code);
  }
}

/** Whether the request may have been carried out although it failed: look at what is there before repeating it. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof OssTransportError) return error.maybeDone;
  return error instanceof OssError && error.details.maybeDone === true;
}

/** Whether OSS refused a request because it has too many, or cannot take any at the moment. */
export function isBusy(error: unknown): error is OssError {
  return isOssError(error) && ([429, 503].includes(error.details.status) || error.code.startsWith("Throttling"));
}

/**
 * How often to try what fails like this, in all. Of a service that refuses a fifth of its requests, ten at a time are
 * refused once in ten million.
 */
export function attemptsAt(error: unknown): number {
  return isBusy(error) ? 10 : 3;
}

/** Codes of requests that were refused before they were taken: `QpsLimitExceeded`, `PartitionQpsLimitted`. */
const TOO_MANY = /Limit|^Throttling|^SlowDown$/;
const SNAPSHOT_LENGTH = 256;
const LONGEST_TEXT = 65_536;
const LONGEST_SHOWN = 2_048;
const TLS_CODES = /CERT|SIGNATURE|ISSUER|^ERR_(TLS|SSL)|^EPROTO/;

function factsText(details: OssErrorDetails): string {
  const { code, ec, status, requestId, attempts = 1, serviceMessage } = details;
  const facts = [
    ...(ec ? [`EC ${ec}`] : []),
    `HTTP ${status}`,
    ...(requestId ? [`request ${requestId}`] : []),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
  ];
  const head = `${callText(details)} failed: ${code} (${facts.join(", ")})`;
  return serviceMessage ? `${head}: ${serviceMessage}` : head;
}

function callText({ operation, bucket, domain, key }: Call): string {
  return [operation, domain ?? key, bucket && `on bucket ${bucket}`].filter(Boolean).join(" ");
}

function transportRemedy(code: string, unsent: boolean): string {
  if (TLS_CODES.test(code)) return "check the endpoint's TLS; for a private CA set NODE_EXTRA_CA_CERTS.";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return "check the region or endpoint, and that this machine can resolve the name; if a proxy is needed, set HTTPS_PROXY.";
  if (unsent) return "check the endpoint, that this machine may reach it, and HTTPS_PROXY where that is set.";
  return "look at what is there before doing it again: the service may have carried it out.";
}

/** The service's fields; none when the text is neither its XML nor its JSON. */
function parseFields(body: string): Record<string, string> {
  try {
    return body.startsWith("{") ? flattenJson(JSON.parse(body)) : parseFlat(body);
  } catch {
    return {};
  }
}

/** `{"Code": …}` or `{"Error": {"Code": …}}` */
function flattenJson(json: object): Record<string, string> {
  const inner = "Error" in json && typeof json.Error === "object" ? json.Error : json;
  return Object.fromEntries(Object.entries(inner ?? {}).map(([name, value]) => [name, String(value)]));
}
