import { issueCertificate } from "../../acme/issue";
import { fetchRenewalInfo, renewalId, renewalMoment } from "../../acme/renewalInfo";
import { readCertificate } from "../../pem";
import type { Run } from "../../run";
import { uploadName } from "./adopt";
import { proveThroughBucket } from "./bucketProof";
import type { Inputs } from "./declared";
import { proveByDns } from "./dnsProof";
import type { Recommendation, RecordedCertificate } from "./due";
import { renewal } from "./due";
import type { Readiness } from "./ready";

/** What is on record of a certificate that was issued. */
export type IssuedCertificate = Pick<
  RecordedCertificate,
  "certId" | "covers" | "validFrom" | "validTo" | "fingerprint" | "chainDigest" | "renewalId" | "renewAt"
>;

/** A certificate that is to be ordered. */
interface Ordered {
  readonly inputs: Inputs;
  /** Those of the inputs that can be proven. */
  readonly names: readonly string[];
  readonly ready: Readiness["ready"];
  readonly replaces: string | undefined;
}

/**
 * Orders a certificate, uploads it once, and forgets its key. Once the order has begun, only its wait for DNS can be
 * cancelled: what the CA has issued must not be lost, and what proves the names is to be removed.
 */
export async function issue(run: Run, ordered: Ordered): Promise<IssuedCertificate> {
  const { cancellation } = run;
  const whenItsTurn = () => {
    cancellation.throwIfAsked();
    return cancellation.hold(() => orderAndUpload(run, ordered));
  };
  return run.orders.send(whenItsTurn);
}

async function orderAndUpload(run: Run, { inputs, names, ready, replaces }: Ordered): Promise<IssuedCertificate> {
  const { directory, keyType, profile, challenge: challengeType } = inputs;
  const { certificate, privateKey } = await issueCertificate(run.acme(directory), {
    ...{ names, keyType, profile, replaces, challengeType },
    prove: async (challenge) => {
      if (challengeType === "dns-01") return proveByDns(run, inputs, challenge);
      const at = ready.find(({ name }) => name === challenge.name);
      if (at === undefined) throw new Error(`the CA asks for ${challenge.name}, which was not ordered`);
      return proveThroughBucket(run, at, challenge);
    },
  });
  const { validFrom, validTo, fingerprint, chainDigest } = readCertificate(certificate);
  const certId = await run.cas.upload({
    name: uploadName(inputs, names, fingerprint),
    certificate,
    privateKey,
    fingerprint,
  });
  const id = renewalIdOf(certificate);
  const life = { validFrom: validFrom.toISOString(), validTo: validTo.toISOString() };
  const recommended = inputs.renewBefore === undefined ? await recommendation(run, directory, id) : undefined;
  const renewAt = renewal(life, inputs.renewBefore, recommended).at.toISOString();
  return { certId, covers: [...names], ...life, fingerprint, chainDigest, renewalId: id, renewAt };
}

/** Empty for a certificate that does not say enough of its issuer: what is uploaded must not be lost because of that. */
function renewalIdOf(certificate: string): string {
  try {
    return renewalId(certificate);
  } catch {
    return "";
  }
}

/** When the CA recommends to renew a certificate; `undefined` where it does not say. Asked once in a process. */
export async function recommendation(run: Run, directory: string, id: string): Promise<Recommendation | undefined> {
  if (id === "") return undefined;
  const key = `${directory} ${id}`;
  // A preview without a network is a preview still: the certificate's own dates tell.
  const asked = run.recommendations.get(key) ?? fetchRenewalInfo(run.acme(directory), id).catch(() => undefined);
  run.recommendations.set(key, asked);
  const info = await asked;
  return info && { at: renewalMoment(info, id), explanationUrl: info.explanationUrl };
}
