import type { CertificateConfiguration, CertificateInfo } from "../../oss/xml";
import { parseDate } from "../../oss/xml";
import type { Certificate } from "../../pem";
import type { BindingInputs } from "../binding";
import type { DesiredCertificate } from "./desired";

/** The certificate that the state has on record for a domain. */
export interface RecordedCertificate extends BindingInputs {
  readonly certId: string;
  /** Empty for a CertId. */
  readonly chainDigest: string;
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly status: string;
}

/** Whether a list shows the desired certificate. `chainOf` gives the chain digest of a CertId, where it is known. */
export function matchesDesired(
  listed: CertificateInfo | undefined,
  desired: DesiredCertificate,
  recorded: RecordedCertificate | undefined,
  chainOf: (certId: string) => string | undefined,
): boolean {
  if (listed === undefined) return false;
  if (desired.pair === undefined) return listed.certId === desired.certId;
  const { read } = desired.pair;
  const chainDigest = chainOf(listed.certId);
  if (chainDigest !== undefined) return chainDigest === read.chainDigest;
  // Where only the rest of the chain has changed, the leaf does not tell which of the two it is.
  const isRenewedChain =
    recorded !== undefined &&
    recorded.fingerprint === read.fingerprint &&
    !["", read.chainDigest].includes(recorded.chainDigest);
  return !isRenewedChain && isSameLeaf(listed, read);
}

/** Whether a list shows the certificate that was just put. */
export function matchesSent(
  listed: CertificateInfo,
  sent: CertificateConfiguration,
  { pair }: DesiredCertificate,
): boolean {
  if (sent.certId !== undefined) return listed.certId === sent.certId;
  return pair !== undefined && isSameLeaf(listed, pair.read);
}

/** Whether somebody else put a certificate there: it is neither recorded nor declared. */
export function isForeign(
  listed: CertificateInfo,
  desired: DesiredCertificate,
  recorded: RecordedCertificate | undefined,
): boolean {
  if (listed.certId === desired.certId) return false;
  const leaf = recorded && {
    ...recorded,
    validFrom: new Date(recorded.validFrom),
    validTo: new Date(recorded.validTo),
  };
  return ![leaf, desired.pair?.read].some((known) => known !== undefined && isSameLeaf(listed, known));
}

/** By fingerprint; where the service masks it, by the visible part and both dates. */
function isSameLeaf(
  listed: CertificateInfo,
  leaf: Pick<Certificate, "fingerprint" | "validFrom" | "validTo">,
): boolean {
  const shown = listed.fingerprint.toUpperCase().split(":");
  const full = leaf.fingerprint.toUpperCase().split(":");
  const visible = shown.filter((byte) => !byte.includes("*"));
  if (shown.length !== FINGERPRINT_BYTES || full.length !== FINGERPRINT_BYTES || visible.length < VISIBLE_BYTES)
    return false;
  if (!shown.every((byte, index) => byte.includes("*") || byte === full[index])) return false;
  const isSameTime = (text: string, date: Date) => parseDate(text)?.getTime() === date.getTime();
  return (
    visible.length === FINGERPRINT_BYTES ||
    (isSameTime(listed.validStartDate, leaf.validFrom) && isSameTime(listed.validEndDate, leaf.validTo))
  );
}

const FINGERPRINT_BYTES = 20;
/** Bytes of a masked fingerprint that must be visible to be worth comparing. */
const VISIBLE_BYTES = 4;
