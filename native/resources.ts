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

/** The lifecycle of a resource, by its URN. */
export function lifecycleName(urn: string): ProviderName {
  const name = RESOURCES[typeName(urn)];
  if (name === undefined) throw new Error(`the package oss-cname has no resource ${typeOf(urn)}`);
  return name;
}

/** The name of a resource's type in our package; empty for others. */
export function typeName(urn: string): string {
  return /^oss-cname:index:(\w+)$/.exec(typeOf(urn))?.[1] ?? "";
}

/** A URN has the types of all parents: `urn:pulumi:dev::project::oss-cname:index:CustomDomain$oss-cname:index:CnameToken::www`. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}
