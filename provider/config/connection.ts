import type { Credentials } from "../oss/client";
import { OssClient } from "../oss/client";
import { regionOfEndpoint } from "../oss/endpoint";
import type { Config } from "./settings";
import { choice, setting, useConfig } from "./settings";

/** Where a bucket lives, as a resource says it; whatever it leaves out is the provider's. */
export interface Location {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
}

/** Keys that decide who is asked, and as whom. */
const CONNECTION_KEYS = [
  "alicloud:region",
  "alicloud:accessKey",
  "alicloud:secretKey",
  "alicloud:securityToken",
  "alicloud:profile",
  "oss-cname:endpoint",
  "oss-cname:signatureVersion",
  "oss-cname:addressing",
];

let connectedBy: Config | undefined;
let source: CredentialSource | undefined;
const clients = new Map<string, OssClient>();

/**
 * Takes the provider's configuration. Pulumi calls this once for each kind of resource, always with the same values in one process,
 * and what the process has learned so far must survive that. It does not wait either, so this finishes synchronously. Throws where a
 * value is none.
 */
export function configure(request: { readonly config: Config }): Promise<void> {
  useConfig(request.config);
  const isSame = CONNECTION_KEYS.every((key) => connectedBy?.get(key) === request.config.get(key));
  connectedBy = request.config;
  if (!isSame) {
    source = undefined;
    clients.clear();
  }
  return Promise.resolve();
}

/** The client of one location: made once, with connections kept alive for as long as the process lives. */
export function ossClient(location: Location): OssClient {
  const region = regionOf(location);
  const endpoint = endpointOf(location, region);
  const key = JSON.stringify([region, endpoint]);
  let client = clients.get(key);
  if (client === undefined) {
    client = new OssClient({
      region,
      endpoint,
      credentials,
      signatureVersion: choice("oss-cname:signatureVersion"),
      addressing: choice("oss-cname:addressing"),
    });
    clients.set(key, client);
  }
  return client;
}

/** The region of a location: its own, else the provider's, else `ALICLOUD_REGION` or `ALIBABA_CLOUD_REGION`, else what the endpoint says. */
export function regionOf(location: Location): string | undefined {
  const own = location.region ?? (location.endpoint === undefined ? undefined : regionOfEndpoint(location.endpoint));
  if (own !== undefined) return own;
  const configured = setting("oss-cname:endpoint");
  return (
    setting("alicloud:region") ??
    environment("ALICLOUD_REGION", "ALIBABA_CLOUD_REGION") ??
    (configured === undefined ? undefined : regionOfEndpoint(configured))
  );
}

/** A configured endpoint that names a region does not serve a resource which asks for another one. */
function endpointOf(location: Location, region: string | undefined): string | undefined {
  if (location.endpoint !== undefined) return location.endpoint;
  const configured = setting("oss-cname:endpoint");
  if (configured === undefined || location.region === undefined) return configured;
  const itsRegion = regionOfEndpoint(configured);
  return itsRegion === undefined || itsRegion === region ? configured : undefined;
}

/**
 * The access key to sign with, always whole from one source, the first that has one:
 * 1. `alicloud:accessKey`, `alicloud:secretKey` and `alicloud:securityToken`
 * 2. `alicloud:profile`, a profile of the Alibaba Cloud CLI
 * 3. environment `ALICLOUD_ACCESS_KEY`, `ALICLOUD_SECRET_KEY`, `ALICLOUD_SECURITY_TOKEN`
 * 4. environment `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN`
 * 5. environment `ALIBABACLOUD_ACCESS_KEY_ID`, `ALIBABACLOUD_ACCESS_KEY_SECRET`, `ALIBABACLOUD_SECURITY_TOKEN`
 * 6. environment `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET`, `OSS_SESSION_TOKEN`
 * 7. environment `ALICLOUD_PROFILE` or `ALIBABA_CLOUD_PROFILE`
 * 8. the official chain of `@alicloud/credentials`: OIDC role, CLI profile, credentials file, ECS role, credentials URI
 *
 * Profiles and the chain renew temporary keys by themselves; keys from configuration and environment are what they are.
 */
