import { daysLeft } from "../../provider/expiry";
import { type BoundDomain, queryCnames, type Run } from "../../provider/internal";
import type { DeclaredBucket } from "./declaredBuckets";

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
  run: Run,
  buckets: readonly DeclaredBucket[],
  limits: Limits,
  onListed: () => void = () => {},
): Promise<Fleet> {
  const now = run.clock.now();
  const domains: FleetDomain[] = [];
  const failures: { bucket: string; reason: string }[] = [];
  await Promise.all(
    buckets.map(async ({ account, ...location }) => {
      const { bucket } = location;
      try {
        if (account !== undefined)
          throw new Error(`it belongs to account ${account}: give --bucket and an access key of that account`);
        const { cnames } = await queryCnames(run, location);
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
