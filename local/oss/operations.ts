import { createPrivateKey, X509Certificate } from "node:crypto";
import { type Binding, type Bucket, type Certificate, Refusal, type Token, type World } from "../world";
import type { CertificateConfiguration, CnameConfiguration } from "./configuration";

/** Does the name server show this text at this name, at this moment? */
export type TxtLookup = (name: string, value: string) => Promise<boolean>;

export function createCnameToken(world: World, bucket: Bucket, domain: string): Token {
  checkName(domain);
  const binding = world.bindings.get(domain);
  if (binding && (binding.bucket === bucket.name || world.switches.tokenWhileBoundElsewhere === "refuse"))
    throw new Refusal(
      403,
      "NoNeedCreateCnameToken",
      "The cname is already bound, there is no need to create a token.",
      {
        EC: "0018-00000302",
        Bucket: bucket.name,
        Cname: domain,
      },
    );
  const valid = world.state().tokens.filter((token) => token.bucket === bucket.name);
  if (valid.length >= world.switches.tokensPerBucket && !world.tokenOf(bucket.name, domain))
    throw new Refusal(400, "TooManyCnameToken", "You have attempted to create more cname tokens than allowed.");
  return world.issueToken(bucket.name, domain);
}

export function getCnameToken(world: World, bucket: Bucket, domain: string): Token {
  const token = world.tokenOf(bucket.name, domain);
  if (token) return token;
  const extras = { EC: "0018-00000301", Bucket: bucket.name, Cname: domain };
  throw new Refusal(404, "CnameTokenNotFound", "The cname token does not exist or has expired.", extras);
}

export function listCname(world: World, bucket: Bucket): { binding: Binding; certificate: Certificate | undefined }[] {
  return world.listBindings(bucket.name).map((binding) => ({
    binding,
    certificate: binding.certId === undefined ? undefined : world.certificateOf(binding.certId),
  }));
}

export function deleteCname(world: World, bucket: Bucket, domain: string): void {
  if (world.bindings.get(domain)?.bucket === bucket.name) world.unbind(domain);
}

/** Returns the CertId that was put, if one was. */
export async function putCname(
  world: World,
  bucket: Bucket,
  { domain, certificate = {} }: CnameConfiguration,
  showsTxt: TxtLookup,
): Promise<string | undefined> {
  checkName(domain);
  const verifies = canVerify(world, bucket, domain);
  const proven = verifies && (world.switches.bindsUnverified || (await isProven(world, bucket, domain, showsTxt)));
  // From here to the end nothing waits: what was looked up is judged by what is bound now.
  const binding = world.bindings.get(domain);
  if (binding && binding.bucket !== bucket.name && !(proven && canVerify(world, bucket, domain)))
    throw boundElsewhere(world, bucket, binding);
  const bound = binding?.bucket === bucket.name ? binding : undefined;
  if (!bound && !proven) {
    const message = "You need to verify the ownership of the domain: its TXT record with the token was not found.";
    throw new Refusal(403, "NeedVerifyDomainOwnership", message, {
      EC: "0018-00000115",
      Bucket: bucket.name,
      Cname: domain,
    });
  }
  if (!bound && world.bindingsOf(bucket.name).length >= world.switches.cnamesPerBucket)
    throw new Refusal(400, "TooManyCname", "You have attempted to bind more domains to the bucket than allowed.");

  const current = bound?.certId;
  checkPrevious(world, certificate, current);
  if (certificate.deleteCertificate) {
    if (bound && world.switches.deleteCertificateDropsBinding) world.unbind(domain);
    else world.bind(domain, bucket.name, { certId: undefined });
    return undefined;
  }
  if (
    certificate.certId === undefined &&
    certificate.certificate === undefined &&
    certificate.privateKey === undefined
  ) {
    if (bound && world.switches.barePut === "refuse") throw alreadyExists(domain);
    world.bind(domain, bucket.name, world.switches.barePut === "drop" ? { certId: undefined } : {});
    return undefined;
  }
  const { certId } = takeCertificate(world, certificate);
  world.bind(domain, bucket.name, { certId });
  return certId;
}

