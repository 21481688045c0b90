import { EXPIRES_SOON_DAYS, expiryWarning } from "../../expiry";
import type { Certificate } from "../../pem";
import type { Run } from "../../run";
import { isUnknown } from "../lifecycle";
import type { CertificateInputs } from "./desired";
import { readChainQuietly } from "./desired";

/** A certificate that a domain has, for messages. */
interface PlacedCertificate {
  readonly name: string;
  /** ISO 8601. */
  readonly validTo: string;
}

/** A warning of a declared certificate that expires soon: `check` or, where no chain is declared, OSS knows the date. */
export function expiryWarnings(
  { knownPems, clock }: Pick<Run, "knownPems" | "clock">,
  inputs: Pick<CertificateInputs, "certificate" | "certificateFile" | "expiryWarningDays" | "validTo">,
  placed: PlacedCertificate | undefined,
): string[] {
  const { validTo = placed?.validTo, expiryWarningDays = EXPIRES_SOON_DAYS } = inputs;
  const days = isUnknown(expiryWarningDays) ? EXPIRES_SOON_DAYS : expiryWarningDays;
  const warning = (name = "") => expiryWarning(name, new Date(validTo ?? ""), days, clock.now());
  if (warning() === undefined) return [];
  // A file is read again only for a certificate that is worth a warning.
  const chain = readChainQuietly(inputs, knownPems);
  return [warning(chain ? nameOf(chain) : placed?.name) ?? ""];
}

/** How warnings name a declared chain. */
export function nameOf({ names, commonName }: Pick<Certificate, "names" | "commonName">): string {
  return `for ${names.join(", ") || commonName}`;
}
