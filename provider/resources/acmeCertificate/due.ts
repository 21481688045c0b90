import { NO_CERTIFICATE } from "../cnameCertificate/desired";
import type { Inputs } from "./declared";

/** A certificate in the state. Dates in ISO 8601; empty without a certificate. */
export interface RecordedCertificate {
  readonly directory: string;
  readonly profile?: string | undefined;
  readonly keyType: string;
  /** `pending` without a certificate. */
  readonly certId: string;
  readonly covers: string[];
  readonly status: "Issued" | "Pending";
  readonly pendingReason: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly fingerprint: string;
  readonly chainDigest: string;
  readonly renewalId: string;
  readonly renewAt: string;
  readonly renewalProblem: string;
  readonly superseded: string[];
}

/** A window that the CA recommends, and the moment in it that is this certificate's. */
export interface Recommendation {
  readonly at: Date;
  readonly explanationUrl?: string | undefined;
}

/** Why a certificate is ordered, for a person to read. `isRenewal`: the one on record serves as well until it ends. */
export interface Reason {
  readonly isRenewal: boolean;
  readonly text: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Why the certificate on record does not do, or `undefined`. What is only taken away from the names, and how they are
 * proven, is no reason.
 */
export function changeOf(recorded: RecordedCertificate, inputs: Inputs): Reason | undefined {
  const missing = inputs.names.filter((name) => !recorded.covers.includes(name));
  const texts = [
    recorded.certId === NO_CERTIFICATE
      ? "there is none yet"
      : missing.length > 0 && `it does not cover ${listed(missing)}`,
    recorded.directory !== inputs.directory && `another CA: ${inputs.directory}`,
    recorded.profile !== inputs.profile && `another profile: ${inputs.profile ?? "the CA's own"}`,
    recorded.keyType !== inputs.keyType && `another type of key: ${inputs.keyType}`,
  ].filter((text) => typeof text === "string");
  return texts.length === 0 ? undefined : { isRenewal: false, text: texts.join(", ") };
}

/** Why the certificate on record is to be renewed now, or `undefined`. */
export function renewalOf(
  recorded: RecordedCertificate,
  { renewBefore }: Pick<Inputs, "renewBefore">,
  recommended: Recommendation | undefined,
  now: number,
): Reason | undefined {
  const { at, why } = renewal(recorded, renewBefore, recommended);
  if (now < at.getTime()) return undefined;
  const [from, to] = [Date.parse(recorded.validFrom), Date.parse(recorded.validTo)];
  const left = `${days(to - now)} of ${days(to - from)} days left`;
  return { isRenewal: true, text: `due since ${at.toISOString()}, ${why}; ${left}` };
}

/** When the certificate is to be renewed, and who says so. The same in every process. */
export function renewal(
  { validFrom, validTo }: Pick<RecordedCertificate, "validFrom" | "validTo">,
  renewBefore: number | undefined,
  recommended: Recommendation | undefined,
): { readonly at: Date; readonly why: string } {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const life = to - from;
  // Otherwise the new certificate would be due at once, and in every `up` after that.
  const before = renewBefore === undefined ? undefined : Math.min(renewBefore * DAY_MS, (2 / 3) * life);
  if (before !== undefined) return { at: new Date(to - before), why: `${renewBefore} days before its end` };
  if (recommended !== undefined) {
    const { at, explanationUrl } = recommended;
    return { at, why: `as the CA recommends${explanationUrl === undefined ? "" : ` (${explanationUrl})`}` };
  }
  const isShort = life <= 10 * DAY_MS;
  return { at: new Date(to - life / (isShort ? 2 : 3)), why: `with ${isShort ? "half" : "a third"} of its life left` };
}

function days(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / DAY_MS));
}

/** `a, b, c and 7 more` */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
