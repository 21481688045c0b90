import * as pulumi from "@pulumi/pulumi";
import { programState } from "../programState";

/** The name under which `dynamic.ts` exports a resource's lifecycle. It is part of users' state: never rename one. */
export type ProviderName =
  | "cnameToken"
  | "bucketCname"
  | "cnameCertificate"
  | "alidnsRecord"
  | "manualRecord"
  | "removalGuard"
  | "bucketCnames";

/**
 * A dynamic resource whose implementation is loaded by name.
 *
 * Pulumi keeps the text of a dynamic provider in the state of every resource and runs that text in another process.
 * Ours is one constant line, so new code of this package changes nobody's resources, and nothing of it is ever
 * serialized.
 */
export abstract class OssDynamicResource extends pulumi.CustomResource {
  /** `outputs` names the properties that only the provider knows. */
  constructor(
    provider: ProviderName,
    type: string,
    name: string,
    outputs: readonly string[],
    args: object,
    opts?: pulumi.CustomResourceOptions,
  ) {
    programState.checkConfiguration();
    const token = `pulumi-nodejs:dynamic/oss:${type}`;
    const props = {
      ...Object.fromEntries(outputs.map((output) => [output, undefined])),
      ...args,
      ...declaredDomain(type, name, token, args, opts),
      __provider: providerText(provider),
    };
    // The SDK takes four stack traces for each property, to tell where a promise was made that never settles: half of
    // the time that a resource costs. The position that it records of the resource does not depend on this limit.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      super(token, name, props, opts);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

/** Notes the domain of a resource that has one, unless an existing resource is read. */
function declaredDomain(
  kind: string,
  name: string,
  token: string,
  { domain }: { readonly domain?: pulumi.Input<string> },
  opts: pulumi.CustomResourceOptions = {},
): { readonly domain?: pulumi.Input<string> } {
  if (domain === undefined || opts.id !== undefined || opts.urn !== undefined) return {};
  const account = opts.provider ?? opts.parent?.getProvider(token);
  return { domain: programState.uniqueDomains.claim({ kind, name, account }, domain) };
}

/** The program text that Pulumi stores and runs. */
export function providerText(provider: ProviderName): string {
  return `exports.handler = () => require("pulumi-oss-cname/dynamic").${provider};`;
}
