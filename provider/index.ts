export { OssAccount, type OssAccountArgs } from "./account";
export { AlidnsRecord, type AlidnsRecordArgs } from "./alidnsRecord";
export { BucketCname, type BucketCnameArgs, type TakeoverArgs } from "./bucketCname";
export { CnameCertificate, type CnameCertificateArgs } from "./cnameCertificate";
export { CnameToken, type CnameTokenArgs, type DnsRecord } from "./cnameToken";
