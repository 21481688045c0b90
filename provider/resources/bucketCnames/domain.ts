import { txtRecordName } from "../../names";
import type { CnameInfo } from "../../oss/xml";
import type { Run } from "../../run";
import type { AlidnsRecordLifecycle } from "../alidnsRecord/lifecycle";
import { findProof } from "../alidnsRecord/proof";
import { bindingOf } from "../binding";
import type { BucketCnameLifecycle } from "../bucketCname/lifecycle";
import type { CnameCertificateLifecycle } from "../cnameCertificate/lifecycle";
import type { CnameTokenLifecycle } from "../cnameToken/lifecycle";
import { PartialFailure } from "../lifecycle";
import type { ManualRecordLifecycle } from "../manualRecord/lifecycle";

/** The lifecycles of the single resources, which do the work for each domain. */
export interface Singles {
  readonly cnameToken: CnameTokenLifecycle;
  readonly bucketCname: BucketCnameLifecycle;
  readonly cnameCertificate: CnameCertificateLifecycle;
  readonly alidnsRecord: AlidnsRecordLifecycle;
  readonly manualRecord: ManualRecordLifecycle;
}

type Outputs<Of extends keyof Singles> = Awaited<ReturnType<Singles[Of]["create"]>>["outs"];
type Inputs<Of extends keyof Singles> = Parameters<Singles[Of]["create"]>[0];

/** What stands for one domain: the outputs of the single resources that it would otherwise be made of. */
export interface Parts {
  readonly token?: Outputs<"cnameToken">;
  readonly txt?: Outputs<"alidnsRecord">;
  readonly binding?: Outputs<"bucketCname">;
  readonly certificate?: Outputs<"cnameCertificate">;
  readonly cname?: Outputs<"alidnsRecord">;
  /** What a person has to do about the CNAME record. */
  readonly manual?: Outputs<"manualRecord">;
}

/** What is declared for one domain: inputs of the single resources. */
export interface DeclaredDomain {
  readonly binding: Inputs<"bucketCname">;
  readonly certificate?: Inputs<"cnameCertificate">;
  /** Where Alibaba Cloud DNS keeps the domain's records. */
  readonly records?: Pick<Inputs<"alidnsRecord">, "ttl" | "zone" | "allowOverwrite">;
  /** Who makes the CNAME record. */
  readonly cname: "alidns" | "manual" | "none";
  /** Where it leads. Default: the public name of the bucket. */
  readonly cnameTarget?: string;
}

/** What became of one domain. */
export interface Attempt {
  readonly parts: Parts;
  readonly failure?: Error;
}

/** Steps on the parts of one domain, each of which goes on from what the one before it left. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Takes a domain through token, TXT record, binding, certificate and CNAME record, each as the resource of its own would
 * be: created where it is missing, updated where its `diff` says so.
 */
export async function ensureDomain(
  run: Run,
  singles: Singles,
  declared: DeclaredDomain,
  recorded: Parts,
): Promise<Attempt> {
  const { binding, certificate, records } = declared;
  const { domain } = binding;
  const parts: Mutable<Parts> = { ...recorded };
  try {
    parts.token = await ensured(singles.cnameToken, declaredToken(declared), recorded.token);
    // The resource that made the record may be another, or one whose state was lost; or a move was killed.
    if (records !== undefined && recorded.token?.bucket !== binding.bucket && parts.token.bound)
      parts.token = withProof(parts.token, await findProof(run.alidns, domain, records.zone));
    const txt = declaredTxt(declared, parts);
    if (txt !== undefined) parts.txt = await ensuredRecord(run, singles, txt, recorded.txt);
    parts.binding = await ensured(singles.bucketCname, binding, recorded.binding);
    const isBound = parts.binding.status !== "Pending";
    if (isBound) parts.token = { ...parts.token, bound: true, expireTime: "" };
    if (certificate !== undefined)
      parts.certificate = await ensured(singles.cnameCertificate, certificate, recorded.certificate);
    else if (parts.certificate !== undefined) {
      await singles.cnameCertificate.delete(domain, parts.certificate);
      delete parts.certificate;
    }
    const cname = declaredCname(declared, parts.binding);
    if (cname !== undefined && isBound) parts.cname = await ensuredRecord(run, singles, cname, recorded.cname);
    if (cname === undefined) await removeRecord(singles, parts, "cname");
    const manual = declaredManual(declared, parts);
    if (manual === undefined) delete parts.manual;
    else parts.manual = await ensured(singles.manualRecord, manual, recorded.manual);
    if (records === undefined) await removeRecord(singles, parts, "txt");
    return { parts };
  } catch (error) {
    if (error instanceof PartialFailure) keep(parts, error.properties as Left);
    return { parts, failure: error as Error };
  }
}

