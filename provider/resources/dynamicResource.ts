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
  | "recordMemory"
  | "bucketCnames"
  | "acmeCertificate";

/**
 * A resource of this package, in one of two flavours.
 *
 * Dynamic: Pulumi keeps the text of the provider in the state of every resource and runs that text in another process.
 * Ours is one constant line, so new code of this package changes nobody's resources, and nothing of it is ever
 * serialized. Native: the plugin serves it. A stack may go from one to the other at any time.
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
    const token = typeToken(type);
    const isNative = programState.flavour === "native";
    const { pluginVersion: version } = programState;
    const props = {
      ...Object.fromEntries(outputs.map((output) => [output, undefined])),
      ...args,
      ...declaredDomain(type, name, token, args, opts),
      ...(!isNative && { __provider: providerText(provider) }),
    };
    const aliases = aliasesOf(isNative ? dynamicToken(type) : nativeToken(type), opts?.aliases);
    const restore = withoutStackTraces();
    try {
      super(token, name, props, { ...opts, aliases, ...(version && { version }) });
    } finally {
      restore();
    }
  }
}

/** The type of a resource in the state. */
export function typeToken(type: string): string {
  return programState.flavour === "native" ? nativeToken(type) : dynamicToken(type);
}

function nativeToken(type: string): string {
  return `oss-cname:index:${type}`;
}

function dynamicToken(type: string): string {
  return `pulumi-nodejs:dynamic/oss:${type}`;
}

type Aliases = NonNullable<pulumi.CustomResourceOptions["aliases"]>;

/** The resource as the other flavour made it, under this name or an earlier one. */
function aliasesOf(otherType: string, given: Aliases = []): Aliases {
  const earlier = given.flatMap((alias) =>
    typeof alias === "object" && !pulumi.Output.isInstance(alias) && "name" in alias && !("type" in alias)
      ? [{ ...alias, type: otherType }]
      : [],
  );
  return [...given, ...earlier, { type: otherType }];
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

/**
 * Keeps the SDK from taking stack traces until the function that this gives is called. It takes four for each property,
 * to tell where a promise was made that never settles, and one for the state, whose position would be in this package:
 * half of the time and a third of the state that a resource costs.
 */
function withoutStackTraces(): () => void {
  const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit") ?? { configurable: true, value: undefined };
  // The SDK raises the limit for the one. V8 takes none where the limit is not a plain value.
  Object.defineProperty(Error, "stackTraceLimit", { configurable: true, get: () => 0, set: () => {} });
  return () => Object.defineProperty(Error, "stackTraceLimit", limit);
}
