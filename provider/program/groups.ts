import type {
  CustomDomainsArgs,
  CustomDomainsCertificateArgs,
  CustomDomainsEntry,
} from "../resources/customDomains/resource";
import type { ConfiguredDomain } from "./configuration";

/** Domains that can be one `CustomDomains`, and what they have in common. */
export interface Group extends Pick<ConfiguredDomain, "account" | "dns" | "retainOnDelete"> {
  /** The name of its resource: `domains`, `domains-intl`, `domains-manual-retained`. */
  readonly name: string;
  readonly args: Omit<CustomDomainsArgs, "dns">;
}

/**
 * Puts domains together by account, DNS, resource options and whether they have a certificate: what a `CustomDomains`
 * has for all of its domains. Where all of a group say something, the default or else what most of them say is said once.
 */
export function groupsOf(domains: readonly ConfiguredDomain[], defaults: object): Group[] {
  const groups = new Map<string, ConfiguredDomain[]>();
  for (const domain of domains) {
    const { account, dns, retainOnDelete = false, certificate } = domain;
    const key = JSON.stringify([account ?? "", dns, retainOnDelete, certificate !== undefined]);
    const members = groups.get(key) ?? [];
    members.push(domain);
    groups.set(key, members);
  }
  const names = new Set<string>();
  return [...groups]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, members]) => {
      const [{ account, dns, retainOnDelete }] = members as [ConfiguredDomain];
      const name = unused(nameOf(members[0] as ConfiguredDomain), names);
      const options = { ...(retainOnDelete && { retainOnDelete }) };
      return { name, ...(account !== undefined && { account }), dns, ...options, args: argsOf(members, defaults) };
    });
}

/** Says what the group is, whatever other groups there are: a name that changes makes a resource that is replaced. */
function nameOf({ account, dns, certificate, retainOnDelete }: ConfiguredDomain): string {
  const parts = [
    "domains",
    account,
    ...(typeof dns === "string" ? [dns === "alidns" ? undefined : dns] : zoneParts(dns.alidns)),
    certificate === undefined ? "http" : undefined,
    retainOnDelete ? "retained" : undefined,
  ];
  return parts.filter((part) => part !== undefined).join("-");
}

function zoneParts({ zone, ttl, account }: { zone?: string; ttl?: number; account?: string }): (string | undefined)[] {
  return [zone, ttl === undefined ? undefined : `ttl${ttl}`, account === undefined ? undefined : `dns-${account}`];
}

/** An account may be called as another group is. */
function unused(name: string, names: Set<string>): string {
  let free = name;
  for (let number = 2; names.has(free); number++) free = `${name}-${number}`;
  names.add(free);
  return free;
}

/** What all domains of a CustomDomains may have in common. */
const SHARED = ["bucket", "certificate", "region", "endpoint", "verification", "dnsTimeoutSeconds"] as const;

function argsOf(members: readonly ConfiguredDomain[], defaults: object): Group["args"] {
  const shared: Record<string, unknown> = {};
  for (const key of SHARED) {
    const values = members.map((member) => member[key]);
    if (!values.includes(undefined)) shared[key] = mostCommon(values, (defaults as Record<string, unknown>)[key]);
  }
  const entries = members.map(({ domain, account, dns, retainOnDelete, ...options }) => {
    const own = Object.entries(options).filter(([key, value]) => !isSame(value, shared[key]));
    return [domain, Object.fromEntries(own) as CustomDomainsEntry] as const;
  });
  return {
    ...(shared as { bucket: string; certificate?: CustomDomainsCertificateArgs }),
    domains: Object.fromEntries(entries),
  };
}

/** The preferred one if it is among them. Of equally common ones always the same. */
function mostCommon(values: readonly unknown[], preferred: unknown): unknown {
  const counts = new Map<string, number>();
  for (const value of values.map((each) => JSON.stringify(each))) counts.set(value, (counts.get(value) ?? 0) + 1);
  const first = JSON.stringify(preferred);
  const [most = ""] = [...counts.keys()].sort(
    (one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0) || (one < other ? -1 : 1),
  );
  return JSON.parse(counts.has(first) ? first : most);
}

function isSame(one: unknown, other: unknown): boolean {
  return other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
