import { createPrivateKey, X509Certificate } from "node:crypto";
import type { CertificateConfiguration } from "../../../provider/oss/xml";
import type { Certificate } from "../../certificates";
import { Refusal } from "../../refusal";
import type { Binding } from "../../state";
import type { World } from "../../world";
import { checkDomain, type OssOperation } from "./operation";

export const putCname: OssOperation = async ({ world, bucket, domain, certificate, hasTxtRecord }) => {
  const { switches } = world;
  checkDomain(domain);
  const isOwn = (binding: Binding) => world.buckets.get(binding.bucket)?.owner === bucket.owner;
  const { boundElsewhere, takeoverByTxt } = switches;
  /** Whether it depends on the TXT record what happens to a domain that this bucket does not have. */
  const needsProof = (binding = world.bindings.get(domain)) =>
    !binding || (isOwn(binding) ? boundElsewhere !== "conflict" : takeoverByTxt);
  const token = world.tokenOf(bucket.name, domain)?.token;
  const proven =
    needsProof() &&
    (switches.bindsUnverified || (token !== undefined && (await hasTxtRecord(`_dnsauth.${domain}`, token))));

  // Another request may have bound the domain during the lookup. From here on nothing waits.
  const binding = world.bindings.get(domain);
  const bound = binding?.bucket === bucket.name ? binding : undefined;
  if (binding && !bound && isOwn(binding) && (boundElsewhere === "conflict" || (proven && boundElsewhere !== "move")))
    throw alreadyExists(domain);
  if (binding && !bound && !isOwn(binding) && !(needsProof() && proven))
    throw new Refusal(403, "CnameDenied", "The cname belongs to another user.", { Cname: domain });
  if (!bound && !proven) {
    const extras = { EC: "0018-00000115", Bucket: bucket.name, Cname: domain };
    throw new Refusal(403, "NeedVerifyDomainOwnership", "The TXT record with the token was not found.", extras);
  }
  if (!bound && world.bindingsOf(bucket.name).length >= switches.cnamesPerBucket)
    throw new Refusal(400, "TooManyCname", "The bucket has reached its limit of domains.");

  const { certId, certificate: pem, privateKey, deleteCertificate } = certificate;
  checkPrevious(world, certificate, bound?.certId);
  if (deleteCertificate) {
    world.bind(domain, bucket.name, { certId: undefined });
    if (bound && switches.deleteCertificateDropsBinding) world.unbind(domain);
    return { status: 200 };
  }
  if (certId === undefined && pem === undefined && privateKey === undefined) {
    if (bound && switches.barePut === "refuse") throw alreadyExists(domain);
    world.bind(domain, bucket.name, { certId: switches.barePut === "drop" ? undefined : bound?.certId });
    return { status: 200 };
  }
  const put = takeCertificate(world, certificate);
  world.bind(domain, bucket.name, { certId: put.certId });
  return { status: 200, headers: { "x-oss-yundun-certificate-id": put.certId } };
};

function alreadyExists(domain: string): Refusal {
  const extras = { Cname: domain, CnameType: "CNAME_OSS" };
  return new Refusal(409, "CnameAlreadyExists", "The requested cname is already bound.", extras);
}

function checkPrevious({ switches }: World, wanted: CertificateConfiguration, current: string | undefined): void {
  const { certId, certificate, previousCertId, force, deleteCertificate } = wanted;
  if (force) return;
  if (previousCertId !== undefined && previousCertId !== current) {
    const message = `The PreviousCertId ${previousCertId} is not the certificate in use.`;
    throw new Refusal(400, switches.previousCertIdCode, message, { EC: "0018-00000209" });
  }
  const mustName = deleteCertificate ? switches.deleteCertificateNeedsPreviousCertId : (certId ?? certificate);
  if (mustName && current !== undefined && previousCertId === undefined) {
    const message = "The domain has a certificate: name it as PreviousCertId, or set Force.";
    throw new Refusal(switches.conflictStatus, "CasRenewCertificateConflict", message);
  }
}

/** Uploads a PEM pair if there is one, even beside a CertId: real clients send both and expect that. */
function takeCertificate(world: World, { certId, certificate, privateKey }: CertificateConfiguration): Certificate {
  const invalid = (message: string, ec: string) => new Refusal(400, "InvalidArgument", message, { EC: ec });
  const { certificateStatus, certificateCode, certIdsKnownOnly } = world.switches;
  const rejected = (message: string) => new Refusal(certificateStatus, certificateCode, message);
  if (certId !== undefined && Buffer.byteLength(certId) >= 64)
    throw invalid("The CertId is too long.", "0018-00000206");
  if (certificate === undefined) {
    if (privateKey !== undefined) throw invalid("A PrivateKey needs its Certificate.", "0018-00000210");
    const known = world.certificates.get(certId ?? "");
    if (!known && certIdsKnownOnly) throw rejected(`There is no certificate ${certId}.`);
    return known ?? world.addCertificate({ certId });
  }
  if (privateKey === undefined) throw rejected("A Certificate needs its PrivateKey.");
  if (!isPair(certificate, privateKey)) throw rejected("The Certificate and the PrivateKey are not a pair.");
  return world.addCertificate({ certificate });
}

function isPair(certificate: string, privateKey: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    return false; // One of the two is not valid PEM.
  }
}
