/** Domain names as OSS and DNS know them. */

/** A DNS record to create. */
export interface DnsRecord {
  /** Full name without trailing dot. */
  readonly name: string;
  /** `TXT` or `CNAME`. */
  readonly type: RecordType;
  /** Text, or the name that a CNAME points to. */
  readonly value: string;
  /** Seconds. */
  readonly ttl: number;
}

/** Type of a DNS record. */
export type RecordType = "TXT" | "CNAME";

/** Seconds. The least that every edition of Alibaba Cloud DNS takes, and short enough to correct a mistake. */
export const RECORD_TTL_SECONDS = 600;

/** A name as it is compared, and as OSS lists it: lower case, without a trailing dot. */
export function foldName(name: string): string {
  return name.trim().replace(/\.$/, "").toLowerCase();
}

/** Whether a (folded) name is that of a zone or lies below it. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/**
 * The value of a TXT record that proves nothing, because its domain was bound before we met it. `AlidnsRecord` makes no
 * record of it; other DNS hosts take no empty value.
 */
export const NO_PROOF_NEEDED = "already-bound";

/** The name of the TXT record that proves ownership of a domain. */
export function txtRecordName(domain: string): string {
  return `_dnsauth.${domain}`;
}

/** Why OSS would not bind a (folded) domain, or `undefined`. */
export function domainProblem(domain: string): string | undefined {
  const shown = JSON.stringify(domain);
  if (domain === "") return "the domain is empty";
  if (domain.includes("*"))
    return `${shown} is a wildcard: OSS binds exact names only. Declare each name; a wildcard certificate may serve them all`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII, which is the point
  if (/[^\x00-\x7f]/.test(domain))
    return `${shown} has characters outside ASCII, which OSS does not bind; give its xn-- form`;
  if (/[:/?#@\s]/.test(domain)) return `${shown} is not a host name: give it without scheme, port or path`;
  const labels = domain.split(".");
  if (labels.length < 2) return `${shown} is a single label: give the full name, such as www.example.com`;
  if (domain.length > 253) return `${shown} is longer than 253 characters`;
  const bad = labels.find((label) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  if (bad !== undefined)
    return `${shown}: ${bad === "" ? "an empty label" : `label ${JSON.stringify(bad)}`} is not 1 to 63 letters, digits and inner hyphens`;
  if (/^\d+$/.test(labels.at(-1) ?? "")) return `${shown} is an IP address or ends in a number: give a domain`;
  if (domain.length <= 3) return `${shown} is too short: OSS wants more than three characters`;
  const reserved = RESERVED_SUFFIXES.find((suffix) => isWithin(domain, suffix));
  if (reserved !== undefined) return `${shown} lies under ${reserved}, which Alibaba Cloud keeps for itself`;
  return undefined;
}

/** Suffixes that OSS keeps for itself (EC 0018-00000401). */
const RESERVED_SUFFIXES = ["aliyuncs.com", "aliyun.com", "aliyun-inc.com", "taobaocdn.com", "taobao.com"];
