export type { OssAccountArgs } from "./account";
export { OssAccount } from "./account";
export type { AlidnsRecordArgs } from "./alidnsRecord";
export { AlidnsRecord } from "./alidnsRecord";
export type { BucketCnameArgs, TakeoverArgs } from "./bucketCname";
export { BucketCname } from "./bucketCname";
export type { CnameCertificateArgs } from "./cnameCertificate";
export { CnameCertificate } from "./cnameCertificate";
export type { CnameTokenArgs, DnsRecord } from "./cnameToken";
export { CnameToken } from "./cnameToken";
export type { CertificateArgs, CustomDomainArgs } from "./customDomain";
export { CustomDomain } from "./customDomain";
export type {
  AlidnsOptions,
  Dns,
  MakeRecord,
  RecordArgs,
} from "./dnsRecords";
export {
  alidns,
  manual,
  none,
  records,
} from "./dnsRecords";
export type {
  BoundCertificate,
  BoundDomain,
  GetCnameTokenArgs,
  GetCnameTokenResult,
  ListCnamesArgs,
  ListCnamesResult,
} from "./queries";
export {
  getCnameToken,
  getCnameTokenOutput,
  listCnames,
  listCnamesOutput,
} from "./queries";
