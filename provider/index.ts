export type { DnsRecord } from "./names";
export { getCnameToken, getCnameTokenOutput, listCnames, listCnamesOutput } from "./queries";
export type {
  BoundCertificate,
  BoundDomain,
  GetCnameTokenArgs,
  GetCnameTokenResult,
  ListCnamesArgs,
  ListCnamesResult,
} from "./queries/query";
export type { AcmeBucketArgs, AcmeCertificateArgs, AcmeDnsArgs } from "./resources/acmeCertificate/resource";
export { AcmeCertificate } from "./resources/acmeCertificate/resource";
export type { AlidnsRecordArgs } from "./resources/alidnsRecord/resource";
export { AlidnsRecord } from "./resources/alidnsRecord/resource";
export type { BucketCnameArgs, TakeoverArgs } from "./resources/bucketCname/resource";
export { BucketCname } from "./resources/bucketCname/resource";
export type {
  BucketCnamesArgs,
  BucketCnamesCertificateArgs,
  BucketCnamesDomainArgs,
  BucketCnamesResult,
} from "./resources/bucketCnames/resource";
export { BucketCnames } from "./resources/bucketCnames/resource";
export type { CnameCertificateArgs } from "./resources/cnameCertificate/resource";
export { CnameCertificate } from "./resources/cnameCertificate/resource";
export type { CnameTokenArgs } from "./resources/cnameToken/resource";
export { CnameToken } from "./resources/cnameToken/resource";
export type { AcmeOptions, AutomaticCertificate, LetsEncryptOptions } from "./resources/customDomain/automatic";
export { acme, letsEncrypt } from "./resources/customDomain/automatic";
export type { AlidnsOptions, Dns, MakeRecord, RecordArgs } from "./resources/customDomain/dns";
export { alidns, manual, none, records } from "./resources/customDomain/dns";
export type { CertificateArgs, CustomDomainArgs } from "./resources/customDomain/resource";
export { CustomDomain } from "./resources/customDomain/resource";
export type { CustomDomainsArgs, CustomDomainsEntry } from "./resources/customDomains/resource";
export { CustomDomains } from "./resources/customDomains/resource";
export type { OssAccountArgs } from "./resources/ossAccount";
export { OssAccount } from "./resources/ossAccount";

import { guardRemovals } from "./resources/removalGuard/resource";

// A program that lost its list of domains declares none, and needs the guard most.
guardRemovals();
