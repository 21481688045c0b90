import type { ProviderName } from "../provider/plugin";

/** The resources of the package, `oss-cname:index:<name>`, and the lifecycle of each. */
export const RESOURCES: Readonly<Record<string, ProviderName>> = {
  CnameToken: "cnameToken",
  BucketCname: "bucketCname",
  CnameCertificate: "cnameCertificate",
  AlidnsRecord: "alidnsRecord",
  BucketCnames: "bucketCnames",
  AcmeCertificate: "acmeCertificate",
  ManualRecord: "manualRecord",
  RemovalGuard: "removalGuard",
  RecordMemory: "recordMemory",
};

/** Properties that are secret in every resource, at any depth, whether the program says so or not. */
export const SECRETS: readonly string[] = ["privateKey"];
