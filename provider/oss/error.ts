import type { HttpReply } from "../http";
import { failureCode, failureText } from "../http";
import { parseFlat } from "./xml";

/** What we were doing, for messages. */
export interface Call {
  /** The API's name: `PutCname`. */
  readonly operation: string;
  readonly bucket?: string | undefined;
  readonly domain?: string | undefined;
}

export interface OssErrorDetails extends Call {
  /** The service's `Code`; `BadErrorResponse` when the reply was not the service's XML or JSON. */
  readonly code: string;
  /** The finer code, `0018-00000115`. */
  readonly ec?: string | undefined;
  /** HTTP status. */
  readonly status: number;
  readonly requestId?: string | undefined;
  /** The service's own text. */
  readonly serviceMessage: string;
  /** Where the bucket is served, when the reply says so. */
  readonly endpoint?: string | undefined;
  /** What kind of binding is in the way: `CNAME_OSS` or `CNAME_IMG`. */
  readonly cnameType?: string | undefined;
  /** The service's clock, when ours was refused. */
  readonly serverTime?: string | undefined;
  /** How long the service asks to leave it alone. */
  readonly delayMs?: number | undefined;
  /** How often the request was sent. */
  readonly attempts?: number | undefined;
  /** Set when this or an earlier attempt may have been carried out all the same: see `isOutcomeUnknown`. */
  readonly outcome?: "unknown" | undefined;
}

/** Earlier attempts at the same request. */
export interface History {
  /** With the one that failed now. */
  readonly attempts: number;
  /** Whether one before it may have been carried out. */
  readonly maybeDone: boolean;
}

/** OSS answered, and the answer is no. Recognise it with `isOssError`, by code. */
export class OssError extends Error implements OssErrorDetails {
  declare readonly operation: string;
  declare readonly bucket?: string;
  declare readonly domain?: string;
  declare readonly code: string;
  declare readonly ec?: string;
  declare readonly status: number;
  declare readonly requestId?: string;
  declare readonly serviceMessage: string;
  declare readonly endpoint?: string;
  declare readonly cnameType?: string;
  declare readonly serverTime?: string;
  declare readonly delayMs?: number;
  declare readonly attempts?: number;
  declare readonly outcome?: "unknown";

  constructor(details: OssErrorDetails) {
    super(errorMessage(details));
    this.name = "OssError";
    Object.assign(this, Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)));
  }
}

/** By name, not by class: two copies of this module may be loaded. Without codes, any OssError. */
export function isOssError(error: unknown, ...codes: readonly string[]): error is OssError {
  if (!(error instanceof Error) || error.name !== "OssError") return false;
  return codes.length === 0 || codes.includes((error as OssError).code);
}

/** Reads an error reply: XML, JSON, headers alone, or nothing of the service's making. `secrets` are struck out of its texts. */
export function ossErrorFrom(
  call: Call,
  reply: HttpReply,
  { attempts, maybeDone }: History = { attempts: 1, maybeDone: false },
  secrets: readonly string[] = [],
): OssError {
  const { status } = reply;
  const header = (name: string) => [reply.headers[name]].flat()[0];
  const body = reply.body.trim() || Buffer.from(header("x-oss-err") ?? "", "base64").toString();
  const fields = parseFields(body);
  const clean = (text: string | undefined) => (text ? redact(text, secrets) : undefined);
  const snapshot = clean(body)?.slice(0, SNAPSHOT_LENGTH) ?? "the reply has no body";
  const location = clean(header("location"));
  const code = fields.Code || "BadErrorResponse";
  const throttled = status === 503 && code.includes("Limit");
  const unknown = maybeDone || (status >= 500 && !throttled) || status === 408;
  return new OssError({
    operation: call.operation,
    bucket: call.bucket,
    domain: call.domain,
    code,
    ec: fields.EC || header("x-oss-ec") || header("x-oss-ec-code"),
    status,
    requestId: fields.RequestId || header("x-oss-request-id"),
    serviceMessage:
      clean(fields.Message) ?? (fields.Code ? "" : location ? `redirects to ${location} are not followed` : snapshot),
    endpoint: clean(fields.Endpoint),
    cnameType: fields.CnameType || undefined,
    serverTime: code === "RequestTimeTooSkewed" ? fields.ServerTime || header("date") : undefined,
    delayMs: Number(header("x-oss-qos-delay-time")) || undefined,
    attempts: attempts > 1 ? attempts : undefined,
    outcome: unknown ? "unknown" : undefined,
  });
}

/** No answer came. */
export class OssTransportError extends Error implements Call {
  declare readonly operation: string;
  declare readonly bucket?: string;
  declare readonly domain?: string;
  /** The code of what went wrong: `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`. */
  declare readonly code: string;
  declare readonly host: string;
  /** `unsent` when the service has seen neither this nor an earlier attempt. */
  declare readonly outcome: "unsent" | "unknown";
  /** Whether another attempt would end the same way. */
  declare readonly isPermanent: boolean;

