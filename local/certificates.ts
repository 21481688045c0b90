import { createHash, X509Certificate } from "node:crypto";

export interface Certificate {
  readonly certId: string;
  /** PutCname uploaded it as PEM. */
  readonly uploaded: boolean;
  /** As Certificate Management was given it. */
  readonly name?: string | undefined;
  /** What was uploaded to Certificate Management: PEM, the leaf first. */
  readonly chain?: string | undefined;
  /** SHA-256 of the PEM text. */
  readonly digest?: string | undefined;
  readonly fingerprint: string;
  /** `Feb 10 00:00:00 2023 GMT` */
  readonly validFrom: string;
  readonly validTo: string;
  /** As an ISO date. */
  readonly creationDate: string;
}

/** A certificate by its CertId, by its PEM, or by both. */
export interface CertificateSource {
  readonly certId?: string | undefined;
  /** PEM. */
  readonly certificate?: string | undefined;
}

const DAY_MS = 86_400_000;

type Facts = Pick<Certificate, "fingerprint" | "validFrom" | "validTo">;

export function readCertificate(pem: string): Facts {
  const { fingerprint, validFrom, validTo } = new X509Certificate(pem);
  return { fingerprint, validFrom, validTo };
}

/** Makes up a certificate for a CertId without PEM: valid for a year, the same fingerprint for the same CertId. */
export function inventCertificate(certId: string, now: Date): Facts {
  const hash = createHash("sha1").update(certId).digest("hex").toUpperCase();
  const inDays = (days: number) => opensslDate(new Date(now.getTime() + days * DAY_MS));
  return { fingerprint: hash.match(/../g)?.join(":") ?? "", validFrom: inDays(-1), validTo: inDays(364) };
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function sha256Base64Url(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** `Feb  1 00:00:00 2023 GMT` */
function opensslDate(date: Date): string {
  const [, day = "", month, year, time] = date.toUTCString().split(" ");
  return `${month} ${day.replace(/^0/, " ")} ${time} ${year} GMT`;
}
