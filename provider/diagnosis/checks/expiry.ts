import { daysLeft, EXPIRES_SOON_DAYS } from "../../expiry";
import type { BoundCertificate } from "../../queries/query";
import type { Renewal } from "../../renewal";
import { isInTime } from "../../renewal";
import type { Evidence } from "../evidence";
import { bindingIn, whyNotListed } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown, wrong } from "../finding";

/** Does the bound certificate last at least another month, or is it renewed in time? */
export function assessExpiry(evidence: Evidence): Verdict {
  const binding = bindingIn(evidence);
  if (binding === undefined) return unknown(whyNotListed(evidence));
  if (binding === null) return unknown("the domain is not bound");
  if (binding.certificate === undefined) return right("no certificate is bound");
  const { certId, validTo } = binding.certificate;
  const days = daysLeft(validTo, evidence.now);
  if (days === undefined) return unknown("OSS did not say when the certificate expires");
  const text = days < 0 ? `expired on ${validTo}` : `expires on ${validTo}, in ${days} day${days === 1 ? "" : "s"}`;
  const renewal = evidence.renewals?.get(certId);
  if (renewal !== undefined && days >= 0) return assessRenewal(renewal, binding.certificate, text, evidence.now);
  return days < EXPIRES_SOON_DAYS
    ? wrong(text, "declare the next certificate, unless it renews itself, and run `pulumi up`")
    : right(text);
}

function assessRenewal(renewal: Renewal, { validTo }: BoundCertificate, text: string, now: number): Verdict {
  if (isInTime(renewal, validTo, now)) return right(`${text}; renews itself on ${renewal.at}`);
  const { at, problem } = renewal;
  if (problem !== null) return wrong(`${text}; ${problem}`, "run `pulumi up` once that is mended");
  return wrong(`${text}; was to be renewed on ${at}`, "run `pulumi up`, once a day from now on");
}
