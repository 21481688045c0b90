import * as pulumi from "@pulumi/pulumi";
import { ACCOUNT_KEYS, SETTINGS } from "../config/settings";
import { regionOfEndpoint } from "../oss/endpoint";
import { programState } from "../programState";

/** Arguments of OssAccount. What is not given is the stack's own. */
export interface OssAccountArgs {
  /** Region of the buckets, such as `ap-southeast-1`. */
  readonly region?: pulumi.Input<string>;
  /** OSS endpoint, when it is not the public one of the region. */
  readonly endpoint?: pulumi.Input<string>;
  /** Profile of the Alibaba Cloud CLI. Preferred over keys, which Pulumi would keep in the state and use from there. */
  readonly profile?: pulumi.Input<string>;
  /** Id of an access key. Goes with `secretKey`. */
  readonly accessKey?: pulumi.Input<string>;
  /** Secret of the access key. */
  readonly secretKey?: pulumi.Input<string>;
  /** Security token of a temporary access key. */
  readonly securityToken?: pulumi.Input<string>;
}

const CREDENTIALS = ACCOUNT_KEYS.filter((key) => key !== "region");

/**
 * Another account, region or endpoint: `new BucketCname("shop", {…}, { provider: new OssAccount("intl", {…}) })`.
 *
 * It inherits the stack's `oss-cname:*` settings, and its credentials when none are given. Pulumi starts a provider
 * process of its own for it.
 */
export class OssAccount extends pulumi.ProviderResource {
  /** The profile that was given. */
  readonly profile: pulumi.Input<string> | undefined;
  /** Whether keys were given. */
  readonly hasKeys: boolean;

  constructor(name: string, args: OssAccountArgs, opts?: pulumi.ResourceOptions) {
    const { flavour, pluginVersion: version } = programState;
    const config = accountConfig(args);
    if (flavour === "dynamic") super("pulumi-nodejs", name, config, opts);
    else super("oss-cname", name, withoutNamespaces(config), { ...opts, ...(version && { version }) });
    this.profile = args.profile;
    this.hasKeys = args.accessKey !== undefined || args.secretKey !== undefined;
  }
}

/**
 * Takes the account out of a component's options. All our resources share one package name, so children would inherit
 * it, and DNS records must not.
 */
export function takeAccount(
  opts: pulumi.ComponentResourceOptions,
): pulumi.ComponentResourceOptions & { account?: pulumi.ProviderResource } {
  const { provider, providers, ...rest } = opts;
  const given = [...(provider ? [provider] : []), ...Object.values(providers ?? {})];
  const account = given.find(isAccount);
  return { ...rest, providers: given.filter((other) => other !== account), ...(account && { account }) };
}

/** In the plugin, the account of a component is a mere reference. */
function isAccount(provider: pulumi.ProviderResource): boolean {
  if (provider instanceof OssAccount) return true;
  return programState.flavour === "native" && packageOf(provider) === "oss-cname";
}

function packageOf(provider: pulumi.ProviderResource): string {
  return (provider as unknown as { getPackage(): string }).getPackage();
}

function withoutNamespaces(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^.*:/, ""), value]));
}

/** The keys carry their namespace because that is how the process of dynamic resources looks configuration up. */
function accountConfig(args: OssAccountArgs): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  const stack = (key: string) => pulumi.runtime.getConfig(key);
  const copy = (key: string, from = key) => {
    const value = stack(from);
    if (value !== undefined) config[key] = /Key$|Token$/.test(key) ? pulumi.secret(value) : value;
  };
  for (const key of SETTINGS) if (!/:(region|endpoint|buckets)$/.test(key)) copy(key);
  const given = CREDENTIALS.filter((key) => args[key] !== undefined);
  const namespace = CREDENTIALS.some((key) => stack(`alicloud:${key}`) !== undefined) ? "alicloud" : "oss-cname";
  if (given.length === 0) for (const key of CREDENTIALS) copy(`alicloud:${key}`, `${namespace}:${key}`);
  for (const key of given) config[`alicloud:${key}`] = key === "profile" ? args[key] : pulumi.secret(args[key]);
  if (args.region !== undefined) config["alicloud:region"] = args.region;
  else copy("alicloud:region", stack("alicloud:region") === undefined ? "oss-cname:region" : "alicloud:region");
  if (args.endpoint !== undefined) config["oss-cname:endpoint"] = args.endpoint;
  else if (!isOfOneRegion(stack("oss-cname:endpoint")) || args.region === undefined) copy("oss-cname:endpoint");
  return config;
}

/** Such an endpoint does not serve an account with another region. */
function isOfOneRegion(endpoint: string | undefined): boolean {
  return endpoint !== undefined && regionOfEndpoint(endpoint) !== undefined;
}
