import * as pulumi from "@pulumi/pulumi";
import type { Clock } from "./clock";
import { systemClock } from "./clock";
import type { Config } from "./config/settings";
import { ACCOUNT_KEYS, settingProblems, unknownSettings } from "./config/settings";
import { expiryWarning } from "./expiry";
import { isLoopback } from "./http";
import type { DnsRecord } from "./names";
import { toUrl } from "./oss/endpoint";
import { KnownPems } from "./pem";
import { Run } from "./run";
import { table } from "./table";
import { UniqueDomains } from "./uniqueDomains";

/** A record that a person has to create or change. */
export interface RecordToCreate extends DnsRecord {
  /** What is known of it, in a few words. */
  readonly state: string;
}

/**
 * What the resources of one Pulumi program share. Programs make resources by `new`, so nothing can be handed to them.
 */
export class ProgramState {
  /** Whether resources are made as dynamic resources, or by the plugin in `native/`: the same classes serve both. */
  flavour: "dynamic" | "native" = "dynamic";
  /** Of the plugin that Pulumi is to find; undefined for the one that it has. */
  pluginVersion: string | undefined;
  readonly uniqueDomains = new UniqueDomains();
  /** Chains that resources have read, to warn of their expiry. */
  readonly knownPems = new KnownPems();
  readonly #clock: Clock;
  #isConfigurationChecked = false;
  /** Certificates, by their digest or CertId, whose expiry was warned of. */
  readonly #warned = new Set<string>();
  readonly #recordsToCreate: RecordToCreate[] = [];
  #domainsNotKnownYet = 0;
  #run: Run | undefined;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** For a program that imports the plugin's flavour. */
  importNative(pluginVersion: string): void {
    if (this.#isConfigurationChecked && this.flavour === "dynamic")
      throw new pulumi.RunError("pulumi-oss-cname/native is imported too late: there are resources without it already");
    this.flavour = "native";
    this.pluginVersion = pluginVersion;
  }

  /** For queries, which ask as the stack's configuration says. */
  get run(): Run {
    this.checkConfiguration();
    this.#run ??= new Run({ config: stackConfig, clock: this.#clock });
    return this.#run;
  }

  /** Ends the program where its configuration is invalid. Done once: the provider would do it for every resource. */
  checkConfiguration(): void {
    // The plugin checks its own.
    if (this.#isConfigurationChecked) return;
    this.#isConfigurationChecked = true;
    if (this.flavour === "native") {
      // The plugin checks its own.
      warnOfUnreadAccount();
      return;
    }
    // In a project of this name, the program's own keys are in the same namespace.
    const keys = pulumi.getProject() === "oss-cname" ? [] : Object.keys(pulumi.runtime.allConfig());
    const problems = [...unknownSettings(keys), ...settingProblems(stackConfig)].map((problem) => problem.join(": "));
    // A RunError ends the program with its message alone.
    if (problems.length > 0) throw new pulumi.RunError(`${problems.join("\n")}\nNothing was sent.`);
    warnOfClearCredentials();
  }

  /** Warns, once for each certificate, of one that expires within `days` or has expired. */
  warnOfExpiry(resource: pulumi.Resource, key: string, name: string, validTo: Date, days: number): void {
    const warning = expiryWarning(name, validTo, days, this.#clock.now());
    if (warning === undefined || this.#warned.has(key)) return;
    this.#warned.add(key);
    void pulumi.log.warn(warning, resource);
  }

  /** Prints records that a person has to create: those of all domains in one table, when the last of them is known. */
  announce(missing: pulumi.Output<RecordToCreate[]>): void {
    this.#domainsNotKnownYet++;
    missing.apply((records) => {
      this.#recordsToCreate.push(...records);
      if (--this.#domainsNotKnownYet > 0 || this.#recordsToCreate.length === 0) return;
      const shown = recordsTable(this.#recordsToCreate.splice(0));
      return pulumi.log.info(`Create these DNS records, then run \`pulumi up\` again:\n${shown.trimEnd()}`);
    });
  }
}

/** The one of this process. */
export const programState = new ProgramState();

const stackConfig: Config = { get: (key) => pulumi.runtime.getConfig(key) };

/** Pulumi gives a plugin the configuration of its own namespace and of no other. */
function warnOfUnreadAccount(): void {
  const isSet = (namespace: string) => (key: string) => pulumi.runtime.getConfig(`${namespace}:${key}`) !== undefined;
  const unread = ACCOUNT_KEYS.some(isSet("oss-cname")) ? [] : ACCOUNT_KEYS.filter(isSet("alicloud"));
  if (unread.length > 0)
    void pulumi.log.warn(
      `the plugin does not read ${unread.map((key) => `alicloud:${key}`).join(", ")}: give the default account as ` +
        `${unread.map((key) => `oss-cname:${key}`).join(", ")}, which dynamic resources read too`,
    );
}

/**
 * `pulumi config set` without `--secret` puts a key in clear into the stack's file and its state. The key of an emulator
 * on this machine opens nothing else, and `oss-cname emulate --configure` writes it so.
 */
function warnOfClearCredentials(): void {
  const endpoint = stackConfig.get("oss-cname:endpoint");
  if (endpoint && isLoopback(toUrl(endpoint).hostname)) return;
  // The SDK keeps its own list of secret keys to itself; every engine passes it in this variable.
  const secret: unknown = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
  for (const key of ["alicloud", "oss-cname"].flatMap((name) => [`${name}:secretKey`, `${name}:securityToken`]))
    if (pulumi.runtime.getConfig(key) !== undefined && !(Array.isArray(secret) && secret.includes(key)))
      void pulumi.log.warn(
        `${key} is in clear in this stack's configuration and state: set it again with \`pulumi config set --secret ${key}\`, or use alicloud:profile`,
      );
}

function recordsTable(records: readonly RecordToCreate[]): string {
  const rows = records.map(({ name, type, value, ttl, state }) => [name, type, value, String(ttl), state]);
  return table([["NAME", "TYPE", "VALUE", "TTL", "STATE"], ...rows]);
}
