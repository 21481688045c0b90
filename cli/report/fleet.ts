import { daysLeft } from "../../provider/expiry";
import { type BoundDomain, queryCnames, type Renewal, type Renewals, type Run } from "../../provider/internal";
import { isInTime } from "../../provider/renewal";

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
  /** When the certificate renews itself; `null` where no state says that it does. */
  readonly renewal: Renewal | null;
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

/**
 * Fewer days left than these make a certificate near its expiry, or critical. One that renews itself is fine until its
 * renewal fails or is overdue, and near its expiry then, however many days are left.
 */
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
  renewals: Renewals = new Map(),
  onListed: () => void = () => {},
): Promise<Fleet> {
  const domains: FleetDomain[] = [];
  const failures: { bucket: string; reason: string }[] = [];
  await Promise.all(
    buckets.map(async ({ run, bucket }) => {
      try {
        const { cnames } = await queryCnames(run, { bucket });
        domains.push(...cnames.map((cname) => fleetDomain(bucket, cname, now, limits, renewals)));
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
  renewals: Renewals,
): FleetDomain {
  const bound = { domain, bucket, status };
  if (certificate === undefined)
    return { ...bound, certId: null, validTo: null, daysLeft: null, renewal: null, state: "none" };
  const { certId, validTo } = certificate;
  const days = daysLeft(validTo, now) ?? null;
  const renewal = renewals.get(certId) ?? null;
  const state = stateOf(days, limits, renewal && isInTime(renewal, validTo, now));
  return { ...bound, certId, validTo, daysLeft: days, renewal, state };
}

/** `inTime`: whether it renews itself in time; `null` where it does not renew itself. */
function stateOf(
  days: number | null,
  { nearDays, criticalDays }: Limits,
  inTime: boolean | null,
): FleetDomain["state"] {
  if (days === null) return "unknown";
  if (days < 0) return "expired";
  if (inTime) return "fine";
  return days < criticalDays ? "critical" : days < nearDays || inTime === false ? "near" : "fine";
}

function byExpiry(one: FleetDomain, other: FleetDomain): number {
  const days = ({ daysLeft: left }: FleetDomain) => left ?? Number.MAX_SAFE_INTEGER;
  return days(one) - days(other) || (one.domain < other.domain ? -1 : 1);
}
