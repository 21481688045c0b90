import { ActionableError, factsOf } from "../../actionableError";
import { attemptsAt, isBusy, isOssError, isOutcomeUnknown } from "../../oss/error";
import type { CertificateConfiguration, CnameInfo } from "../../oss/xml";
import type { Certificate } from "../../pem";
import { digestOf } from "./desired";
import type { Claim } from "./foreign";
import { foreignError, needsForce } from "./foreign";
import { matchesDesired, matchesSent } from "./match";

/**
 * Puts the desired certificate and gives its CertId. A pair is uploaded once, by the first domain; the others wait for
 * it and refer to its CertId.
 */
export async function putDesired(claim: Claim, found: CnameInfo): Promise<string> {
  const { certId, pair } = claim.desired;
  if (pair === undefined) return compareAndSwap(claim, found, { certId });
  const { knownCertificates } = claim.run;
  const { certificate, privateKey, read } = pair;
  const refused: string[] = [];
  for (;;) {
    const uploaded = await findUploaded(claim, read, refused);
    if (uploaded !== undefined) {
      try {
        return await compareAndSwap(claim, found, { certId: uploaded });
      } catch (error) {
        if (!isUnusable(error)) throw error;
        refused.push(uploaded);
      }
      continue;
    }
    const underWay = knownCertificates.uploadOf(read.chainDigest);
    if (underWay === undefined) break;
    await underWay.catch(() => undefined);
  }
  return knownCertificates.upload(read.chainDigest, () => compareAndSwap(claim, found, { certificate, privateKey }));
}

/**
 * The CertId of an equal certificate: one in a state, one uploaded in this run, or one that another domain of the
 * bucket has.
 */
async function findUploaded(claim: Claim, read: Certificate, refused: readonly string[]): Promise<string | undefined> {
  const { run, bucket, desired, olds } = claim;
  const known = () => run.knownCertificates.certIdsOf(read.chainDigest).find((certId) => !refused.includes(certId));
  const knownBefore = known();
  if (knownBefore !== undefined) return knownBefore;
  const chainOf = (certId: string) => run.knownCertificates.chainOf(certId);
  for (const { certificate } of (await bucket.bindings()).values())
    if (
      certificate !== undefined &&
      !refused.includes(certificate.certId) &&
      matchesDesired(certificate, desired, olds, chainOf)
    )
      return certificate.certId;
  // An upload may have ended while the list was under way.
  return known();
}

/**
 * Whether the service may have refused the CertId: its certificate may have been deleted since. Its code for that is
 * not known.
 */
function isUnusable(error: unknown): boolean {
  if (!isOssError(error) || isOutcomeUnknown(error) || isConflict(error)) return false;
  return error.code === "CertificateInvalidCasId" || error.details.status === 400 || error.details.status === 404;
}

/**
 * Replaces the certificate that is expected to be there, and no other. Where the reply does not say what is there now,
 * looks before it writes again. Gives the CertId.
 */
async function compareAndSwap(claim: Claim, found: CnameInfo, body: CertificateConfiguration): Promise<string> {
  const { run, bucket, inputs, desired } = claim;
  let before = found.certificate?.certId;
  for (let attempt = 1; ; attempt++) {
    const guard = inputs.force ? { force: true } : { previousCertId: before };
    let failure: Error | undefined;
    let certId: string | undefined;
    try {
      const answered = await bucket.putCertificate(inputs.domain, { ...body, ...guard });
      certId = body.certId ?? answered;
    } catch (error) {
      if (!isOutcomeUnknown(error) && !mayBeConflict(error)) throw error;
      failure = error as Error;
    }
    let entry: CnameInfo | undefined;
    if (certId === undefined) {
      const until = (listed: CnameInfo | undefined) => listed?.certificate?.certId !== before;
      // A CertId may be put again, where a list is behind: the guard refuses it then, and that is looked into.
      entry =
        body.certId !== undefined && isBusy(failure)
          ? await bucket.afterFailure(inputs.domain, attempt)
          : await bucket.binding(inputs.domain, { fresh: true, looks: 3, until });
    }
    const now = entry?.certificate;
    if (now !== undefined && now.certId !== before && matchesSent(now, body, desired)) certId = now.certId;
    if (certId !== undefined) {
      if (body.certId === undefined) run.knownCertificates.noteChain({ certId, chainDigest: digestOf(desired) });
      return certId;
    }
    if (failure === undefined)
      throw new ActionableError(
        `PutCname ${inputs.domain} on bucket ${bucket.name} answered success, but ListCname does not show the certificate yet.`,
        "run `pulumi up` again",
      );
    if (now !== undefined && needsForce(claim, now)) throw foreignError(claim, now, factsOf(failure));
    const isSettled = mayBeConflict(failure) && now?.certId === before;
    if (attempt >= attemptsAt(failure) || entry === undefined || isSettled) throw failure;
    before = now?.certId;
  }
}

function isConflict(error: unknown): boolean {
  return isOssError(error, "CasRenewCertificateConflict") || (isOssError(error) && error.ec === "0018-00000209");
}

/** An InvalidArgument without an EC does not say which argument it is about: the list does. */
export function mayBeConflict(error: unknown): boolean {
  return isConflict(error) || (isOssError(error, "InvalidArgument") && error.ec === undefined);
}