/** Whether `ensureDomain` has anything to do. Reads only. */
export async function isDomainChanged(singles: Singles, declared: DeclaredDomain, recorded: Parts): Promise<boolean> {
  const { token, binding, certificate } = recorded;
  if (token === undefined || binding === undefined) return true;
  if ((certificate === undefined) !== (declared.certificate === undefined)) return true;
  if (await changes(singles.cnameToken, declaredToken(declared), token)) return true;
  if (await changes(singles.bucketCname, declared.binding, binding)) return true;
  if (
    declared.certificate &&
    certificate &&
    (await changes(singles.cnameCertificate, declared.certificate, certificate))
  )
    return true;
  for (const [inputs, record] of [
    [declaredTxt(declared, recorded), recorded.txt],
    [declaredCname(declared, recorded.binding), recorded.cname],
  ] as const) {
    if ((inputs === undefined) !== (record === undefined)) return true;
    if (inputs && record && (await changes(singles.alidnsRecord, inputs, record))) return true;
  }
  const manual = declaredManual(declared, recorded);
  if ((manual === undefined) !== (recorded.manual === undefined)) return true;
  return manual && recorded.manual ? changes(singles.manualRecord, manual, recorded.manual) : false;
}

/** What there is of the parts on record. */
export async function readDomain(singles: Singles, domain: string, recorded: Parts): Promise<Parts> {
  const { token, txt, binding, certificate, cname, manual } = recorded;
  const found: Mutable<Parts> = {};
  if (token !== undefined) put("token", (await singles.cnameToken.read(`${token.bucket}/${domain}`, token)).props);
  if (txt !== undefined) put("txt", (await singles.alidnsRecord.read(txt.recordId, txt)).props);
  if (binding !== undefined) put("binding", (await singles.bucketCname.read(domain, binding)).props);
  if (certificate !== undefined) put("certificate", (await singles.cnameCertificate.read(domain, certificate)).props);
  if (cname !== undefined) put("cname", (await singles.alidnsRecord.read(cname.recordId, cname)).props);
  if (manual !== undefined) put("manual", (await singles.manualRecord.read(domain, manual)).props);
  return found;

  function put<Key extends keyof Parts>(key: Key, part: Parts[Key] | undefined): void {
    if (part !== undefined) found[key] = part as Mutable<Parts>[Key];
  }
}

/** What stands for a domain that the bucket lists. */
export async function importDomain(
  singles: Singles,
  bucket: string,
  { domain, certificate: listed }: CnameInfo,
): Promise<Parts> {
  const id = `${bucket}/${domain}`;
  const { props: token } = await singles.cnameToken.read(id);
  const { props: binding } = await singles.bucketCname.read(id);
  const { props: certificate } = listed ? await singles.cnameCertificate.read(id) : {};
  return { ...(token && { token }), ...(binding && { binding }), ...(certificate && { certificate }) };
}

/**
 * Removes what is on record, in reverse: the record that leads visitors here goes first, the proof of ownership last. The
 * certificate goes with the binding, and a token expires by itself.
 */
export async function deleteDomain(singles: Singles, domain: string, { txt, binding, cname }: Parts): Promise<void> {
  await releaseRecords(singles, { cname });
  if (binding !== undefined) await singles.bucketCname.delete(domain, binding);
  await releaseRecords(singles, { txt });
}

/** Removes the records on record, unless another resource has them now. */
export async function releaseRecords(
  { alidnsRecord }: Singles,
  { cname, txt }: { readonly [Key in "cname" | "txt"]?: Parts[Key] | undefined },
): Promise<void> {
  for (const record of [cname, txt]) if (record !== undefined) await alidnsRecord.delete(record.recordId, record);
}