export async function credentials(): Promise<Credentials> {
  source ??= findSource();
  try {
    return await source.get();
  } catch (error) {
    const { name } = source;
    // After a total failure the official chain asks only the source it tried last.
    source = undefined;
    // The official reader puts a file that it cannot parse, keys and all, into its message.
    const reason = (error as Error).message.replace(/(config from '[^']*' failed)[\s\S]*/, "$1");
    throw new Error(
      `No usable credentials from ${name}: ${reason}. Set alicloud:accessKey and alicloud:secretKey (pulumi config set --secret), ` +
        "alicloud:profile, or ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY",
    );
  }
}

/** Where the credentials in use come from, for error messages. */
export function credentialSource(): string {
  source ??= findSource();
  return source.name;
}

interface CredentialSource {
  readonly name: string;
  get(): Promise<Credentials>;
}

function findSource(): CredentialSource {
  const fixed = fixedSource("the stack's alicloud:* configuration", setting, [
    "alicloud:accessKey",
    "alicloud:secretKey",
    "alicloud:securityToken",
  ]);
  if (fixed !== undefined) return fixed;
  const profile = setting("alicloud:profile");
  if (profile !== undefined) return profileSource(profile);
  for (const names of [
    ["ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"],
    ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
    ["ALIBABACLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_SECURITY_TOKEN"],
    ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"],
  ] as const) {
    const found = fixedSource("the environment", environment, names);
    if (found !== undefined) return found;
  }
  const named = environment("ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE");
  return named !== undefined ? profileSource(named) : chainSource();
}

function fixedSource(
  where: string,
  look: (name: string) => string | undefined,
  names: readonly string[],
): CredentialSource | undefined {
  const [accessKeyId, accessKeySecret, securityToken] = names.map((name) => look(name));
  if (accessKeyId === undefined && accessKeySecret === undefined) return undefined;
  const name = `${where} (${names[0]})`;
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    const [present, missing] = accessKeyId === undefined ? [names[1], names[0]] : [names[0], names[1]];
    return { name, get: () => Promise.reject(new Error(`${present} is set but ${missing} is not`)) };
  }
  return { name, get: () => Promise.resolve({ accessKeyId, accessKeySecret, securityToken }) };
}

function profileSource(profile: string): CredentialSource {
  return officialSource(`CLI profile ${JSON.stringify(profile)}`, (library) =>
    library.CLIProfileCredentialsProvider.builder().withProfileName(profile).build(),
  );
}

const CHAIN_NAMES = {
  ALICLOUD_SHARED_CREDENTIALS_FILE: "ALIBABA_CLOUD_CREDENTIALS_FILE",
  ALICLOUD_ECS_ROLE_NAME: "ALIBABA_CLOUD_ECS_METADATA",
  ALICLOUD_CREDENTIALS_URI: "ALIBABA_CLOUD_CREDENTIALS_URI",
  ALICLOUD_ASSUME_ROLE_ARN: "ALIBABA_CLOUD_ROLE_ARN",
  ALICLOUD_ASSUME_ROLE_SESSION_NAME: "ALIBABA_CLOUD_ROLE_SESSION_NAME",
};

function chainSource(): CredentialSource {
  // The official chain knows only its own names for what the alicloud providers also accept under theirs.
  for (const [theirs, name] of Object.entries(CHAIN_NAMES)) {
    const value = environment(theirs);
    if (value !== undefined) process.env[name] ??= value;
  }
  return officialSource("the credential chain", (library) => library.DefaultCredentialsProvider.builder().build());
}

type OfficialLibrary = Pick<
  typeof import("@alicloud/credentials"),
  "CLIProfileCredentialsProvider" | "DefaultCredentialsProvider"
>;

/** The library is loaded only when keys must come from it. */
function officialSource(
  name: string,
  build: (library: OfficialLibrary) => { getCredentials(): Promise<Credentials> },
): CredentialSource {
  let provider: { getCredentials(): Promise<Credentials> } | undefined;
  return {
    name,
    async get() {
      provider ??= build(await import("@alicloud/credentials"));
      const { accessKeyId, accessKeySecret, securityToken } = await provider.getCredentials();
      return { accessKeyId, accessKeySecret, securityToken: securityToken || undefined };
    },
  };
}

function environment(...names: string[]): string | undefined {
  return names.map((name) => process.env[name]).find((value) => value !== undefined && value !== "");
}
