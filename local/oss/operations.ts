import { createPrivateKey, X509Certificate } from "node:crypto";
import type { CertificateConfiguration } from "../../provider/oss/xml";
import { type Binding, type Bucket, type Certificate, Refusal, type Token, type World } from "../world";

/** Does DNS show this text at this name, at this moment? */
export type TxtLookup = (name: string, value: string) => Promise<boolean>;

export function createCnameToken(world: World, bucket: Bucket, domain: string): Token {
  checkName(domain);
  const binding = world.bindings.get(domain);
  if (binding && (binding.bucket === bucket.name || world.switches.tokenWhileBoundElsewhere === "refuse")) {
    const extras = { EC: "0018-00000302", Bucket: bucket.name, Cname: domain };
    throw new Refusal(403, "NoNeedCreateCnameToken", "The cname is bound: there is no need for a token.", extras);
  }
  const { tokensPerBucket } = world.switches;
  const isFull = () => world.validTokens().filter((token) => token.bucket === bucket.name).length >= tokensPerBucket;
  if (!world.tokenOf(bucket.name, domain) && world.tokens.size >= tokensPerBucket && isFull())
    throw new Refusal(400, "TooManyCnameToken", "The bucket has as many cname tokens as are allowed.");
  return world.issueToken(bucket.name, domain);
}

export function getCnameToken(world: World, bucket: Bucket, domain: string): Token {
  const token = world.tokenOf(bucket.name, domain);
  if (token) return token;
  const extras = { EC: "0018-00000301", Bucket: bucket.name, Cname: domain };
  throw new Refusal(404, "CnameTokenNotFound", "The cname token does not exist or has expired.", extras);
}

export function listCname(world: World, bucket: Bucket): { binding: Binding; certificate: Certificate | undefined }[] {
  return world
    .listBindings(bucket.name)
    .map((binding) => ({ binding, certificate: world.certificates.get(binding.certId ?? "") }));
}

export function deleteCname(world: World, bucket: Bucket, domain: string): void {
  if (world.bindings.get(domain)?.bucket === bucket.name) world.unbind(domain);
}

/** Returns the CertId that was put, if one was. */
export async function putCname(
  world: World,
  bucket: Bucket,
  domain: string,
  certificate: CertificateConfiguration,
  showsTxt: TxtLookup,
): Promise<string | undefined> {
  const { switches } = world;
  checkName(domain);
  const isOwn = (binding: Binding) => world.buckets.get(binding.bucket)?.owner === bucket.owner;
  const isFree = (binding = world.bindings.get(domain)) => !binding || (switches.takeoverByTxt && !isOwn(binding));
  const token = world.tokenOf(bucket.name, domain)?.token;
  const proven =
    isFree() && (switches.bindsUnverified || (token !== undefined && (await showsTxt(`_dnsauth.${domain}`, token))));

  // Nothing waits from here on: another request may have bound the domain meanwhile.
  const binding = world.bindings.get(domain);
  const bound = binding?.bucket === bucket.name ? binding : undefined;
  if (binding && !bound && isOwn(binding)) throw alreadyExists(domain);
  if (binding && !bound && !(isFree() && proven))
    throw new Refusal(403, "CnameDenied", "The cname belongs to another user.", { Cname: domain });
  if (!bound && !proven) {
    const extras = { EC: "0018-00000115", Bucket: bucket.name, Cname: domain };
    throw new Refusal(403, "NeedVerifyDomainOwnership", "The TXT record with the token was not found.", extras);
  }
  if (!bound && world.bindingsOf(bucket.name).length >= switches.cnamesPerBucket)
    throw new Refusal(400, "TooManyCname", "The bucket has as many domains as are allowed.");

  const { certId, certificate: pem, privateKey, deleteCertificate } = certificate;
  checkPrevious(world, certificate, bound?.certId);
  if (deleteCertificate) {
    world.bind(domain, bucket.name, { certId: undefined });
    if (bound && switches.deleteCertificateDropsBinding) world.unbind(domain);
    return undefined;
  }
  if (certId === undefined && pem === undefined && privateKey === undefined) {
    if (bound && switches.barePut === "refuse") throw alreadyExists(domain);
    world.bind(domain, bucket.name, { certId: switches.barePut === "drop" ? undefined : bound?.certId });
    return undefined;
  }
  const put = takeCertificate(world, certificate);
  world.bind(domain, bucket.name, { certId: put.certId });
  return put.certId;
}

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

/** A PEM pair is uploaded, and wins over a CertId beside it, as those who send both expect. */
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
  return world.addCertificate({ pem: certificate });
}

function isPair(certificate: string, privateKey: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    return false; // One of them cannot be read.
  }
}

const reserved = /(^|\.)(aliyuncs|aliyun|aliyun-inc|taobaocdn|taobao)\.com$/;

function checkName(domain: string): void {
  const invalid = (message: string, ec: string) =>
    new Refusal(400, "InvalidArgument", message, { EC: ec, Cname: domain });
  if (domain.length <= 3) throw invalid("The cname must have more than 3 ASCII characters.", "0017-00000249");
  const labels = domain.split(".");
  const isName = labels.length > 1 && labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label));
  if (!isName || domain.length > 253 || reserved.test(domain)) throw invalid("The cname is unfit.", "0018-00000401");
}
