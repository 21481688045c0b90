import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { type Parameters, required } from "../acs3/service";
import type { Certificate } from "../certificates";
import { Refusal } from "../refusal";
import type { World } from "../world";

/** The operations on uploaded certificates, by action. They return the reply without its RequestId. */
export const CAS_OPERATIONS: Readonly<Record<string, (world: World, parameters: Parameters) => object>> = {
  UploadUserCertificate(world, parameters) {
    const name = required(parameters, "Name");
    const chain = required(parameters, "Cert");
    if (!isPair(chain, required(parameters, "Key")))
      throw new Refusal(400, "CertKeyNotMatch", "The certificate and the private key do not match.");
    const { CertId, Fingerprint } = detailOf(world.uploadCertificate(name, chain));
    return { CertId, ResourceId: `cas-upload-${CertId}`, Fingerprint };
  },

  GetUserCertificateDetail(world, parameters) {
    return detailOf(certificateOf(world, parameters));
  },

  ListUserCertificateOrder(world, { Keyword = "", ShowSize = "50", CurrentPage = "1" }) {
    const all = [...world.certificates.values()].map(detailOf).filter(({ Sans }) => Sans?.includes(Keyword));
    const end = Number(ShowSize) * Number(CurrentPage);
    const page = all.slice(end - Number(ShowSize), end);
    return {
      TotalCount: all.length,
      CertificateOrderList: page.map(({ CertId, Cert, ...rest }) => ({ ...rest, CertificateId: CertId, Upload: true })),
    };
  },

  DeleteUserCertificate(world, parameters) {
    world.certificates.delete(certificateOf(world, parameters).certId);
    return {};
  },
};

/** Its CertIds are those of OSS, without the site. */
const SITE = "-cn-hangzhou";

function certificateOf(world: World, parameters: Parameters): Certificate {
  const found = world.certificates.get(required(parameters, "CertId") + SITE);
  if (found) return found;
  throw new Refusal(404, "NotFound", "The specified certificate does not exist.");
}

/** The private key is never given out again. */
function detailOf({ certId, name, chain, fingerprint, validFrom, validTo }: Certificate) {
  const { serialNumber, subject, issuer, subjectAltName } = chain === undefined ? {} : new X509Certificate(chain);
  return {
    CertId: Number(certId.replace(SITE, "")),
    CertIdentifier: certId,
    Name: name ?? certId,
    Cert: chain,
    Common: subject?.match(/^CN=(.*)$/m)?.[1],
    Sans: subjectAltName?.replaceAll("DNS:", "").replaceAll(", ", ","),
    Issuer: issuer?.match(/^CN=(.*)$/m)?.[1],
    SerialNo: serialNumber?.toLowerCase(),
    Fingerprint: fingerprint.replaceAll(":", ""),
    StartDate: isoDay(validFrom),
    EndDate: isoDay(validTo),
    NotBefore: Date.parse(validFrom),
    NotAfter: Date.parse(validTo),
    BuyInAliyun: false,
  };
}

function isoDay(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}

function isPair(chain: string, privateKey: string): boolean {
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(chain);
    key = createPrivateKey(privateKey);
  } catch {
    throw new Refusal(400, "InvalidCertificate", "The certificate or the private key is not valid PEM.");
  }
  return certificate.checkPrivateKey(key);
}
