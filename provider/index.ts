export { OssAccount, type OssAccountArgs } from "./account";
export { AlidnsRecord, type AlidnsRecordArgs } from "./alidnsRecord";
export { BucketCname, type BucketCnameArgs, type TakeoverArgs } from "./bucketCname";
export { CnameCertificate, type CnameCertificateArgs } from "./cnameCertificate";
export { CnameToken, type CnameTokenArgs, type DnsRecord } from "./cnameToken";
export { type CertificateArgs, CustomDomain, type CustomDomainArgs } from "./customDomain";
export {
  type AlidnsOptions,
  alidns,
  type Dns,
  type MakeRecord,
  manual,
  none,
  type RecordArgs,
  records,
} from "./dnsRecords";
export {
  type BoundCertificate,
  type BoundDomain,
  type GetCnameTokenArgs,
  type GetCnameTokenResult,
  getCnameToken,
  getCnameTokenOutput,
  type ListCnamesArgs,
  type ListCnamesResult,
  listCnames,
  listCnamesOutput,
} from "./queries";
