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

/** A warning of a declared certificate that expires soon. Where no chain is declared, OSS knows the date. */
export function expiryWarnings(
  { knownPems, clock }: Pick<Run, "knownPems" | "clock">,
  inputs: Pick<CertificateInputs, "certificate" | "certificateFile" | "expiryWarningDays">,
  placed: PlacedCertificate | undefined,
): string[] {
  const chain = readChainQuietly(inputs, knownPems);
  const [name, validTo] = chain ? [nameOf(chain), chain.validTo] : [placed?.name, new Date(placed?.validTo ?? "")];
  const { expiryWarningDays: days = EXPIRES_SOON_DAYS } = inputs;
  const warning = expiryWarning(name ?? "", validTo, isUnknown(days) ? EXPIRES_SOON_DAYS : days, clock.now());
  return warning === undefined ? [] : [warning];
}

/** How warnings name a declared chain. */
export function nameOf({ names, commonName }: Pick<Certificate, "names" | "commonName">): string {
  return `for ${names.join(", ") || commonName}`;
}
