import type { Run } from "../run";
import { assessBinding } from "./checks/binding";
import { assessCertificate } from "./checks/certificate";
import { assessClock } from "./checks/clock";
import { assessCnameTarget } from "./checks/cnameTarget";
import { assessCredentials } from "./checks/credentials";
import { assessEndpoint } from "./checks/endpoint";
import { assessExpiry } from "./checks/expiry";
import { assessIcpFiling } from "./checks/icpFiling";
import { assessPermissions } from "./checks/permissions";
import { assessToken } from "./checks/token";
import { assessTxtRecord } from "./checks/txtRecord";
import type { DiagnosisOptions, Evidence } from "./evidence";
import { askBucket, gatherEvidence } from "./evidence";
import type { Finding, Verdict } from "./finding";

export interface Diagnosis {
  readonly domain: string;
  readonly bucket: string | null;
  /** One for each check, in the order in which to fix things. */
  readonly findings: readonly Finding[];
}

/** Checks everything that a domain needs to be served. Reads only, and never throws because of what it finds. */
export async function diagnose(run: Run, options: DiagnosisOptions): Promise<Diagnosis> {
  return judge(await gatherEvidence(run, options));
}

/** A bucket, the run to ask for it with, and the domains that it should serve. */
export interface BucketToDiagnose {
  readonly run: Run;
  readonly bucket: string;
  readonly domains: Iterable<string>;
}

/**
 * Diagnoses all domains of some buckets. However many they are, each bucket is listed once, and only so many domains are
 * looked at in DNS and connected to at once.
 */
export async function diagnoseAll(
  buckets: readonly BucketToDiagnose[],
  options: Pick<DiagnosisOptions, "connectTo" | "keySource" | "renewals">,
  onDiagnosed: () => void = () => {},
): Promise<Diagnosis[]> {
  const open = buckets.flatMap(({ run, bucket, domains }) => {
    const known = askBucket(run, { ...options, bucket });
    return [...domains].map((domain) => () => diagnose(run, { ...options, domain, bucket, known }));
  });
  const diagnoses: Diagnosis[] = [];
  const queue = open.values();
  const work = async () => {
    for (const next of queue) {
      diagnoses.push(await next());
      onDiagnosed();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return diagnoses;
}

const AT_ONCE = 20;

/** What the evidence says. */
export function judge(evidence: Evidence): Diagnosis {
  const findings = Object.entries(CHECKS).map(([check, verdictOn]) => ({ check, ...verdictOn(evidence) }));
  return { domain: evidence.domain, bucket: evidence.bucket ?? null, findings };
}

/** A check depends on those before it, so that the first thing that is wrong is the first to fix. */
const CHECKS: Readonly<Record<string, (evidence: Evidence) => Verdict>> = {
  credentials: assessCredentials,
  "endpoint and region": assessEndpoint,
  clock: assessClock,
  permissions: assessPermissions,
  token: assessToken,
  "TXT record": assessTxtRecord,
  binding: assessBinding,
  "CNAME target": assessCnameTarget,
  certificate: assessCertificate,
  expiry: assessExpiry,
  "ICP filing": assessIcpFiling,
};
