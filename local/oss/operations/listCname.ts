import type { Switches } from "../../switches";
import { xmlReply } from "../reply";
import type { OssOperation } from "./operation";

export const listCname: OssOperation = ({ world, bucket }) => {
  const Cname = world.listBindings(bucket.name).map(({ domain, lastModified, status, certId }) => {
    const certificate = certId === undefined ? undefined : world.certificates.get(certId);
    return {
      Domain: domain,
      LastModified: lastModified,
      Status: status,
      IsPurgeCdnCache: false,
      Certificate: certificate && {
        Type: certificate.uploaded ? world.switches.uploadType : "CAS",
        CertId: certificate.certId,
        Status: "Enabled",
        CreationDate: new Date(certificate.creationDate).toUTCString(),
        Fingerprint: shownFingerprint(certificate.fingerprint, world.switches),
        ValidStartDate: certificate.validFrom,
        ValidEndDate: certificate.validTo,
      },
    };
  });
  return xmlReply({ ListCnameResult: { Bucket: bucket.name, Owner: bucket.owner, Cname } });
};

function shownFingerprint(fingerprint: string, switches: Switches): string {
  if (switches.fingerprint === "plain") return fingerprint;
  return `${fingerprint.slice(0, 11)}${":**".repeat(12)}${fingerprint.slice(-12)}`;
}
