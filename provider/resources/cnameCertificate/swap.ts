import type { Bucket } from "../../bucket";
import { bucketAt, observeBinding } from "../../bucket";
import { clock } from "../../clock";
import { isDeclared } from "../../declared";
import { notice } from "../../notices";
import { isOssError, isOutcomeUnknown } from "../../oss/error";
import type { CertificateConfiguration, CertificateInfo, CnameInfo } from "../../oss/xml";
import { parseDate } from "../../oss/xml";
import type { Certificate } from "../../pem";
import type { BindingInputs } from "../binding";
import type { CertificateInputs, DeclaredCertificate } from "./declared";
import { readDeclared } from "./declared";

/** A list may be behind a write, ours or another's: one that surprises is asked for again, so often in all and with this pause. */
const LOOKS = 3;
const LOOK_PAUSE_MS = 1000;
const ATTEMPTS = 3;

/** The certificate that the state has on record for a domain. */
export interface RecordedCertificate extends BindingInputs {
  readonly certId: string;
  readonly chainDigest: string;
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly status: string;
}

/** A certificate that is on a domain as it was declared. */
export interface EnsuredCertificate {
  readonly listed: CertificateInfo;
  /** Empty for a CertId. */
  readonly chainDigest: string;
}

/** The binding with its certificate. */
export function observeCertificate(binding: BindingInputs, recordedId: string): Promise<CnameInfo | undefined> {
  return observeBinding(binding, ({ certificate }) => recordedId === "" || certificate?.certId === recordedId);
}

/** Sees to it that the domain has the declared certificate; `undefined` while its binding is pending. */
export async function ensureCertificate(
  inputs: CertificateInputs,
  olds?: RecordedCertificate,
): Promise<EnsuredCertificate | undefined> {
  const { domain } = inputs;
  const bucket = bucketAt(inputs);
  const declared = readDeclared(inputs);
  if (olds !== undefined) noteChain(olds);
  // With the bucket changed, the certificate on record was on another binding.
  const recorded = olds !== undefined && olds.bucket === inputs.bucket && olds.status !== "Pending" ? olds : undefined;
  const target = { bucket, inputs, declared, olds };
  if (bucket.pending.has(domain) && (await bucket.find(domain)) === undefined) return undefined;
  const found = await bucket.findSurely(
    domain,
    ({ certificate }) =>
      recorded === undefined || (certificate?.certId ?? "") === recorded.certId || isDeclaredOne(target, certificate),
  );
  if (found === undefined)
    throw new Error(
      `${domain} is not bound to bucket ${bucket.name}, so it can have no certificate: declare a BucketCname for it and let this resource depend on it`,
    );
  const { certificate } = found;
  if (certificate !== undefined && isDeclaredOne(target, certificate))
    return { listed: await describe(target, found, certificate.certId), chainDigest: digestOf(declared) };
  const swap: Swap = { ...target, mine: recorded?.certId ?? certificate?.certId };
  if (certificate !== undefined && isForeign(swap, certificate)) throw new Error(foreignText(swap, certificate));
  const certId = await put(swap, found);
  return { listed: await describe(swap, found, certId), chainDigest: digestOf(declared) };
}

/**
 * Takes a certificate off a domain, which stays bound. What is gone already is no error; a certificate that is not the given one
 * stays.
 */
export async function removeCertificate(binding: BindingInputs, certId: string): Promise<void> {
  const { domain } = binding;
  const bucket = bucketAt(binding);
  let found = await observeCertificate(binding, certId);
  let guard: CertificateConfiguration = {};
  for (let attempt = 1; ; attempt++) {
    if (found?.certificate === undefined) return;
    if (found.certificate.certId !== certId)
      return notice(
        `${domain} has certificate ${found.certificate.certId} now, which is not the one on record; it stays`,
      );
    try {
      await bucket.putCertificate(domain, { deleteCertificate: true, ...guard });
      break;
    } catch (error) {
      if (attempt === ATTEMPTS || !(mayBeConflict(error) || isOutcomeUnknown(error))) throw error;
      if (mayBeConflict(error)) guard = { previousCertId: certId };
      found = await bucket.observe(domain);
    }
  }
  if ((await bucket.observe(domain)) !== undefined) return;
  const text = `Taking certificate ${certId} off ${domain} ended its binding to bucket ${bucket.name} as well: OSS lists it no more`;
  if (!isDeclared("binding", domain)) return notice(text);
  throw new Error(`${text}. Run \`pulumi refresh\`, then \`pulumi up\`, to bind it again`);
}

