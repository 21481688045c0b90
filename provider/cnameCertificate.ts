import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type Bucket, bucketAt, observeBinding } from "./bucket";
import { type Certificate, type CertificateProblem, certificateProblems, readCertificate } from "./certificate";
import { clock } from "./clock";
import { configure } from "./connection";
import { isDeclared, noteDeclared } from "./declared";
import { type BindingInputs, bindingOf, checkBinding } from "./domain";
import { type CheckFailure, isChanged, isUnknown, plain } from "./lifecycle";
import { notice } from "./notices";
import { isOssError, isOutcomeUnknown } from "./oss/error";
import { type CertificateInfo, type CnameInfo, parseDate } from "./oss/xml";
import { OssDynamicResource } from "./resource";

/** What a user writes: a CertId, or a pair as text, or a pair as files. */
export interface CnameCertificateArgs {
  /** Bucket that the domain is bound to. Changed in place. */
  readonly bucket: pulumi.Input<string>;
  /** Bound domain. Changing it replaces the resource. */
  readonly domain: pulumi.Input<string>;
  readonly region?: pulumi.Input<string>;
  readonly endpoint?: pulumi.Input<string>;
  /** Id of a certificate in Certificate Management Service, with its region: `12345-cn-hangzhou`. Changed in place. */
  readonly certId?: pulumi.Input<string>;
  /** Certificate chain, PEM, leaf first. Changed in place. */
  readonly certificate?: pulumi.Input<string>;
  /** Private key of the leaf, PEM without passphrase. Always kept as a secret. */
  readonly privateKey?: pulumi.Input<string>;
  /** File with the chain, relative to the program's directory. New content is a change. */
  readonly certificateFile?: pulumi.Input<string>;
  /** File with the private key, relative to the program's directory. It is read when needed and in no state at all. */
  readonly privateKeyFile?: pulumi.Input<string>;
  /** Overwrite whatever certificate is there. Default false: only the recorded one is. Changing it alone changes nothing. */
  readonly force?: pulumi.Input<boolean>;
  /** Days before the end at which every preview and up warns. Default 30. Changing it alone changes nothing. */
  readonly expiryWarningDays?: pulumi.Input<number>;
}

interface Inputs extends BindingInputs {
  readonly certId?: string;
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly certificateFile?: string;
  readonly privateKeyFile?: string;
  readonly force?: boolean;
  readonly expiryWarningDays?: number;
  /** Put in by `check`: what a file holds is part of what is declared. Absent for a CertId. */
  readonly chainDigest?: string;
}

interface Outputs extends BindingInputs {
  readonly certId: string;
  readonly chainDigest: string;
  readonly fingerprint: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly status: string;
}

const EXPIRY_WARNING_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
/** A list may show a write late; after a lost reply, as often and with this pause is it asked again. */
const LOOKS = 3;
const LOOK_PAUSE_MS = 1000;

