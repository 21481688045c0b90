import * as pulumi from "@pulumi/pulumi";
import { EXPIRES_SOON_DAYS } from "../../expiry";
import { programState } from "../../programState";
import { readChainQuietly } from "./desired";
import type { CnameCertificateArgs } from "./resource";
import { nameOf } from "./warnings";

/** A certificate that a domain has, for messages. */
interface PlacedCertificate {
  readonly certId: string;
  readonly name: string;
  /** ISO 8601. */
  readonly validTo: string;
}

/**
 * Warns of a declared certificate that expires soon. The program warns, because only here does a warning belong to a
 * resource: as soon as the date is known, in previews too. Where no chain is declared, OSS knows the date.
 */
export function warnOfExpiry(
  resource: pulumi.Resource,
  args: Pick<CnameCertificateArgs, "certificate" | "certificateFile" | "expiryWarningDays">,
  placed: pulumi.Output<PlacedCertificate | undefined>,
): void {
  // The plugin warns by itself, in every language.
  if (programState.flavour === "native") return;
  pulumi
    .all([args.certificate, args.certificateFile, args.expiryWarningDays])
    .apply(([certificate, certificateFile, days = EXPIRES_SOON_DAYS]) => {
      const chain = readChainQuietly({ certificate, certificateFile }, programState.knownPems);
      if (chain !== undefined) {
        return programState.warnOfExpiry(resource, chain.chainDigest, nameOf(chain), chain.validTo, days);
      }
      placed.apply((certificate) => {
        if (certificate === undefined) return;
        const { certId, name, validTo } = certificate;
        programState.warnOfExpiry(resource, certId, name, new Date(validTo), days);
      });
    });
}