/** What is bound elsewhere stays there whatever DNS says, except where another account's binding gives way to a proof. */
function canVerify(world: World, bucket: Bucket, domain: string): boolean {
  const binding = world.bindings.get(domain);
  return !binding || (world.switches.takeoverByTxt && world.buckets.get(binding.bucket)?.owner !== bucket.owner);
}

async function isProven(world: World, bucket: Bucket, domain: string, showsTxt: TxtLookup): Promise<boolean> {
  const token = world.tokenOf(bucket.name, domain);
  return token !== undefined && (await showsTxt(`_dnsauth.${domain}`, token.token));
}

function boundElsewhere(world: World, bucket: Bucket, binding: Binding): Refusal {
  if (world.buckets.get(binding.bucket)?.owner === bucket.owner) return alreadyExists(binding.domain);
  return new Refusal(403, "CnameDenied", "The cname belongs to another user.", { Cname: binding.domain });
}

function alreadyExists(domain: string): Refusal {
  const message = "The requested cname is already bound.";
  return new Refusal(409, "CnameAlreadyExists", message, { Cname: domain, CnameType: "CNAME_OSS" });
}

function checkPrevious(world: World, wanted: CertificateConfiguration, current: string | undefined): void {
  if (wanted.force) return;
  const { previousCertId, deleteCertificate } = wanted;
  if (previousCertId !== undefined && previousCertId !== current) {
    const message = `The PreviousCertId ${previousCertId} is not the certificate in use.`;
    throw new Refusal(400, world.switches.previousCertIdCode, message, { EC: "0018-00000209" });
  }
  const brings = wanted.certId !== undefined || wanted.certificate !== undefined;
  const mustName = brings || (deleteCertificate && world.switches.deleteCertificateNeedsPreviousCertId);
  if (current !== undefined && mustName && previousCertId === undefined) {
    const message = "The domain has a certificate: name it as PreviousCertId, or set Force.";
    throw new Refusal(world.switches.conflictStatus, "CasRenewCertificateConflict", message);
  }
}

/** A PEM pair is uploaded, and wins over a CertId beside it, as clients that send both expect. */
function takeCertificate(world: World, { certId, certificate, privateKey }: CertificateConfiguration): Certificate {
  if (certId !== undefined && Buffer.byteLength(certId) >= 64)
    throw new Refusal(400, "InvalidArgument", "The CertId is too long.", { EC: "0018-00000206" });
  if (certificate === undefined) {
    if (privateKey !== undefined)
      throw new Refusal(400, "InvalidArgument", "A PrivateKey needs its Certificate.", { EC: "0018-00000210" });
    if (world.switches.certIdsKnownOnly && !world.certificates.has(certId ?? ""))
      throw rejected(world, `There is no certificate ${certId}.`);
    return world.certificateOf(certId ?? "");
  }
  if (privateKey === undefined) throw rejected(world, "A Certificate needs its PrivateKey.");
  let leaf: X509Certificate;
  let matches: boolean;
  try {
    leaf = new X509Certificate(certificate);
    matches = leaf.checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    throw rejected(world, "The certificate or its private key cannot be read.");
  }
  if (!matches) throw rejected(world, "The private key does not match the certificate.");
  return world.uploadCertificate(certificate, leaf);
}

function rejected(world: World, message: string): Refusal {
  return new Refusal(world.switches.certificateStatus, world.switches.certificateCode, message);
}

const reservedSuffixes = ["aliyuncs.com", "aliyun.com", "aliyun-inc.com", "taobaocdn.com", "taobao.com"];

function checkName(domain: string): void {
  const refuse = (message: string, ec: string) =>
    new Refusal(400, "InvalidArgument", message, { EC: ec, Cname: domain });
  if (domain.length <= 3) throw refuse("The cname must have more than 3 ASCII characters.", "0017-00000249");
  const isReserved = reservedSuffixes.some((suffix) => domain === suffix || domain.endsWith(`.${suffix}`));
  const labels = domain.split(".");
  const isName = labels.length > 1 && labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i.test(label));
  if (isReserved || !isName || domain.length > 253) throw refuse("The cname is not allowed.", "0018-00000401");
}