/** @internal */
export const cnameCertificateProvider: pulumi.dynamic.ResourceProvider<Inputs, Outputs> = {
  configure,

  check(olds, news) {
    const checked = checkBinding(news);
    const { chainDigest, failures } = checkCertificate(olds, checked.inputs);
    const inputs = { ...checked.inputs, ...(chainDigest !== undefined && { chainDigest }) };
    if (!isUnknown(inputs.domain)) noteDeclared("certificate", inputs.domain);
    return Promise.resolve({ inputs, failures: [...checked.failures, ...failures] });
  },

  diff(_id, olds, news) {
    const replaces = isChanged(olds.domain, news.domain) ? ["domain"] : [];
    const moved = (["bucket", "region", "endpoint"] as const).some((key) => isChanged(olds[key], news[key]));
    const swapped =
      news.certId !== undefined ? isChanged(olds.certId, news.certId) : isChanged(olds.chainDigest, news.chainDigest);
    return Promise.resolve({ changes: replaces.length > 0 || moved || swapped || olds.status === "Pending", replaces });
  },

  async create(inputs) {
    return { id: inputs.domain, outs: await ensure(inputs) };
  },

  async read(id, props) {
    const binding = bindingOf({ ...props, domain: id } as BindingInputs);
    const recorded = props?.status === undefined ? undefined : props;
    const found = await observeBinding(binding);
    if (recorded === undefined) {
      if (found?.certificate === undefined)
        throw new Error(`No CnameCertificate ${id}: bucket ${binding.bucket} lists no certificate on the domain`);
      return { id, props: outputs(binding, found.certificate) };
    }
    if (found === undefined) return recorded.status === "Pending" ? { id, props: recorded } : { id: "" };
    if (found.certificate === undefined)
      return { id, props: none(binding, recorded.status === "Pending" ? "Pending" : "Removed") };
    const known =
      found.certificate.certId === recorded.certId ||
      sameFingerprint(found.certificate.fingerprint, recorded.fingerprint);
    return { id, props: outputs(binding, found.certificate, known ? recorded : undefined) };
  },

  async update(_id, olds, news) {
    return { outs: await ensure(news, olds) };
  },

  async delete(_id, props) {
    if (isDeclared("certificate", props.domain)) return;
    const found = (await observeBinding(props))?.certificate;
    if (found === undefined) return;
    if (found.certId !== props.certId) {
      notice(`${props.domain} has certificate ${found.certId} now, which is not the one that was declared; it stays`);
      return;
    }
    const bucket = bucketAt(props);
    await bucket.putCertificate(props.domain, { deleteCertificate: true });
    if ((await bucket.observe(props.domain)) === undefined)
      throw new Error(
        `Taking certificate ${props.certId} off ${props.domain} ended its binding to bucket ${props.bucket} as well: OSS lists it no more. ` +
          "Run `pulumi refresh`, then `pulumi up`, to bind it again",
      );
  },
};

/**
 * The certificate of a bound domain: a CertId of Certificate Management Service, or a chain and its private key.
 *
 * Nothing is sent when the domain has it already. Another certificate is swapped in place, and only if the one to be overwritten is the one
 * in the state: a certificate that somebody else put there makes it fail with both fingerprints. A pair for many domains is uploaded
 * once. Destroying the resource takes the certificate off and leaves the domain bound.
 */
export class CnameCertificate extends OssDynamicResource {
  declare readonly bucket: pulumi.Output<string>;
  declare readonly domain: pulumi.Output<string>;
  declare readonly certId: pulumi.Output<string>;
  /** SHA-256 over all certificates of the chain, hex; empty for a CertId. */
  declare readonly chainDigest: pulumi.Output<string>;
  /** SHA-1 of the leaf as OSS shows it. */
  declare readonly fingerprint: pulumi.Output<string>;
  /** ISO 8601. */
  declare readonly validFrom: pulumi.Output<string>;
  /** ISO 8601. */
  declare readonly validTo: pulumi.Output<string>;
  /** `Enabled`, `Disabled`, `Pending` with its binding, or `Removed` when a refresh found none. */
  declare readonly status: pulumi.Output<string>;

