/** What Pulumi's dynamic-provider process loads, by the names in `ProviderName`. */
export { alidnsRecordProvider as alidnsRecord } from "./alidnsRecord";
export { bucketCnameProvider as bucketCname } from "./bucketCname";
export { cnameCertificateProvider as cnameCertificate } from "./cnameCertificate";
export { cnameTokenProvider as cnameToken } from "./cnameToken";
