import { AlidnsError, BAD_RESPONSE } from "./error";

/** A reply of the service. */
export interface Reply {
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

export function invalidReply(operation: string, what: string, problem: string): AlidnsError {
  return new AlidnsError(`${operation} for ${what} got a reply that is not one of Alibaba Cloud DNS: ${problem}`, {
    code: BAD_RESPONSE,
    status: 200,
    remedy: "check oss-cname:alidnsEndpoint, and the proxy if there is one.",
  });
}