  constructor(name: string, args: CnameCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "cnameCertificate",
      "CnameCertificate",
      name,
      {
        chainDigest: undefined,
        fingerprint: undefined,
        validFrom: undefined,
        validTo: undefined,
        status: undefined,
        certId: undefined,
        ...args,
        ...(args.privateKey !== undefined && { privateKey: pulumi.secret(args.privateKey) }),
      },
      opts,
    );
    warnBeforeEnd(this, args);
  }

  /** Reads the certificate of a bound domain. `id` is the domain. Fails when there is none. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: CnameCertificateArgs,
    opts?: pulumi.CustomResourceOptions,
  ): CnameCertificate {
    return new CnameCertificate(name, args, pulumi.mergeOptions(opts, { id }));
  }
}

/** Observe, then ensure: one flow for a first certificate, another one, and one that somebody took away. */
async function ensure(inputs: Inputs, olds?: Outputs): Promise<Outputs> {
  const { domain } = inputs;
  const bucket = bucketAt(inputs);
  const found = await bucket.find(domain);
  if (found === undefined) {
    if (bucket.pending.has(domain)) return none(inputs, "Pending");
    throw new Error(
      `${domain} is not bound to bucket ${bucket.name}, so it can have no certificate: declare a BucketCname for it and let this resource depend on it`,
    );
  }
  const desired = desiredOf(inputs);
  const current = found.certificate;
  if (current !== undefined && isDesired(current, desired, olds))
    return outputs(inputs, await dated(bucket, domain, current, desired), desired);
  // With the bucket changed, the recorded certificate was on another binding.
  const recorded = olds?.bucket === inputs.bucket ? olds : undefined;
  if (current !== undefined && recorded !== undefined && current.certId !== recorded.certId && !inputs.force)
    throw new Error(foreignText(inputs, desired, current));
  const guard = inputs.force ? { force: true } : { previousCertId: current?.certId };
  const put = await swap({ bucket, inputs, desired, found, guard, olds });
  return outputs(inputs, put, desired);
}

/** What is declared, read from wherever it is: never logged, never returned. */
interface Desired {
  readonly certId?: string | undefined;
  readonly pair?: { readonly certificate: string; readonly privateKey: string } | undefined;
  readonly read?: Certificate | undefined;
  readonly chainDigest: string;
}

function desiredOf(inputs: Inputs): Desired {
  if (inputs.certId !== undefined) return { certId: inputs.certId, chainDigest: "" };
  const pair = { certificate: pemOf(inputs, "certificate"), privateKey: pemOf(inputs, "privateKey") };
  const read = readCertificate(pair.certificate);
  return { pair, read, chainDigest: read.chainDigest };
}

/** PEM text of one half of the pair, from the string or the file. */
function pemOf(inputs: Inputs, half: "certificate" | "privateKey"): string {
  const file = inputs[`${half}File`];
  if (file === undefined) return inputs[half] ?? "";
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(
      `cannot read ${half === "certificate" ? "the certificate" : "the private key"} of ${inputs.domain} from ${file}: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}

/** Whether what is bound is what is declared. The fingerprint tells only the leaf, so a chain that we recorded must be the same as well. */
function isDesired(current: CertificateInfo, desired: Desired, olds: Outputs | undefined): boolean {
  if (desired.certId !== undefined) return current.certId === desired.certId;
  if (olds !== undefined && olds.certId === current.certId && olds.chainDigest !== "")
    return olds.chainDigest === desired.chainDigest;
  return sameFingerprint(current.fingerprint, desired.read?.fingerprint);
}

interface Swap {
  readonly bucket: Bucket;
  readonly inputs: Inputs;
  readonly desired: Desired;
  /** The binding as it was found. */
  readonly found: CnameInfo;
  readonly guard: { readonly force?: boolean; readonly previousCertId?: string | undefined };
  readonly olds: Outputs | undefined;
}

async function swap(swap: Swap): Promise<CertificateInfo> {
  const { desired, bucket } = swap;
  if (desired.certId !== undefined) return putCertId(swap, desired.certId);
  const known = await findUploaded(bucket, desired, swap.olds);
  if (known !== undefined) {
    try {
      return await putCertId(swap, known);
    } catch (error) {
      // The id may be of a certificate that was deleted since; any other refusal would meet the pair as well.
      if (!isOssError(error, "InvalidArgument", "CertificateInvalidCasId")) throw error;
    }
  }
  return uploadOnce(swap);
}

/** Certificates that this process has uploaded or is uploading, by chain digest. An account's CertIds serve all its buckets. */
const uploads = new Map<string, Promise<CertificateInfo>>();

/** The CertId of an equal certificate: this one's own before a move, or one that another domain of the bucket has. */
async function findUploaded(
  bucket: Bucket,
  { read, chainDigest }: Desired,
  olds: Outputs | undefined,
): Promise<string | undefined> {
  if (olds !== undefined && olds.chainDigest === chainDigest && olds.certId !== "") return olds.certId;
  // The leaf is the recorded one but the chain is not: a certificate that shares only the leaf would not do.
  if (olds !== undefined && sameFingerprint(olds.fingerprint, read?.fingerprint)) return undefined;
  for (const { certificate } of (await bucket.bindings()).values())
    if (certificate !== undefined && sameFingerprint(certificate.fingerprint, read?.fingerprint))
      return certificate.certId;
  return undefined;
}

/** The first domain of a pair uploads it; the others wait and refer to its CertId. */
async function uploadOnce(swap: Swap): Promise<CertificateInfo> {
  const { chainDigest } = swap.desired;
  for (;;) {
    const earlier = uploads.get(chainDigest);
    if (earlier === undefined) break;
    const uploaded = await earlier.catch(() => undefined);
    if (uploaded !== undefined) return putCertId(swap, uploaded.certId);
  }
  const upload = putPair(swap);
  uploads.set(chainDigest, upload);
  try {
    return await upload;
  } catch (error) {
    uploads.delete(chainDigest);
    throw error;
  }
}

/** Sends the pair, and sends it again only when a list shows that it did not arrive. */
async function putPair(swap: Swap): Promise<CertificateInfo> {
  const { bucket, inputs, desired, guard } = swap;
  const send = () => bucket.putCertificate(inputs.domain, { ...desired.pair, ...guard });
  let certId: string | undefined;
  try {
    certId = await send();
  } catch (error) {
    const arrived = isOutcomeUnknown(error) || isConflict(error) ? await lookForPair(swap) : undefined;
    if (arrived === undefined && !isOutcomeUnknown(error)) throw await explained(error, swap);
    certId = arrived ?? (await send());
  }
  certId ??= await lookForPair(swap);
  if (certId === undefined)
    throw new Error(
      `PutCname ${inputs.domain} on bucket ${bucket.name} answered success, but ListCname does not show the certificate yet. Run \`pulumi up\` again`,
    );
  return remember(swap, certId);
}

