import { AlidnsError, alidnsRemedy, BAD_RESPONSE } from "./error";

/** A reply of the service, or what it says of a refusal. */
export interface Reply {
  readonly Code?: string;
  readonly Message?: string;
  readonly RequestId?: string;
  readonly RecordId?: string;
  readonly TotalCount?: number;
  readonly Domains?: { readonly Domain?: WireDomain[] };
  readonly DomainRecords?: { readonly Record?: WireRecord[] };
}

export interface WireDomain {
  readonly DomainName: string;
  readonly PunyCode?: string;
}

export interface WireRecord {
  readonly RecordId: string;
  readonly RR: string;
  readonly Type: string;
  readonly Value: string;
  readonly TTL: number;
  readonly CreateTimestamp?: number;
  readonly UpdateTimestamp?: number;
  readonly Line?: string;
  readonly Status?: string;
}

/** The service's JSON; undefined where the body is anything else. */
export function parseReply(body: string): Reply | undefined {
  try {
    const reply: unknown = JSON.parse(body);
    return typeof reply === "object" && reply !== null && !Array.isArray(reply) ? reply : undefined;
  } catch {
    return undefined;
  }
}

export function invalidReply(operation: string, what: string, problem: string): AlidnsError {
  return new AlidnsError(`${operation} for ${what} got a reply that is not one of Alibaba Cloud DNS: ${problem}`, {
    code: BAD_RESPONSE,
    status: 200,
    remedy: "check oss-cname:alidnsEndpoint, and the proxy if there is one.",
  });
}

export function refusal(
  reply: Reply,
  status: number,
  operation: string,
  what: string,
  maybeDone: boolean,
): AlidnsError {
  const { Code: code = "", Message, RequestId } = reply;
  const request = !RequestId ? "" : `, request ${RequestId}`;
  // A refused signature is explained with the whole request, over many lines.
  const message = !Message ? "" : `: ${Message.split("\n", 1)[0]}`;
  const remedy = alidnsRemedy(code, operation);
  return new AlidnsError(`${operation} for ${what} failed: ${code || "no code"} (HTTP ${status}${request})${message}`, {
    code,
    status,
    maybeDone,
    ...(remedy && { remedy }),
  });
}
