/** What Pulumi's dynamic-provider process loads, by the names in `ProviderName`. */
export { alidnsRecordProvider as alidnsRecord } from "./resources/alidnsRecord/lifecycle";
export { bucketCnameProvider as bucketCname } from "./resources/bucketCname/lifecycle";
export { cnameCertificateProvider as cnameCertificate } from "./resources/cnameCertificate/lifecycle";
export { cnameTokenProvider as cnameToken } from "./resources/cnameToken/lifecycle";