/** The CertId under which the declared pair is listed on the domain, after a write whose outcome is not known. */
async function lookForPair({ bucket, inputs, desired, found }: Swap): Promise<string | undefined> {
  for (let look = 1; look <= LOOKS; look++) {
    const listed = (await bucket.observe(inputs.domain))?.certificate;
    if (listed !== undefined && listed.certId !== found.certificate?.certId) {
      const ends = parseDate(listed.validEndDate)?.getTime();
      const same =
        sameFingerprint(listed.fingerprint, desired.read?.fingerprint) ||
        (isMasked(listed.fingerprint) && ends === desired.read?.validTo.getTime());
      return same ? listed.certId : undefined;
    }
    if (look < LOOKS) await clock.sleep(LOOK_PAUSE_MS);
  }
  return undefined;
}

async function putCertId(swap: Swap, certId: string): Promise<CertificateInfo> {
  const { bucket, inputs, guard } = swap;
  try {
    await bucket.putCertificate(inputs.domain, { certId, ...guard });
  } catch (error) {
    const undecided = isOutcomeUnknown(error) || isConflict(error);
    if (!undecided || (await bucket.observe(inputs.domain))?.certificate?.certId !== certId)
      throw await explained(error, swap);
  }
  return remember(swap, certId);
}

/** Notes a confirmed write, with the certificate's dates from wherever they are known. */
async function remember({ bucket, inputs, desired, found }: Swap, certId: string): Promise<CertificateInfo> {
  const written = {
    type: "CAS",
    certId,
    status: "Enabled",
    creationDate: "",
    fingerprint: "",
    validStartDate: "",
    validEndDate: "",
  };
  const { read } = desired;
  const certificate =
    read === undefined
      ? await dated(bucket, inputs.domain, written, desired)
      : {
          ...written,
          fingerprint: read.fingerprint,
          validStartDate: read.validFrom.toUTCString(),
          validEndDate: read.validTo.toUTCString(),
        };
  bucket.wrote(inputs.domain, { ...found, certificate });
  return certificate;
}

