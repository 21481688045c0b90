import type { BoundCertificate } from "../../queries/query";
import type { Evidence } from "../evidence";
import { bindingIn, whyNotListed } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown, wrong } from "../finding";
import type { ServedCertificate } from "../servedCertificate";

/** Is the certificate that is bound the one that is served? */
export function assessCertificate(evidence: Evidence): Verdict {
  const { served } = evidence;
  const binding = bindingIn(evidence);
  if (binding === undefined) return unknown(whyNotListed(evidence));
  if (binding === null) return unknown("the domain is not bound");
  const { certificate } = binding;
  if (certificate === undefined) return right("none is bound: HTTP only. For HTTPS declare `certificate`");
  const bound = `bound: ${certificate.certId}, SHA-1 ${certificate.fingerprint}`;
  if (served instanceof Error) return unknown(`${bound}; served: could not be seen: ${served.message}`);
  if (isSame(certificate, served)) return right(`${bound}; served: the same`);
  return wrong(
    `${bound}; served: SHA-1 ${served.fingerprint}, expires on ${served.validTo.toISOString()}`,
    "wait some minutes if the certificate is new; otherwise check the CNAME target, or the CDN in front of the bucket",
  );
}

/** A masked fingerprint cannot be compared, so the expiry has to do. */
function isSame({ fingerprint, validTo }: BoundCertificate, served: ServedCertificate): boolean {
  return fingerprint.includes("*")
    ? Date.parse(validTo) === served.validTo.getTime()
    : fingerprint.toUpperCase() === served.fingerprint.toUpperCase();
}
