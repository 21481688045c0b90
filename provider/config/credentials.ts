import type { Credentials } from "../oss/sign";
import { printable } from "../redact";
import type { Settings } from "./settings";

/** A place that access keys come from. */
interface Source {
  /** For error messages. */
  readonly name: string;
  get(): Promise<Credentials>;
}

/**
 * The access key to sign with, always whole from one source, the first that has one:
 * 1. `alicloud:accessKey`, `alicloud:secretKey` and `alicloud:securityToken`
 * 2. `alicloud:profile`, a profile of the Alibaba Cloud CLI; both next as `oss-cname:*`, which the plugin reads
 * 3. environment `ALICLOUD_ACCESS_KEY`, `ALICLOUD_SECRET_KEY`, `ALICLOUD_SECURITY_TOKEN`
 * 4. environment `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN`
 * 5. environment `ALIBABACLOUD_ACCESS_KEY_ID`, `ALIBABACLOUD_ACCESS_KEY_SECRET`, `ALIBABACLOUD_SECURITY_TOKEN`
 * 6. environment `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET`, `OSS_SESSION_TOKEN`
 * 7. environment `ALICLOUD_PROFILE` or `ALIBABA_CLOUD_PROFILE`
 * 8. the official chain of `@alicloud/credentials`: OIDC role, CLI profile, credentials file, ECS role, credentials URI
 *
 * Profiles and the chain renew temporary keys by themselves; keys from configuration and environment do not change.
 */
export class CredentialChain {
  readonly #settings: () => Settings;
  #source: Source | undefined;

  constructor(settings: () => Settings) {
    this.#settings = settings;
  }

  /** Keys for one request. Throws, with what to set, where there are none. */
  async get(): Promise<Credentials> {
    const source = this.#find();
    try {
      return await source.get();
    } catch (error) {
      // After a total failure the official chain asks only the source that it tried last.
      if (this.#source === source) this.#source = undefined;
      // The official library repeats files, replies and output of commands that it cannot parse, keys included, after a
      // colon.
      const [reason = ""] = printable((error as Error).message).split(/: |\n/, 1);
      throw new Error(
        `No usable credentials from ${source.name}: ${reason}. Set alicloud:accessKey and alicloud:secretKey ` +
          "(pulumi config set --secret), alicloud:profile, or ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY",
      );
    }
  }

  /** Where the keys in use come from, for a person to read. */
  get sourceName(): string {
    return this.#find().name;
  }

  #find(): Source {
    this.#source ??= findSource(this.#settings());
    return this.#source;
  }
}

function findSource(settings: Settings): Source {
  for (const namespace of ["alicloud", "oss-cname"]) {
    const configured = fixedSource(`the stack's ${namespace}:* configuration`, (key) => settings.get(key), [
      `${namespace}:accessKey`,
      `${namespace}:secretKey`,
      `${namespace}:securityToken`,
    ]);
    if (configured !== undefined) return configured;
    const profile = settings.get(`${namespace}:profile`);
    if (profile !== undefined) return profileSource(profile);
  }
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

/** Keys that are given as they are; `undefined` where neither half is. */
function fixedSource(
  where: string,
  lookUp: (name: string) => string | undefined,
  names: readonly string[],
): Source | undefined {
  const [accessKeyId, accessKeySecret, securityToken] = names.map((name) => lookUp(name));
  if (accessKeyId === undefined && accessKeySecret === undefined) return undefined;
  const name = `${where} (${names[0]})`;
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    const [present, missing] = accessKeyId === undefined ? [names[1], names[0]] : [names[0], names[1]];
    return { name, get: () => Promise.reject(new Error(`${present} is set but ${missing} is not`)) };
  }
  return { name, get: () => Promise.resolve({ accessKeyId, accessKeySecret, securityToken }) };
}

function profileSource(profile: string): Source {
  return officialSource(`CLI profile ${JSON.stringify(profile)}`, (library) =>
    library.CLIProfileCredentialsProvider.builder().withProfileName(profile).build(),
  );
}

/** The official chain's own variables, by the names that the alicloud providers accept for them as well. */
const CHAIN_NAMES = {
  ALICLOUD_SHARED_CREDENTIALS_FILE: "ALIBABA_CLOUD_CREDENTIALS_FILE",
  ALICLOUD_ECS_ROLE_NAME: "ALIBABA_CLOUD_ECS_METADATA",
  ALICLOUD_CREDENTIALS_URI: "ALIBABA_CLOUD_CREDENTIALS_URI",
  ALICLOUD_ASSUME_ROLE_ARN: "ALIBABA_CLOUD_ROLE_ARN",
  ALICLOUD_ASSUME_ROLE_SESSION_NAME: "ALIBABA_CLOUD_ROLE_SESSION_NAME",
};

function chainSource(): Source {
  // The chain reads the environment and takes these values in no other way.
  for (const [alternative, name] of Object.entries(CHAIN_NAMES)) {
    const value = environment(alternative);
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
): Source {
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