/** Dates and fingerprint of a CertId are in no reply but the list's: another domain's entry will do. */
async function dated(
  bucket: Bucket,
  domain: string,
  certificate: CertificateInfo,
  desired: Desired,
): Promise<CertificateInfo> {
  if (certificate.validEndDate !== "" || desired.certId === undefined) return certificate;
  const known = [...(await bucket.bindings()).values()].find(
    (entry) => entry.certificate?.certId === certificate.certId && entry.certificate.validEndDate !== "",
  );
  const listed = known ?? (await bucket.observe(domain));
  return listed?.certificate?.certId === certificate.certId ? listed.certificate : certificate;
}

function isConflict(error: unknown): boolean {
  return isOssError(error, "CasRenewCertificateConflict") || (isOssError(error) && error.ec === "0018-00000209");
}

/** A certificate that changed under our hands is explained with what is there now. */
async function explained(error: unknown, { bucket, inputs, desired }: Swap): Promise<unknown> {
  if (!isConflict(error)) return error;
  const current = (await bucket.observe(inputs.domain))?.certificate;
  return current === undefined
    ? error
    : new Error(`${(error as Error).message} ${foreignText(inputs, desired, current)}`);
}

function foreignText(inputs: Inputs, desired: Desired, current: CertificateInfo): string {
  const declared = desired.certId ?? `SHA-1 ${desired.read?.fingerprint}`;
  return (
    `${inputs.domain} has a certificate that is neither the recorded nor the declared one: ${current.certId}, SHA-1 ${current.fingerprint || "unknown"}, ` +
    `ends ${current.validEndDate || "unknown"}. Declared: ${declared}. Nothing was changed. Run \`pulumi refresh\` and then \`pulumi up\` to overwrite it knowingly, or set force`
  );
}

function outputs(
  binding: BindingInputs,
  listed: CertificateInfo,
  declared?: { readonly chainDigest: string; readonly read?: Certificate | undefined },
): Outputs {
  return plain({
    ...bindingOf(binding),
    certId: listed.certId,
    chainDigest: declared?.chainDigest ?? "",
    fingerprint: declared?.read?.fingerprint ?? listed.fingerprint,
    validFrom: isoDate(listed.validStartDate),
    validTo: isoDate(listed.validEndDate),
    status: listed.status || "Enabled",
  });
}

function none(binding: BindingInputs, status: "Pending" | "Removed"): Outputs {
  return plain({
    ...bindingOf(binding),
    certId: "",
    chainDigest: "",
    fingerprint: "",
    validFrom: "",
    validTo: "",
    status,
  });
}

function isoDate(text: string): string {
  return parseDate(text)?.toISOString() ?? text;
}

function isMasked(fingerprint: string): boolean {
  return fingerprint.includes("*");
}

function sameFingerprint(one: string | undefined, other: string | undefined): boolean {
  return !!one && !!other && !isMasked(one) && one.toUpperCase() === other.toUpperCase();
}

/** Digests of chains that the state of this run holds. */
const inState = new Set<string>();

