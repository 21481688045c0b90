import type { Run } from "../run";
import { checkBinding } from "./checks/binding";
import { checkCertificate } from "./checks/certificate";
import { checkClock } from "./checks/clock";
import { checkCnameTarget } from "./checks/cnameTarget";
import { checkCredentials } from "./checks/credentials";
import { checkEndpoint } from "./checks/endpoint";
import { checkExpiry } from "./checks/expiry";
import { checkIcpFiling } from "./checks/icpFiling";
import { checkPermissions } from "./checks/permissions";
import { checkToken } from "./checks/token";
import { checkTxtRecord } from "./checks/txtRecord";
import type { DiagnosisOptions, Evidence } from "./evidence";
import { gatherEvidence } from "./evidence";
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

/** What the evidence says. */
export function judge(evidence: Evidence): Diagnosis {
  const findings = Object.entries(CHECKS).map(([check, verdictOn]) => ({ check, ...verdictOn(evidence) }));
  return { domain: evidence.domain, bucket: evidence.bucket ?? null, findings };
}

/** A check depends on those before it, so that the first thing that is wrong is the first to fix. */
const CHECKS: Readonly<Record<string, (evidence: Evidence) => Verdict>> = {
  credentials: checkCredentials,
  "endpoint and region": checkEndpoint,
  clock: checkClock,
  permissions: checkPermissions,
  token: checkToken,
  "TXT record": checkTxtRecord,
  binding: checkBinding,
  "CNAME target": checkCnameTarget,
  certificate: checkCertificate,
  expiry: checkExpiry,
  "ICP filing": checkIcpFiling,
};
