import type { Location } from "../config/location";
import type { DnsRecord } from "../names";
import { domainProblem, foldName, RECORD_TTL_SECONDS, txtRecordName } from "../names";
import type { WithXml } from "../oss/operations";
import type { CertificateInfo, CnameInfo } from "../oss/xml";
import { isoDate } from "../oss/xml";
import type { Run } from "../run";
import { saveFile } from "../saveFile";

/** Arguments of all queries. */
interface QueryArgs extends Location {
  /** Bucket to ask. */
  readonly bucket: string;
  /** Also save the XML of the reply in this local file, readable by its owner only. Its directory must exist. */
  readonly outputFile?: string | undefined;
  /** Replace `outputFile` where it exists. Default false: the query fails. */
  readonly overwrite?: boolean | undefined;
}

/** Arguments of getCnameToken. */
export interface GetCnameTokenArgs extends QueryArgs {
  /** Domain, such as `www.example.com`. */
  readonly domain: string;
}

/** Result of getCnameToken. */
export interface GetCnameTokenResult {
  /** Bucket that the token is for. */
  readonly bucket: string;
  /** Domain that the token is for. */
  readonly domain: string;
  /** 32 lower-case hex digits. */
  readonly token: string;
  /** When the token expires (ISO 8601). */
  readonly expireTime: string;
  /** The record that proves ownership. */
  readonly txtRecord: DnsRecord;
}

/** Arguments of listCnames. */
export interface ListCnamesArgs extends QueryArgs {
  /** Whether the result includes certificates; the XML in `outputFile` always does. Default true. */
  readonly certificates?: boolean | undefined;
}

/** Result of listCnames. */
export interface ListCnamesResult {
  /** Bucket that was asked. */
  readonly bucket: string;
  /** Id of the account that owns the bucket. */
  readonly owner: string;
  /** The domains that are bound to the bucket. */
  readonly cnames: BoundDomain[];
}

/** A domain that is bound to a bucket. */
export interface BoundDomain {
  /** The domain, in lower case. */
  readonly domain: string;
  /** `Enabled` or `Disabled`. */
  readonly status: string;
  /** When the binding was last changed (ISO 8601). */
  readonly lastModified: string;
  /** Its certificate, if it has one. */
  readonly certificate?: BoundCertificate;
}

/** The certificate of a bound domain. */
export interface BoundCertificate {
  /** Id in Certificate Management Service with its region, such as `27114423-cn-hangzhou`. */
  readonly certId: string;
  /** `CAS` or `Upload`. */
  readonly type: string;
  /** `Enabled` or `Disabled`. */
  readonly status: string;
  /** SHA-1, upper-case hex with colons, perhaps masked. */
  readonly fingerprint: string;
  /** When it was made (ISO 8601). */
  readonly creationDate: string;
  /** ISO 8601. */
  readonly validFrom: string;
  /** ISO 8601. */
  readonly validTo: string;
}

/** The valid token of a domain, with the XML of the reply. Fails with CnameTokenNotFound where there is none. */
export async function queryCnameToken(run: Run, args: GetCnameTokenArgs): Promise<WithXml<GetCnameTokenResult>> {
  const { bucket } = args;
  const domain = foldName(args.domain);
  const problem = domainProblem(domain);
  if (problem !== undefined) throw new Error(problem);
  const { token, expireTime, xml } = await run.bucket(args).getToken(domain);
  saveXml(args, xml);
  return {
    bucket,
    domain,
    token,
    expireTime: isoDate(expireTime),
    txtRecord: { name: txtRecordName(domain), type: "TXT", value: token, ttl: RECORD_TTL_SECONDS },
    xml,
  };
}

/** All domains bound to a bucket, with the XML of the reply. */
export async function queryCnames(run: Run, args: ListCnamesArgs): Promise<WithXml<ListCnamesResult>> {
  const { bucket, certificates = true } = args;
  const { owner, cnames, xml } = await run.bucket(args).list();
  saveXml(args, xml);
  return { bucket, owner, cnames: cnames.map((cname) => boundDomain(cname, certificates)), xml };
}

function saveXml({ outputFile, overwrite }: QueryArgs, xml: string): void {
  if (outputFile !== undefined) saveFile(outputFile, xml, { overwrite });
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
