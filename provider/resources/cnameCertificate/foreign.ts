import { ActionableError, factsOf } from "../../actionableError";
import type { Bucket } from "../../bucket";
import type { CertificateInfo } from "../../oss/xml";
import type { Run } from "../../run";
import type { CertificateInputs, DesiredCertificate } from "./desired";
import { NO_CERTIFICATE, readDesired } from "./desired";
import type { RecordedCertificate } from "./match";
import { isForeign } from "./match";

/** A certificate that a domain is to have, and what the state has on record. */
export interface Claim {
  readonly run: Run;
  readonly bucket: Bucket;
  readonly inputs: CertificateInputs;
  readonly desired: DesiredCertificate;
  /** Absent on create. */
  readonly olds: RecordedCertificate | undefined;
}

/**
 * Whether somebody else put a certificate on the domain: it is neither desired nor recorded, and is replaced only by
 * force.
 */
export function needsForce({ run, inputs, desired, olds }: Claim, listed: CertificateInfo): boolean {
  if (inputs.force || listed.certId === olds?.certId) return false;
  if (olds === undefined && run.knownCertificates.isDomainInState(inputs.domain)) return false;
  return isForeign(listed, desired, olds);
}

/** `before` has the facts of the attempt that met the certificate. */
export function foreignError({ inputs, desired, olds }: Claim, listed: CertificateInfo, before = ""): ActionableError {
  const wanted = desired.certId ?? `SHA-1 ${desired.pair.read.fingerprint}`;
  const recorded = olds?.certId ? `Recorded: ${olds.certId}, SHA-1 ${olds.fingerprint || "unknown"}. ` : "";
  return new ActionableError(
    `${before && `${before} `}${inputs.domain} has a certificate that is neither recorded nor declared: ${listed.certId}, ` +
      `SHA-1 ${listed.fingerprint || "unknown"}, expires ${listed.validEndDate || "unknown"}. ${recorded}Declared: ${wanted}. ` +
      "Nothing was changed.",
    olds === undefined
      ? `declare certId ${listed.certId} to keep it, or set force to replace it. If only the resource's name is new, the option aliases with the old name says so`
      : "run `pulumi refresh` and then `pulumi up` to overwrite it knowingly, or set force",
  );
}

/**
 * Looks, for a preview, whether somebody else's certificate is in the way. Where it cannot look, it only says so: `create`
 * and `update` look again, with credentials and permissions that a preview need not have.
 */
export async function findForeign(
  run: Run,
  inputs: CertificateInputs,
  olds?: RecordedCertificate,
): Promise<ActionableError | undefined> {
  if (inputs.force || inputs.certId === NO_CERTIFICATE) return undefined;
  const { domain } = inputs;
  try {
    const bucket = run.bucket(inputs);
    // Files are read only where there is a certificate to compare with.
    const claim = () => ({ run, bucket, inputs, desired: readDesired(inputs, run.knownPems), olds });
    const isInTheWay = (listed: CertificateInfo | undefined) => listed !== undefined && needsForce(claim(), listed);
    const found = await bucket.binding(domain, {
      looks: 2,
      until: (entry) => !isInTheWay(entry?.certificate),
      bucketMayBeGone: true,
    });
    const listed = found?.certificate;
    return listed !== undefined && isInTheWay(listed) ? foreignError(claim(), listed) : undefined;
  } catch (error) {
    await run.notices.say(`whether ${domain} has another certificate already is not known: ${factsOf(error)}`);
    return undefined;
  }
}