/** Chain digests by CertId, from the states and uploads of this run. A list shows the leaf alone. */
const chains = new Map<string, string>();
/** Uploads under way, by chain digest. */
const uploads = new Map<string, Promise<string>>();

/** Makes use of what a state knows: domains share certificates. */
export function noteChain({ certId, chainDigest }: RecordedCertificate): void {
  if (certId && chainDigest) chains.set(certId, chainDigest);
}

interface Target {
  readonly bucket: Bucket;
  readonly inputs: CertificateInputs;
  readonly declared: DeclaredCertificate;
  readonly olds: RecordedCertificate | undefined;
}

interface Swap extends Target {
  /** CertId of the certificate that may be overwritten: the one on record, or the one found on create. */
  readonly mine: string | undefined;
}

/** Puts the declared certificate and gives its CertId. A pair is uploaded once, by the first domain; the others wait, and refer to it. */
async function put(swap: Swap, found: CnameInfo): Promise<string> {
  const { certId, pair } = swap.declared;
  if (pair === undefined) return converge(swap, found, { certId });
  const { certificate, privateKey, read } = pair;
  const refused = new Set<string>();
  for (;;) {
    const known = await findUploaded(swap, read, refused);
    if (known !== undefined) {
      try {
        return await converge(swap, found, { certId: known });
      } catch (error) {
        if (!isUnusable(error)) throw error;
        refused.add(known);
      }
      continue;
    }
    const underWay = uploads.get(read.chainDigest);
    if (underWay === undefined) break;
    await underWay.catch(() => undefined);
  }
  const upload = converge(swap, found, { certificate, privateKey });
  uploads.set(read.chainDigest, upload);
  try {
    return await upload;
  } finally {
    uploads.delete(read.chainDigest);
  }
}

/** Whether it may be for the CertId that the service refused: the certificate may have been deleted since. Which code it then gives is not known. */
function isUnusable(error: unknown): boolean {
  if (!isOssError(error) || isOutcomeUnknown(error) || isConflict(error)) return false;
  return error.code === "CertificateInvalidCasId" || error.status === 400 || error.status === 404;
}

/** Writes, and looks before it writes again when the reply does not tell what is there now. */
async function converge(swap: Swap, found: CnameInfo, body: CertificateConfiguration): Promise<string> {
  const { bucket, inputs, declared } = swap;
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
    const entry =
      certId === undefined
        ? await lookUntil(bucket, inputs.domain, (listed) => listed?.certificate?.certId !== before)
        : undefined;
    const now = entry?.certificate;
    if (now !== undefined && now.certId !== before && isWhatWasSent(now, body, declared)) certId = now.certId;
    if (certId !== undefined) {
      if (body.certId === undefined) chains.set(certId, digestOf(declared));
      return certId;
    }
    if (failure === undefined)
      throw new Error(
        `PutCname ${inputs.domain} on bucket ${bucket.name} answered success, but ListCname does not show the certificate yet. Run \`pulumi up\` again`,
      );
    if (now !== undefined && isForeign(swap, now)) throw new Error(`${failure.message} ${foreignText(swap, now)}`);
    const isSettled = mayBeConflict(failure) && now?.certId === before;
    if (attempt === ATTEMPTS || entry === undefined || isSettled) throw failure;
    before = now?.certId;
  }
}

async function lookUntil(
  bucket: Bucket,
  domain: string,
  isEnough: (entry: CnameInfo | undefined) => boolean,
): Promise<CnameInfo | undefined> {
  for (let look = 1; ; look++) {
    const entry = await bucket.observe(domain);
    if (look === LOOKS || isEnough(entry)) return entry;
    await clock.sleep(LOOK_PAUSE_MS);
  }
}

/** The CertId of an equal certificate: one that a state knows, one uploaded in this run, or one that another domain of the bucket has. */
async function findUploaded(
  target: Target,
  read: Certificate,
  refused: ReadonlySet<string>,
): Promise<string | undefined> {
  for (const [certId, chainDigest] of [...chains].reverse())
    if (chainDigest === read.chainDigest && !refused.has(certId)) return certId;
  for (const { certificate } of (await target.bucket.bindings()).values())
    if (certificate !== undefined && !refused.has(certificate.certId) && isDeclaredOne(target, certificate))
      return certificate.certId;
  return undefined;
}

