import * as pulumi from "@pulumi/pulumi";

/** The name under which `dynamic.ts` exports a resource's implementation. It is part of users' state: never rename one. */
export type ProviderName = "cnameToken" | "bucketCname" | "cnameCertificate" | "alidnsRecord";

/**
 * A dynamic resource whose implementation is loaded by name.
 *
 * Pulumi keeps the text of a dynamic provider in the state of every resource and runs that text in another process. Ours is
 * one constant line, so new code of this package is no change to anybody's resources, and nothing of it is ever serialized.
 */
export abstract class OssDynamicResource extends pulumi.CustomResource {
  constructor(
    provider: ProviderName,
    type: string,
    name: string,
    props: Record<string, unknown>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(`pulumi-nodejs:dynamic/oss:${type}`, name, { ...props, __provider: providerText(provider) }, opts);
  }
}

/** The program text that Pulumi stores and runs. */
export function providerText(provider: ProviderName): string {
  return `exports.handler = () => require("pulumi-oss-cname/dynamic").${provider};`;
}