/** Everything that can be wrong with what is declared, before anything is sent. */
function checkCertificate(olds: Inputs, news: Inputs): { chainDigest?: string | undefined; failures: CheckFailure[] } {
  const failures: CheckFailure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  const has = (key: keyof Inputs) => news[key] !== undefined;

  const ways = [
    { name: "certId", used: has("certId") },
    { name: "certificate and privateKey", used: has("certificate") || has("privateKey") },
    { name: "certificateFile and privateKeyFile", used: has("certificateFile") || has("privateKeyFile") },
  ].filter(({ used }) => used);
  if (ways.length !== 1) {
    fail(
      ways.length === 0 ? "certId" : "certificate",
      ways.length === 0
        ? "give certId, or certificate and privateKey, or certificateFile and privateKeyFile"
        : `give one of ${ways.map(({ name }) => name).join(" or ")}, not both`,
    );
    return { failures };
  }
  if (news.certId !== undefined) {
    if (!isUnknown(news.certId) && (!/^\d+-[a-z0-9-]+$/.test(news.certId) || news.certId.length >= 64))
      fail(
        "certId",
        `${JSON.stringify(news.certId)} is not a CertId: it is a number and the region of the certificate service, such as 12345-cn-hangzhou or 12345-ap-southeast-1`,
      );
    return { failures };
  }
  const suffix = news.certificateFile !== undefined || news.privateKeyFile !== undefined ? "File" : "";
  for (const half of ["certificate", "privateKey"] as const)
    if (news[`${half}${suffix}`] === undefined)
      fail(`${half}${suffix}`, `${half}${suffix} is missing: a certificate and its private key go together`);
  if (failures.length > 0 || isUnknown(news[`certificate${suffix}`]))
    return {
      chainDigest: isUnknown(news[`certificate${suffix}`]) ? (news[`certificate${suffix}`] as string) : undefined,
      failures,
    };

  const pem: { certificate?: string; privateKey?: string } = {};
  for (const half of ["certificate", "privateKey"] as const) {
    if (isUnknown(news[`${half}${suffix}`])) continue;
    try {
      pem[half] = pemOf(news, half);
    } catch (error) {
      fail(`${half}${suffix}`, (error as Error).message);
    }
  }
  if (pem.certificate === undefined) return { failures };
  // What is not known yet cannot be wrong yet.
  const domain = isUnknown(news.domain) ? undefined : news.domain;
  const problems = certificateProblems(pem, domain, clock.now()).filter(
    ({ property }) => property === "certificate" || pem.privateKey !== undefined,
  );
  const read = readQuietly(pem.certificate, undefined);
  // One lapsed certificate that is in place already must not stand in the way of a whole stack.
  // (A replacement is checked twice, the second time without the old inputs.)
  if (read !== undefined && read.chainDigest === olds.chainDigest) inState.add(read.chainDigest);
  const tolerated = ({ kind }: CertificateProblem) =>
    kind === "expired" && read !== undefined && inState.has(read.chainDigest);
  for (const problem of problems) if (!tolerated(problem)) fail(`${problem.property}${suffix}`, problem.reason);
  return { chainDigest: read?.chainDigest, failures };
}

const warned = new Set<string>();

/**
 * Warns of an end that is near. It is the program that warns, because only here does a warning belong to a resource: as soon as the
 * end is known, so in previews of new certificates too.
 */
function warnBeforeEnd(resource: CnameCertificate, args: CnameCertificateArgs): void {
  const warn = (key: string, end: string | undefined, days: number) => {
    const left = Math.floor((Date.parse(end ?? "") - clock.now()) / DAY_MS);
    if (Number.isNaN(left) || left >= days || warned.has(key)) return;
    warned.add(key);
    const when = left < 0 ? `ended on ${end}` : `ends on ${end}, in ${left} day${left === 1 ? "" : "s"}`;
    void pulumi.log.warn(`the certificate ${when}`, resource);
  };
  pulumi
    .all([args.certificate, args.certificateFile, args.expiryWarningDays])
    .apply(([certificate, file, days = EXPIRY_WARNING_DAYS]) => {
      const read = readQuietly(certificate, file);
      if (read !== undefined) warn(read.chainDigest, read.validTo.toISOString(), days);
      else pulumi.all([resource.certId, resource.validTo]).apply(([certId, end]) => warn(certId, end, days));
    });
}

/** What is wrong with a certificate is for `check` to say. */
function readQuietly(certificate: string | undefined, file: string | undefined): Certificate | undefined {
  try {
    const pem = certificate ?? (file === undefined ? undefined : readFileSync(file, "utf8"));
    return pem === undefined ? undefined : readCertificate(pem);
  } catch {
    return undefined;
  }
}
