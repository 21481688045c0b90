import { daysLeft } from "../../provider/expiry";
import { type BoundDomain, queryCnames, type Run } from "../../provider/internal";

/** A bound domain and the expiry of its certificate. */
export interface FleetDomain {
  readonly domain: string;
  readonly bucket: string;
  readonly status: string;
  readonly certId: string | null;
  /** ISO 8601, or what OSS wrote if that is not a date. */
  readonly validTo: string | null;
  readonly daysLeft: number | null;
  /** `none`: without a certificate. `unknown`: its expiry could not be read. */
  readonly state: "expired" | "critical" | "near" | "fine" | "none" | "unknown";
}

/** All domains of some buckets. */
export interface Fleet {
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly nearDays: number;
  readonly criticalDays: number;
  /** Those that expire first come first, those without a certificate last. */
  readonly domains: readonly FleetDomain[];
  /** Buckets that could not be listed. */
  readonly failures: readonly { readonly bucket: string; readonly reason: string }[];
}

/** Fewer days left than these make a certificate near its expiry, or critical. */
export interface Limits {
  readonly nearDays: number;
  readonly criticalDays: number;
}

/** Lists all buckets at once. A bucket that cannot be listed is reported among the failures. */
export async function readFleet(
  buckets: readonly { readonly run: Run; readonly bucket: string }[],
  limits: Limits,
  /** Milliseconds since 1970. */
  now: number,
  onListed: () => void = () => {},
): Promise<Fleet> {
  const domains: FleetDomain[] = [];
  const failures: { bucket: string; reason: string }[] = [];
  await Promise.all(
    buckets.map(async ({ run, bucket }) => {
      try {
        const { cnames } = await queryCnames(run, { bucket });
        domains.push(...cnames.map((cname) => fleetDomain(bucket, cname, now, limits)));
      } catch (error) {
        failures.push({ bucket, reason: (error as Error).message });
      }
      onListed();
    }),
  );
  domains.sort(byExpiry);
  failures.sort((one, other) => (one.bucket < other.bucket ? -1 : 1));
  return { generatedAt: new Date(now).toISOString(), ...limits, domains, failures };
}

function fleetDomain(
  bucket: string,
  { domain, status, certificate }: BoundDomain,
  now: number,
  limits: Limits,
): FleetDomain {
  if (certificate === undefined)
    return { domain, bucket, status, certId: null, validTo: null, daysLeft: null, state: "none" };
  const { certId, validTo } = certificate;
  const days = daysLeft(validTo, now) ?? null;
  return { domain, bucket, status, certId, validTo, daysLeft: days, state: stateOf(days, limits) };
}

function stateOf(days: number | null, { nearDays, criticalDays }: Limits): FleetDomain["state"] {
  if (days === null) return "unknown";
  if (days < 0) return "expired";
  return days < criticalDays ? "critical" : days < nearDays ? "near" : "fine";
}

function byExpiry(one: FleetDomain, other: FleetDomain): number {
  const days = ({ daysLeft: left }: FleetDomain) => left ?? Number.MAX_SAFE_INTEGER;
  return days(one) - days(other) || (one.domain < other.domain ? -1 : 1);
}
