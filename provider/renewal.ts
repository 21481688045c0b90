/** When `pulumi up` renews a certificate by itself. */
export interface Renewal {
  /** ISO 8601. */
  readonly at: string;
  /** Why the last attempt failed; `null` where none has. */
  readonly problem: string | null;
}

/** The renewals of the certificates that an AcmeCertificate has issued, by CertId. */
export type Renewals = ReadonlyMap<string, Renewal>;

/** Whether a certificate can be left alone: its renewal is to come, or the next daily `up` will see to it. */
export function isInTime({ at, problem }: Renewal, validTo: string, now: number): boolean {
  const due = Date.parse(at);
  const grace = Math.min(GRACE_MS, (Date.parse(validTo) - due) / 2);
  return problem === null && now < due + grace;
}

/** For an `up` that runs once a day, and not always at the same hour, or fails once. */
const GRACE_MS = 2 * 24 * 60 * 60 * 1000;
