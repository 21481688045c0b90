import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { daysLeft } from "../provider/expiry";
import { queryCnames } from "../provider/queries/query";
import type { Run } from "../provider/run";

/** A bound domain and how long its certificate lasts. */
export interface FleetDomain {
  readonly domain: string;
  readonly bucket: string;
  readonly status: string;
  readonly certId: string | null;
  /** ISO 8601; as the service wrote it where that is no date. */
  readonly validTo: string | null;
  readonly daysLeft: number | null;
  /** `none` is without a certificate, `unknown` with one whose end cannot be read. */
  readonly state: "ended" | "critical" | "near" | "fine" | "none" | "unknown";
}

export interface Fleet {
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly nearDays: number;
  readonly criticalDays: number;
  /** The next to end first, those without a certificate last. */
  readonly domains: readonly FleetDomain[];
  /** What could not be asked. */
  readonly failures: readonly { readonly bucket: string; readonly reason: string }[];
}

export interface Place {
  readonly bucket: string;
  readonly region?: string;
  readonly endpoint?: string;
  /** Of somebody whose access key is not at hand. */
  readonly account?: string;
}

export interface Limits {
  readonly nearDays: number;
  readonly criticalDays: number;
}

/** Lists all buckets at once. What fails is part of the answer. */
export async function fleetOf(run: Run, places: readonly Place[], limits: Limits, listed: () => void): Promise<Fleet> {
  const now = Date.now();
  const domains: FleetDomain[] = [];
  const failures: { bucket: string; reason: string }[] = [];
  await Promise.all(
    places.map(async ({ account, ...place }) => {
      const { bucket } = place;
      try {
        if (account !== undefined)
          throw new Error(`It is of account ${account}: ask for it by --bucket, with the access key of that account`);
        for (const { domain, status, certificate } of (await queryCnames(run, place)).cnames) {
          const days = daysLeft(certificate?.validTo, now) ?? null;
          domains.push({
            domain,
            bucket,
            status,
            certId: certificate?.certId ?? null,
            validTo: certificate?.validTo ?? null,
            daysLeft: days,
            state: certificate === undefined ? "none" : stateOf(days, limits),
          });
        }
      } catch (error) {
        failures.push({ bucket, reason: (error as Error).message });
      }
      listed();
    }),
  );
  const last = Number.POSITIVE_INFINITY;
  domains.sort(
    (one, other) => (one.daysLeft ?? last) - (other.daysLeft ?? last) || Number(one.domain > other.domain) || -1,
  );
  failures.sort((one, other) => (one.bucket < other.bucket ? -1 : 1));
  return { generatedAt: new Date(now).toISOString(), ...limits, domains, failures };
}

function stateOf(days: number | null, { nearDays, criticalDays }: Limits): FleetDomain["state"] {
  if (days === null) return "unknown";
  if (days < 0) return "ended";
  return days < criticalDays ? "critical" : days < nearDays ? "near" : "fine";
}

/** The stack configurations of a directory. */
export function stackFiles(directory: string): string[] {
  return readdirSync(directory).filter((name) => /^Pulumi\..+\.ya?ml$/.test(name));
}

/** The buckets that a stack's configuration declares domains of. */
export function declaredPlaces(file: string): Place[] {
  const { config = {} } = (parse(readFileSync(file, "utf8")) ?? {}) as { config?: Record<string, unknown> };
  const declared = config["oss-cname:domains"];
  if (!Array.isArray(declared)) return [];
  const stack = { region: config["alicloud:region"], endpoint: config["oss-cname:endpoint"] };
  const keys = ["bucket", "region", "endpoint", "account"] as const;
  const places = declared.map((entry) => {
    const whole: Record<string, unknown> = { ...stack, ...(config["oss-cname:defaults"] as object), ...entry };
    return Object.fromEntries(keys.flatMap((key) => (typeof whole[key] === "string" ? [[key, whole[key]]] : [])));
  });
  return places.filter((place): place is Record<string, string> & Place => place.bucket !== undefined);
}
