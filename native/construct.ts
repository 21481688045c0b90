/** Components for programs in other languages. Loaded when the first is asked for: the SDK takes long to load. */
import * as grpc from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import type { ConstructRequest, ConstructResponse } from "@pulumi/pulumi/proto/provider_pb";
import { alidns, CustomDomain, type CustomDomainArgs, makeNative, manual, none } from "../provider/components";

type Construct = grpc.handleUnaryCall<ConstructRequest, ConstructResponse>;

/** The SDK lets a process have one. */
let handler: Construct | undefined;

/** The handler of Construct. The SDK keeps the address of the first engine. */
export function constructHandler(engineAddress: string, version: string): Construct {
  makeNative();
  handler ??= sdkHandler({ version, construct }, engineAddress);
  return handler;
}

async function construct(
  name: string,
  type: string,
  inputs: pulumi.Inputs,
  options: pulumi.ComponentResourceOptions,
): Promise<pulumi.provider.ConstructResult> {
  if (type !== "oss-cname:index:CustomDomain") throw new Error(`the package oss-cname has no component ${type}`);
  const known = { ...inputs };
  for (const property of ["domain", "dns", "certificate", "cnameRecord"])
    known[property] = await knownValue(inputs[property], `CustomDomain ${name}: ${property}`);
  const component = new CustomDomain(name, { ...known, dns: dnsOf(known.dns) } as CustomDomainArgs, options);
  const { urn, records, status, cnameTarget, certificateValidTo, url } = component;
  return { urn, state: { records, status, cnameTarget, certificateValidTo, url } };
}

/**
 * A value that decides which resources there are. One with a secret inside comes as a secret whole: each of its fields is
 * one then.
 */
async function knownValue(input: unknown, what: string): Promise<unknown> {
  if (!pulumi.Output.isInstance<unknown>(input)) {
    if (pulumi.isUnknown(input)) throw new Error(`${what} must be known when the program runs`);
    return input;
  }
  const { isKnown, isSecret } = input as unknown as { isKnown: Promise<boolean>; isSecret: Promise<boolean> };
  if (!(await isKnown)) throw new Error(`${what} must be known when the program runs`);
  const value = await new Promise<unknown>((resolve) => input.apply(resolve));
  if (typeof value !== "object" || value === null || !(await isSecret)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, pulumi.secret(field)]));
}

/** Who keeps the records, as the class takes it; what is none of these the class refuses. */
function dnsOf(dns: unknown): unknown {
  if (dns === "alidns") return alidns();
  if (dns === "manual") return manual();
  if (dns === "none") return none;
  const options = (dns as { readonly alidns?: Parameters<typeof alidns>[0] } | undefined)?.alidns;
  if (options !== undefined) return alidns(options);
  throw new Error(`dns is ${JSON.stringify(dns)}: it must be "alidns", "manual", "none" or { alidns: { … } }`);
}

/**
 * The SDK's own handler, which rebuilds a component's inputs and options. It exports only a function that serves it on a
 * port of its own, so that function is let run as far as that.
 */
function sdkHandler(provider: pulumi.provider.Provider, engineAddress: string): Construct {
  const { prototype } = grpc.Server;
  const { addService, bindAsync } = prototype;
  let found: Construct | undefined;
  prototype.addService = (_definition, service) => {
    found = service.construct?.bind(service) as Construct;
  };
  prototype.bindAsync = () => {};
  try {
    void pulumi.provider.main(provider, [engineAddress]);
  } finally {
    Object.assign(prototype, { addService, bindAsync });
  }
  if (found === undefined) throw new Error("the SDK of Pulumi has another form than this plugin knows");
  return found;
}
