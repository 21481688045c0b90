import { daysLeft, EXPIRES_SOON_DAYS } from "../../expiry";
import type { Evidence } from "../evidence";
import { bindingIn, whyNotListed } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown, wrong } from "../finding";

/** Does the bound certificate last at least another month? */
export function assessExpiry(evidence: Evidence): Verdict {
  const binding = bindingIn(evidence);
  if (binding === undefined) return unknown(whyNotListed(evidence));
  if (binding === null) return unknown("the domain is not bound");
  if (binding.certificate === undefined) return right("no certificate is bound");
  const { validTo } = binding.certificate;
  const days = daysLeft(validTo, evidence.now);
  if (days === undefined) return unknown("OSS did not say when the certificate expires");
  const text = days < 0 ? `expired on ${validTo}` : `expires on ${validTo}, in ${days} day${days === 1 ? "" : "s"}`;
  return days < EXPIRES_SOON_DAYS ? wrong(text, "declare the next certificate and run `pulumi up`") : right(text);
}
