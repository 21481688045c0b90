import type * as pulumi from "@pulumi/pulumi";
import type { Location } from "./config/connection";
import { ossClient } from "./config/connection";
import { foldName } from "./dns/query";
import { getCnameTokenXml, listCnameXml } from "./oss/operations";
import type { CertificateInfo, CnameInfo, CnameList, CnameToken } from "./oss/xml";
import { parseCnameList, parseCnameToken, parseDate } from "./oss/xml";
import { domainProblem, txtRecordName } from "./resources/binding";
import type { DnsRecord } from "./resources/cnameToken/lifecycle";
import { saveFile } from "./saveFile";

/** What all queries take. They ask with the stack's own credentials, and where nothing else is said in its region. */
interface QueryArgs extends Location {
  readonly bucket: string;
  /** Also save the service's own XML in this local file. Its directory must exist. Only its owner may read it. */
  readonly outputFile?: string | undefined;
  /** Replace `outputFile` where it exists. Default false: the query fails. */
  readonly overwrite?: boolean | undefined;
}

export interface GetCnameTokenArgs extends QueryArgs {
  readonly domain: string;
}

export interface GetCnameTokenResult {
  readonly bucket: string;
  readonly domain: string;
  /** 32 lower-case hex digits. */
  readonly token: string;
  /** ISO 8601. */
  readonly expireTime: string;
  /** The record that proves ownership. */
  readonly txtRecord: DnsRecord;
}

export interface ListCnamesArgs extends QueryArgs {
  /** Whether the result tells about certificates. `outputFile` is the service's own words in any case. Default true. */
  readonly certificates?: boolean | undefined;
}

export interface ListCnamesResult {
  readonly bucket: string;
  /** Account id. */
  readonly owner: string;
  readonly cnames: BoundDomain[];
}

/** A domain that is bound to a bucket. */
export interface BoundDomain {
  readonly domain: string;
  /** `Enabled` or `Disabled`. */
  readonly status: string;
  /** ISO 8601. */
  readonly lastModified: string;
  readonly certificate?: BoundCertificate;
}

/** The certificate of a bound domain. Dates in ISO 8601. */
export interface BoundCertificate {
  /** `27114423-cn-hangzhou` */
  readonly certId: string;
  /** `CAS` or `Upload`. */
  readonly type: string;
  /** `Enabled` or `Disabled`. */
  readonly status: string;
  /** SHA-1, upper-case hex with colons, perhaps masked. */
  readonly fingerprint: string;
  readonly creationDate: string;
  readonly validFrom: string;
  readonly validTo: string;
}

/** Seconds. */
const TXT_TTL = 600;

/** The valid token of a domain. Without one it fails with an `OssError` CnameTokenNotFound: this never makes one. */
export async function getCnameToken(args: GetCnameTokenArgs): Promise<GetCnameTokenResult> {
  return readCnameToken(await cnameTokenXml(args), args);
}

/** All domains bound to a bucket. */
export async function listCnames(args: ListCnamesArgs): Promise<ListCnamesResult> {
  return readCnames(await cnamesXml(args), args);
}

/** As `getCnameToken`, of outputs of resources. */
export function getCnameTokenOutput(args: Inputs<GetCnameTokenArgs>): pulumi.Output<GetCnameTokenResult> {
  return library()
    .output(args)
    .apply((known) => getCnameToken(known as GetCnameTokenArgs));
}

/** As `listCnames`, of outputs of resources. */
export function listCnamesOutput(args: Inputs<ListCnamesArgs>): pulumi.Output<ListCnamesResult> {
  return library()
    .output(args)
    .apply((known) => listCnames(known as ListCnamesArgs));
}

/** The same arguments, each perhaps the output of a resource. */
type Inputs<Args> = { readonly [Key in keyof Args]: pulumi.Input<Args[Key]> };

/** The service's own words for `readCnameToken`, saved on request. @internal */
export async function cnameTokenXml(args: GetCnameTokenArgs): Promise<string> {
  const domain = foldName(args.domain);
  const problem = domainProblem(domain);
  if (problem !== undefined) throw new Error(problem);
  return saved(args, await getCnameTokenXml(ossClient(args), args.bucket, domain));
}

/** The service's own words for `readCnames`, saved on request. @internal */
export async function cnamesXml(args: ListCnamesArgs): Promise<string> {
  return saved(args, await listCnameXml(ossClient(args), args.bucket));
}

/** @internal */
export function readCnameToken(xml: string, args: GetCnameTokenArgs): GetCnameTokenResult {
  const { token, expireTime }: CnameToken = parseCnameToken(xml);
  const domain = foldName(args.domain);
  return {
    bucket: args.bucket,
    domain,
    token,
    expireTime: isoDate(expireTime),
    txtRecord: { name: txtRecordName(domain), type: "TXT", value: token, ttl: TXT_TTL },
  };
}

/** @internal */
export function readCnames(xml: string, { bucket, certificates = true }: ListCnamesArgs): ListCnamesResult {
  const { owner, cnames }: CnameList = parseCnameList(xml);
  return { bucket, owner, cnames: cnames.map((cname) => boundDomain(cname, certificates)) };
}

function boundDomain({ domain, status, lastModified, certificate }: CnameInfo, certificates: boolean): BoundDomain {
  return {
    domain,
    status,
    lastModified: isoDate(lastModified),
    ...(certificates && certificate && { certificate: boundCertificate(certificate) }),
  };
}

function boundCertificate(certificate: CertificateInfo): BoundCertificate {
  const { certId, type, status, fingerprint, creationDate, validStartDate, validEndDate } = certificate;
  return {
    certId,
    type,
    status,
    fingerprint,
    creationDate: isoDate(creationDate),
    validFrom: isoDate(validStartDate),
    validTo: isoDate(validEndDate),
  };
}

function saved({ outputFile, overwrite }: QueryArgs, xml: string): string {
  if (outputFile !== undefined) saveFile(outputFile, xml, { overwrite });
  return xml;
}

/** The date as ISO 8601, or as the service wrote it where that is none. */
function isoDate(text: string): string {
  return parseDate(text)?.toISOString() ?? text;
}

/** Loaded here because the command queries as well, and has no use for it. */
function library(): typeof pulumi {
  return require("@pulumi/pulumi");
}
