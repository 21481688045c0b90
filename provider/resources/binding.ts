import { foldName } from "../dns/query";
import { bucketProblem, endpointProblem, regionProblem } from "../oss/endpoint";
import type { CheckFailure } from "./lifecycle";
import { isChanged, isUnknown } from "./lifecycle";

/** Suffixes that OSS keeps for itself (EC 0018-00000401). */
const RESERVED_SUFFIXES = ["aliyuncs.com", "aliyun.com", "aliyun-inc.com", "taobaocdn.com", "taobao.com"];

/** Why OSS would not bind a (normalised) domain, or `undefined`. */
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
  const reserved = RESERVED_SUFFIXES.find((suffix) => domain === suffix || domain.endsWith(`.${suffix}`));
  if (reserved !== undefined) return `${shown} lies under ${reserved}, which Alibaba Cloud keeps for itself`;
  return undefined;
}

/** The name of the TXT record that proves ownership of a domain. */
export function txtRecordName(domain: string): string {
  return `_dnsauth.${domain}`;
}

/** Inputs that every resource of a binding has. */
export interface BindingInputs {
  readonly bucket: string;
  readonly domain: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/** The part of any inputs or outputs that says which binding is meant. */
export function bindingOf({ bucket, domain, region, endpoint }: BindingInputs): BindingInputs {
  return { bucket, domain, ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) };
}

/** What new inputs change of a binding: another domain is another binding, another bucket or place is changed in place. */
export function diffBinding(olds: BindingInputs, news: BindingInputs): { changes: boolean; replaces: string[] } {
  const changes = (["domain", "bucket", "region", "endpoint"] as const).filter((key) =>
    isChanged(olds[key], news[key]),
  );
  // A domain that is not known yet may well turn out to be the same.
  return { changes: changes.length > 0, replaces: changes.filter((key) => key === "domain" && !isUnknown(news[key])) };
}

/** Normalises the domain and collects what is wrong with bucket and domain. Values that are not known yet pass. */
export function checkBinding<Inputs extends BindingInputs>(news: Inputs): { inputs: Inputs; failures: CheckFailure[] } {
  const failures: CheckFailure[] = [];
  let domain = news.domain;
  if (!isUnknown(news.domain)) {
    if (typeof news.domain !== "string") failures.push({ property: "domain", reason: "domain is missing" });
    else {
      domain = foldName(news.domain);
      const reason = domainProblem(domain);
      if (reason !== undefined) failures.push({ property: "domain", reason });
    }
  }
  if (!isUnknown(news.bucket)) {
    const reason = typeof news.bucket === "string" ? bucketProblem(news.bucket) : "bucket is missing";
    if (reason !== undefined) failures.push({ property: "bucket", reason });
  }
  for (const [property, problemOf] of [
    ["region", regionProblem],
    ["endpoint", endpointProblem],
  ] as const) {
    const value = news[property];
    const reason = value === undefined || isUnknown(value) ? undefined : problemOf(value);
    if (reason !== undefined) failures.push({ property, reason });
  }
  return { inputs: domain === undefined ? news : { ...news, domain }, failures };
}