/** What the service shows of a certificate that was put: its dates and fingerprint, when it is a CertId, are in lists only. */
async function describe(
  { bucket, inputs, declared }: Target,
  found: CnameInfo,
  certId: string,
): Promise<CertificateInfo> {
  const isIt = (entry: CnameInfo | undefined) => entry?.certificate?.certId === certId;
  const isFull = (entry: CnameInfo | undefined) => isIt(entry) && entry?.certificate?.validEndDate !== "";
  const { pair } = declared;
  const source = pair
    ? found
    : ([found, ...(await bucket.bindings()).values()].find(isFull) ?? (await lookUntil(bucket, inputs.domain, isIt)));
  const nothing = {
    type: "CAS",
    status: "Enabled",
    creationDate: "",
    fingerprint: "",
    validStartDate: "",
    validEndDate: "",
  };
  const listed = {
    ...((isIt(source) && source?.certificate) || { ...nothing, certId }),
    ...(pair && {
      fingerprint: pair.read.fingerprint,
      validStartDate: pair.read.validFrom.toISOString(),
      validEndDate: pair.read.validTo.toISOString(),
    }),
  };
  if (!isIt(found)) bucket.wrote(inputs.domain, { ...found, certificate: listed });
  return listed;
}

function isDeclaredOne({ declared, olds }: Target, listed: CertificateInfo | undefined): boolean {
  if (listed === undefined) return false;
  if (declared.pair === undefined) return listed.certId === declared.certId;
  const { read } = declared.pair;
  const chainDigest = chains.get(listed.certId);
  if (chainDigest !== undefined) return chainDigest === read.chainDigest;
  // Where only the rest of the chain has changed, the leaf does not tell which of the two it is.
  const isRenewedChain =
    olds !== undefined && olds.fingerprint === read.fingerprint && !["", read.chainDigest].includes(olds.chainDigest);
  return !isRenewedChain && isSameLeaf(listed, read);
}

function isWhatWasSent(
  listed: CertificateInfo,
  body: CertificateConfiguration,
  { pair }: DeclaredCertificate,
): boolean {
  return body.certId === undefined
    ? pair !== undefined && isSameLeaf(listed, pair.read)
    : listed.certId === body.certId;
}

/** Whether somebody else put it there: it is neither recorded nor declared. */
function isForeign({ inputs, declared, olds, mine }: Swap, listed: CertificateInfo): boolean {
  if (inputs.force || listed.certId === mine || listed.certId === declared.certId) return false;
  const recorded = olds && { ...olds, validFrom: new Date(olds.validFrom), validTo: new Date(olds.validTo) };
  return ![recorded, declared.pair?.read].some((leaf) => leaf !== undefined && isSameLeaf(listed, leaf));
}

function foreignText({ inputs, declared, olds }: Swap, listed: CertificateInfo): string {
  const wanted = declared.certId ?? `SHA-1 ${declared.pair.read.fingerprint}`;
  const recorded = olds?.certId ? `Recorded: ${olds.certId}, SHA-1 ${olds.fingerprint || "unknown"}. ` : "";
  return (
    `${inputs.domain} has a certificate that is neither recorded nor declared: ${listed.certId}, SHA-1 ${listed.fingerprint || "unknown"}, ` +
    `ends ${listed.validEndDate || "unknown"}. ${recorded}Declared: ${wanted}. Nothing was changed. ` +
    "Run `pulumi refresh` and then `pulumi up` to overwrite it knowingly, or set force"
  );
}

/** Bytes of a masked fingerprint that must be visible to be worth comparing. */
const VISIBLE_BYTES = 4;

/** By fingerprint; by the visible part and both dates where the service masks it. */
function isSameLeaf(
  listed: CertificateInfo,
  leaf: Pick<Certificate, "fingerprint" | "validFrom" | "validTo">,
): boolean {
  const shown = listed.fingerprint.toUpperCase().split(":");
  const full = leaf.fingerprint.toUpperCase().split(":");
  const visible = shown.filter((byte) => !byte.includes("*"));
  if (shown.length !== 20 || full.length !== 20 || visible.length < VISIBLE_BYTES) return false;
  if (!shown.every((byte, index) => byte.includes("*") || byte === full[index])) return false;
  const isSameTime = (text: string, date: Date) => parseDate(text)?.getTime() === date.getTime();
  return (
    visible.length === 20 ||
    (isSameTime(listed.validStartDate, leaf.validFrom) && isSameTime(listed.validEndDate, leaf.validTo))
  );
}

function digestOf({ pair }: DeclaredCertificate): string {
  return pair?.read.chainDigest ?? "";
}

function isConflict(error: unknown): boolean {
  return isOssError(error, "CasRenewCertificateConflict") || (isOssError(error) && error.ec === "0018-00000209");
}

/** An InvalidArgument without an EC does not tell which argument it is about: the list does. */
function mayBeConflict(error: unknown): boolean {
  return isConflict(error) || (isOssError(error, "InvalidArgument") && error.ec === undefined);
}
