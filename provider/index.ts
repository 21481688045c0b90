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
export type { AlidnsRecordArgs } from "./resources/alidnsRecord/lifecycle";
export { AlidnsRecord } from "./resources/alidnsRecord/lifecycle";
export type { BucketCnameArgs, TakeoverArgs } from "./resources/bucketCname/lifecycle";
export { BucketCname } from "./resources/bucketCname/lifecycle";
export type { CnameCertificateArgs } from "./resources/cnameCertificate/lifecycle";
export { CnameCertificate } from "./resources/cnameCertificate/lifecycle";
export type { CnameTokenArgs, DnsRecord } from "./resources/cnameToken/lifecycle";
export { CnameToken } from "./resources/cnameToken/lifecycle";
export type {
  AlidnsOptions,
  Dns,
  MakeRecord,
  RecordArgs,
} from "./resources/customDomain/dns";
export {
  alidns,
  manual,
  none,
  records,
} from "./resources/customDomain/dns";
export type { CertificateArgs, CustomDomainArgs } from "./resources/customDomain/resource";
export { CustomDomain } from "./resources/customDomain/resource";
export type { OssAccountArgs } from "./resources/ossAccount";
export { OssAccount } from "./resources/ossAccount";
