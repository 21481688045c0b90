import { ActionableError } from "../../actionableError";
import { attemptsAt, isOutcomeUnknown } from "../../oss/error";
import type { CertificateConfiguration, CertificateInfo, CnameInfo } from "../../oss/xml";
import type { Run } from "../../run";
import type { BindingInputs } from "../binding";
import type { CertificateInputs } from "./desired";
import { digestOf, NO_CERTIFICATE, readDesired } from "./desired";
import type { Claim } from "./foreign";
import { foreignError, needsForce } from "./foreign";
import type { RecordedCertificate } from "./match";
import { matchesDesired } from "./match";
import { mayBeConflict, putDesired } from "./put";

/** A certificate that is on a domain as it was desired. */
export interface EnsuredCertificate {
  readonly listed: CertificateInfo;
  /** Empty for a CertId. */
  readonly chainDigest: string;
}

/** The binding with its certificate; where that is not the recorded one, only a second list is believed. */
export function findCertificate(run: Run, binding: BindingInputs, recordedId: string): Promise<CnameInfo | undefined> {
  return run.bucket(binding).binding(binding.domain, {
    looks: 2,
    until: (found) => found !== undefined && (recordedId === "" || found.certificate?.certId === recordedId),
    bucketMayBeGone: true,
  });
}

/** Makes sure that the domain has the desired certificate; `undefined` while its binding or the certificate is pending. */
export async function ensureCertificate(
  run: Run,
  inputs: CertificateInputs,
  olds?: RecordedCertificate,
): Promise<EnsuredCertificate | undefined> {
  const { domain } = inputs;
  if (inputs.certId === NO_CERTIFICATE) return undefined;
  const bucket = run.bucket(inputs);
  const desired = readDesired(inputs, run.knownPems);
  if (olds !== undefined) run.knownCertificates.noteChain(olds);
  const isDesired = (listed: CertificateInfo | undefined) =>
    matchesDesired(listed, desired, olds, (certId) => run.knownCertificates.chainOf(certId));
  // With the bucket changed, the certificate on record was on another binding.
  const recorded = olds !== undefined && olds.bucket === inputs.bucket && olds.status !== "Pending" ? olds : undefined;
  if (run.pendingBindings.has(`${bucket.name}/${domain}`) && (await bucket.binding(domain)) === undefined)
    return undefined;
  const found = await bucket.binding(domain, {
    looks: 2,
    until: (entry) =>
      entry !== undefined &&
      (recorded === undefined || (entry.certificate?.certId ?? "") === recorded.certId || isDesired(entry.certificate)),
  });
  if (found === undefined)
    throw new ActionableError(
      `${domain} is not bound to bucket ${bucket.name}, so it cannot have a certificate.`,
      "declare a BucketCname for it and let this resource depend on it",
    );
  const chainDigest = digestOf(desired);
  const { certificate } = found;
  const claim: Claim = { run, bucket, inputs, desired, olds };
  if (certificate !== undefined && isDesired(certificate))
    return { listed: await details(claim, found, certificate.certId), chainDigest };
  if (certificate !== undefined && needsForce(claim, certificate)) throw foreignError(claim, certificate);
  const listed = await details(claim, found, await putDesired(claim, found));
  bucket.putConfirmed({ ...found, certificate: listed });
  return { listed, chainDigest };
}

/**
 * Takes a certificate off a domain, which stays bound. One that is gone already counts as removed; a certificate that
 * is not the given one stays.
 */
export async function removeCertificate(run: Run, binding: BindingInputs, certId: string): Promise<void> {
  const { domain } = binding;
  const bucket = run.bucket(binding);
  let found = await findCertificate(run, binding, certId);
  // Somebody may put another there after our look.
  let guard: CertificateConfiguration = { previousCertId: certId };
  for (let attempt = 1; ; attempt++) {
    if (found?.certificate === undefined) return;
    if (found.certificate.certId !== certId)
      return run.notices.say(
        `${domain} has certificate ${found.certificate.certId} now, which is not the one on record; it stays`,
      );
    try {
      await bucket.putCertificate(domain, { deleteCertificate: true, ...guard });
      break;
    } catch (error) {
      if (attempt >= attemptsAt(error) || !(mayBeConflict(error) || isOutcomeUnknown(error))) throw error;
      // Where the certificate is still the same, the service may not take the two together.
      if (mayBeConflict(error)) guard = {};
      found = await bucket.binding(domain, { fresh: true });
    }
  }
  if ((await bucket.binding(domain, { fresh: true })) !== undefined) return;
  const text = `Taking certificate ${certId} off ${domain} ended its binding to bucket ${bucket.name} as well: OSS does not list it any more`;
  if (!run.declared.bindings.has(domain)) return run.notices.say(text);
  throw new ActionableError(text, "run `pulumi refresh`, then `pulumi up`, to bind it again");
}

/** What is known of a certificate on the domain: of a pair by itself, of a CertId only from lists that show it. */
async function details(
  { bucket, inputs, desired: { pair } }: Claim,
  found: CnameInfo,
  certId: string,
): Promise<CertificateInfo> {
  const hasIt = (entry: CnameInfo | undefined) => entry?.certificate?.certId === certId;
  const showsAll = (entry: CnameInfo | undefined) => hasIt(entry) && entry?.certificate?.validEndDate !== "";
  let entry: CnameInfo | undefined = found;
  if (pair === undefined)
    entry =
      [found, ...(await bucket.bindings()).values()].find(showsAll) ??
      (await bucket.binding(inputs.domain, { fresh: true, looks: 3, until: hasIt }));
  const listed = hasIt(entry) ? entry?.certificate : undefined;
  return {
    ...(listed ?? { ...NOTHING_LISTED, certId }),
    ...(pair && {
      fingerprint: pair.read.fingerprint,
      validStartDate: pair.read.validFrom.toISOString(),
      validEndDate: pair.read.validTo.toISOString(),
    }),
  };
}

const NOTHING_LISTED = {
  type: "CAS",
  status: "Enabled",
  creationDate: "",
  fingerprint: "",
  validStartDate: "",
  validEndDate: "",
};