  constructor(call: Call, host: string, sent: "unsent" | "unknown", { attempts, maybeDone }: History, cause: unknown) {
    const code = failureCode(cause);
    const outcome = maybeDone ? "unknown" : sent;
    const happened = sent === "unsent" ? `cannot connect to ${host}` : `no complete reply from ${host}`;
    const tried = attempts > 1 ? `, ${attempts} attempts` : "";
    super(`${callText(call)} failed: ${happened} (${failureText(cause)}${tried}). ${transportRemedy(code, outcome)}`, {
      cause,
    });
    this.name = "OssTransportError";
    const { operation, bucket, domain } = call;
    const isPermanent = code === "ENOTFOUND" || code === "UND_ERR_INVALID_ARG" || TLS_CODES.test(code);
    Object.assign(this, { operation, ...(bucket && { bucket }), ...(domain && { domain }) });
    Object.assign(this, { code, host, outcome, isPermanent });
  }
}

export function isOssTransportError(error: unknown): error is OssTransportError {
  return error instanceof Error && error.name === "OssTransportError";
}

/** Whether the request may have been carried out although it failed: look before doing it again. */
export function isOutcomeUnknown(error: unknown): boolean {
  return (isOssError(error) || isOssTransportError(error)) && error.outcome === "unknown";
}

const SNAPSHOT_LENGTH = 256;
const TLS_CODES = /CERT|SIGNATURE|ISSUER|^ERR_(TLS|SSL)|^EPROTO/;

function errorMessage(details: OssErrorDetails): string {
  const { code, ec, status, requestId, attempts = 1, serviceMessage } = details;
  const facts = [
    ...(ec ? [`EC ${ec}`] : []),
    `HTTP ${status}`,
    ...(requestId ? [`request ${requestId}`] : []),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
  ];
  const head = `${callText(details)} failed: ${code} (${facts.join(", ")})`;
  const text = serviceMessage ? `${head}: ${serviceMessage}` : head;
  // A sentence of its own, for whoever has more to say after it.
  const sentence = /[.!?]$/.test(text) ? text : `${text}.`;
  const next = remedy(details);
  return next ? `${sentence} Next: ${next}` : sentence;
}

function callText({ operation, bucket, domain }: Call): string {
  return [operation, domain, bucket && `on bucket ${bucket}`].filter(Boolean).join(" ");
}

/** The next step, where one is known whatever the program is. */
function remedy(details: OssErrorDetails): string | undefined {
  const { code, ec, endpoint, operation, bucket = "*", serverTime, serviceMessage } = details;
  if (endpoint) return `the bucket is served at ${endpoint}: set the region or the endpoint to that.`;
  if (ec === "0002-00000007") return REMEDIES.SecurityTokenExpired;
  if (ec === "0002-00000228") return "set the region to the bucket's own; the request was signed for another.";
  switch (code) {
    case "AccessDenied": {
      const allow =
        `allow the action oss:${operation} on acs:oss:*:*:${bucket}` +
        (operation === "PutCname"
          ? "; a certificate also needs yundun-cert:DescribeSSLCertificatePrivateKey, " +
            "yundun-cert:DescribeSSLCertificatePublicKeyDetail and yundun-cert:CreateSSLCertificate on *."
          : ".");
      // So a RAM user hears of a bucket of its own account as well, when no policy lets it in.
      return /does not belong to you/.test(serviceMessage)
        ? `find out whose bucket ${bucket} is. If it is another account's, use a key of that account, or have it let yours in by a ` +
            `bucket policy. If it is your account's, and this key a RAM user's or role's, ${allow}`
        : allow;
    }
    case "RequestTimeTooSkewed":
      return `set this machine's clock${serverTime ? ` (the service says it is ${serverTime})` : ""}.`;
    default:
      return REMEDIES[code];
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  CasRenewCertificateConflict: "name the certificate that is there now, or overwrite it by force.",
  CnameAlreadyExists: "unbind the domain from the other bucket of this account that has it.",
  CnameDenied: "unbind the domain where it is bound now, which may be another account.",
  CnameIsForbidden: "use another domain; OSS reserves this one.",
  CnameIsRisk: "use another domain, or ask Alibaba Cloud to clear this one.",
  InDebt: "settle the account's bill.",
  InvalidAccessKeyId: "check that the access key exists, is enabled and belongs to this site of Alibaba Cloud.",
  InvalidSecurityToken: "get new temporary credentials.",
  NonStandardHostForbidden: "check the endpoint; the host is not one of OSS.",
  NoSuchBucket: "check the bucket's name, its region and whose access key this is.",
  NoSuchCnameInRecord: "file the domain for ICP; buckets in mainland China serve filed domains only.",
  SecondLevelDomainForbidden: "use virtual-host addressing; this endpoint does not take path style.",
  SecurityTokenExpired: "get new temporary credentials; their source gave these again.",
  SignatureDoesNotMatch: "check the access key secret, the region and the signature version.",
  TooManyCnameToken: "wait; a bucket holds 1000 tokens, each expires after 72 hours and none can be deleted.",
};

function transportRemedy(code: string, outcome: "unsent" | "unknown"): string {
  if (TLS_CODES.test(code)) {
    return "Check the endpoint's TLS; for a private CA set NODE_EXTRA_CA_CERTS.";
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return "Check the region or endpoint, and that this machine can resolve the name; where a proxy leads out, set HTTPS_PROXY.";
  }
  if (outcome === "unsent")
    return "Check the endpoint, that this machine may reach it, and HTTPS_PROXY where that is set.";
  return "The service may have carried it out: look at what is there before doing it again.";
}

/** The service's fields, or none when the text is neither its XML nor its JSON. */
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

/** Whole words only: a key id like `ak` does not tear words apart. */
function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => {
      const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return rest.replace(new RegExp(`(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`, "g"), "***");
    }, text);
}