interface Single<In, Out> {
  create(inputs: In): Promise<{ readonly outs: Out }>;
  update(id: string, olds: Out, news: In): Promise<{ readonly outs: Out }>;
  diff(id: string, olds: Out, news: In): Promise<{ readonly changes: boolean; readonly replaces: readonly string[] }>;
}

/** Creates, updates or leaves a part, as Pulumi would. */
async function ensured<In, Out>(single: Single<In, Out>, inputs: In, recorded: Out | undefined): Promise<Out> {
  if (recorded === undefined) return (await single.create(inputs)).outs;
  return (await changes(single, inputs, recorded)) ? (await single.update("", recorded, inputs)).outs : recorded;
}

/**
 * The same for a record, which another zone replaces, and which is always ours: after an `up` that was killed, nothing
 * tells a record of ours from one that was there before. `check` notes it, so that no other resource deletes it.
 */
async function ensuredRecord(
  { declared: program }: Run,
  { alidnsRecord }: Singles,
  declared: Inputs<"alidnsRecord">,
  recorded: Outputs<"alidnsRecord"> | undefined,
): Promise<Outputs<"alidnsRecord">> {
  const { inputs } = await alidnsRecord.check(declared, declared);
  const isReplaced = recorded && (await alidnsRecord.diff("", recorded, inputs)).replaces.length > 0;
  const { adoption: _, ...outs } = await ensured(alidnsRecord, inputs, isReplaced ? undefined : recorded);
  program.ownRecords.add(outs.recordId);
  if (isReplaced) await alidnsRecord.delete(recorded.recordId, recorded);
  return { ...outs, adopted: false };
}

/** A binding or a record may be there although its operation failed. */
function keep(parts: Mutable<Parts>, { __provider: _, ...left }: Left): void {
  if ("status" in left) parts.binding = left;
  else parts[left.type === "TXT" ? "txt" : "cname"] = { ...left, adopted: false };
}

type Left = (Outputs<"bucketCname"> | Outputs<"alidnsRecord">) & { readonly __provider?: string };

async function removeRecord({ alidnsRecord }: Singles, parts: Mutable<Parts>, key: "txt" | "cname"): Promise<void> {
  const record = parts[key];
  if (record === undefined) return;
  await alidnsRecord.delete(record.recordId, record);
  delete parts[key];
}

async function changes<In, Out>(single: Single<In, Out>, inputs: In, recorded: Out): Promise<boolean> {
  return (await single.diff("", recorded, inputs)).changes;
}

function declaredToken({ binding }: DeclaredDomain): Inputs<"cnameToken"> {
  return bindingOf(binding);
}

function withProof(token: Outputs<"cnameToken">, proof: string | undefined): Outputs<"cnameToken"> {
  return proof === undefined ? token : { ...token, token: proof, txtRecord: { ...token.txtRecord, value: proof } };
}

/** A domain that was bound before we met it needs no proof. */
function declaredTxt({ binding, records }: DeclaredDomain, { token }: Parts): Inputs<"alidnsRecord"> | undefined {
  if (records === undefined || !token?.token) return undefined;
  const { value } = token.txtRecord;
  return record(records, { name: txtRecordName(binding.domain), type: "TXT", value });
}

/** The CNAME record in Alibaba Cloud DNS. */
export function declaredCname(
  { binding: { domain }, records, cname, cnameTarget }: DeclaredDomain,
  bound: { readonly cnameTarget: string } | undefined,
): Inputs<"alidnsRecord"> | undefined {
  if (records === undefined || cname !== "alidns") return undefined;
  return record(records, { name: domain, type: "CNAME", value: cnameTarget ?? bound?.cnameTarget ?? "" });
}

function declaredManual(
  { binding: { domain }, cname, cnameTarget }: DeclaredDomain,
  { binding }: Parts,
): Inputs<"manualRecord"> | undefined {
  return cname === "manual" ? { name: domain, target: cnameTarget ?? binding?.cnameTarget ?? "" } : undefined;
}

function record(
  { ttl, zone, allowOverwrite }: NonNullable<DeclaredDomain["records"]>,
  content: Pick<Inputs<"alidnsRecord">, "name" | "type" | "value">,
): Inputs<"alidnsRecord"> {
  const overwrites = content.type === "CNAME" && allowOverwrite;
  return { ...content, ttl, ...(zone !== undefined && { zone }), ...(overwrites && { allowOverwrite }) };
}
