import { rrOf } from "../../alidns/client";
import { isWithin, RECORD_TTL_SECONDS, txtRecordName } from "../../names";
import { isChanged } from "../lifecycle";
import type { Parts } from "./domain";

/**
 * How the parts of many domains are kept in one state.
 *
 * Most domains are alike, and every operation reads and writes all of them. So what they share is kept once, and a
 * domain keeps only the fields in which its parts differ from the usual. A part that differs in its main field alone, or
 * not at all, is that field: `binding: "Enabled"`.
 */
export interface RecordedDomains {
  /** Bucket of the domains that name no other. */
  readonly bucket: string;
  /** Where the buckets are that domains are bound to, and where CNAME records lead, by name. */
  readonly buckets: Readonly<Record<string, Fields>>;
  /** The certificates that domains have, by CertId. */
  readonly certificates: Readonly<Record<string, Fields>>;
  /** The zones that hold records. */
  readonly zones: readonly string[];
  readonly bindings: Readonly<Record<string, RecordedDomain>>;
}

type Fields = Readonly<Record<string, unknown>>;

type RecordedDomain = {
  readonly bucket?: string;
} & { readonly [Key in keyof Parts]?: string | Fields };

/** The field by which each part is known, in the order in which they need each other. */
const MAIN_FIELDS = {
  binding: "status",
  token: "token",
  txt: "recordId",
  certificate: "certId",
  cname: "recordId",
  manual: "missing",
} as const satisfies Record<keyof Parts, string>;
const KEYS = Object.keys(MAIN_FIELDS) as (keyof Parts)[];

export function packDomains(bucket: string, domains: ReadonlyMap<string, Parts>): RecordedDomains {
  const buckets: Record<string, Fields> = {};
  const certificates: Record<string, Fields> = {};
  const zones = new Set<string>();
  for (const { token, binding, certificate, txt, cname } of domains.values()) {
    const { bucket: at, region, endpoint, cnameTarget = "" } = { ...token, ...binding };
    if (at !== undefined) buckets[at] ??= { ...(region && { region }), ...(endpoint && { endpoint }), cnameTarget };
    if (certificate?.certId) {
      const { chainDigest, fingerprint, validFrom, validTo } = certificate;
      certificates[certificate.certId] ??= { chainDigest, fingerprint, validFrom, validTo };
    }
    for (const record of [txt, cname]) if (record !== undefined) zones.add(record.zone);
  }
  const shared = { bucket, buckets, certificates, zones: [...zones].sort() };
  const bindings = [...domains].map(([domain, parts]) => {
    const at = { ...parts.token, ...parts.binding }.bucket;
    const packed = KEYS.flatMap((key): [string, unknown][] => {
      const part: Fields | undefined = parts[key] && { ...parts[key] };
      if (part === undefined) return [];
      const main = MAIN_FIELDS[key];
      return [[key, pack(part, usual(key, part[main], { domain, bucket: at, parts, shared }), main)]];
    });
    return [
      domain,
      { ...(at !== undefined && at !== bucket && { bucket: at }), ...Object.fromEntries(packed) },
    ] as const;
  });
  return { ...shared, bindings: Object.fromEntries(bindings) };
}

export function unpackDomains(recorded: RecordedDomains): Map<string, Parts> {
  return new Map(
    Object.entries(recorded.bindings).map(([domain, { bucket = recorded.bucket, ...packed }]) => {
      const parts: Record<string, Fields> = {};
      for (const key of KEYS) {
        const part = packed[key];
        if (part === undefined) continue;
        const main = MAIN_FIELDS[key];
        const fields = typeof part === "string" ? { [main]: part } : part;
        const whole = { ...usual(key, fields[main], { domain, bucket, parts, shared: recorded }), ...fields };
        parts[key] = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== null));
      }
      return [domain, parts as Parts];
    }),
  );
}

interface Context {
  readonly domain: string;
  readonly bucket: string | undefined;
  /** Those before this one. */
  readonly parts: Parts;
  readonly shared: Omit<RecordedDomains, "bindings">;
}

/** What a part most likely is, given its main field. */
function usual(key: keyof Parts, main: unknown, { domain, bucket = "", parts, shared }: Context): Fields {
  const { cnameTarget = "", ...place } = shared.buckets[bucket] ?? {};
  const binding = { bucket, domain, ...place };
  switch (key) {
    case "binding":
      return { ...binding, status: "Enabled", pendingReason: "", recordState: "", cnameTarget };
    case "token": {
      const txtRecord = { name: txtRecordName(domain), type: "TXT", value: main, ttl: RECORD_TTL_SECONDS };
      return { ...binding, token: "", expireTime: "", bound: true, txtRecord };
    }
    case "certificate":
      return { ...binding, certId: "", ...shared.certificates[String(main)], status: "Enabled" };
    case "txt":
      return record("TXT", txtRecordName(domain), parts.token?.token, shared.zones);
    case "manual":
      return { name: domain, target: parts.binding?.cnameTarget ?? cnameTarget, missing: "" };
    case "cname":
      return record("CNAME", domain, parts.binding?.cnameTarget ?? cnameTarget, shared.zones);
  }
}

function record(type: string, name: string, value: unknown, zones: readonly string[]): Fields {
  const zone = zones.filter((held) => isWithin(name, held)).sort((a, b) => b.length - a.length)[0] ?? "";
  return { name, type, value, ttl: RECORD_TTL_SECONDS, zone, rr: rrOf(name, zone), recordId: "", adopted: false };
}

/** What differs from the usual; `null` stands for a field that is missing. */
function pack(part: Fields, usual: Fields, main: string): string | Fields {
  const fields = [...new Set([...Object.keys(part), ...Object.keys(usual)])];
  const differing = fields.filter((field) => isChanged(usual[field], part[field]));
  const value = part[main];
  if (typeof value === "string" && differing.every((field) => field === main)) return value;
  return Object.fromEntries([...new Set([main, ...differing])].map((field) => [field, part[field] ?? null]));
}
