/**
 * A whole Pulumi program: the custom domains of a stack, declared in its configuration (`oss-cname:domains`) and in
 * files that it names (`oss-cname:domainsFile`), with no code to write. A project runs it with `module.exports = require("pulumi-oss-cname/program");`.
 */
import * as pulumi from "@pulumi/pulumi";
import type { DnsRecord } from "../names";
import type { Dns } from "../resources/customDomain/dns";
import { alidns, manual, none } from "../resources/customDomain/dns";
import type { CertificateArgs } from "../resources/customDomain/resource";
import { CustomDomain } from "../resources/customDomain/resource";
import { CustomDomains } from "../resources/customDomains/resource";
import { OssAccount } from "../resources/ossAccount";
import { guardRemovals } from "../resources/removalGuard/resource";
import type { Configuration, ConfiguredDomain } from "./configuration";
import { ConfigurationError, readConfiguration } from "./configuration";
import { groupsOf } from "./groups";

/** What became of many domains. */
interface Summary {
  readonly total: number;
  /** How many domains have which status: `{ Enabled: 998, Pending: 2 }`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** The other domains. */
  readonly notEnabled: readonly string[];
}

const config = new pulumi.Config("oss-cname");
const configuration = configured();
const accounts: Readonly<Record<string, OssAccount>> = Object.fromEntries(
  Object.entries(configuration.accounts).map(([name, args]) => [name, new OssAccount(name, args)] as const),
);
guardRemovals();
const groups = groupsOf(configuration.domainsOfFiles, config.getObject("defaults") ?? {}).map(
  ({ name, args, dns, ...options }) => new CustomDomains(name, { ...args, dns: dnsValue(dns) }, optionsOf(options)),
);
const customDomains = configuration.domains.map((entry) => [entry, customDomain(entry)] as const);

/** Stack output: the status of each domain of `oss-cname:domains`. A line a domain, for Pulumi prints all outputs. */
export const domains: pulumi.Output<Record<string, string>> = pulumi
  .all(customDomains.map(([{ domain }, { status }]) => pulumi.all([domain, status])))
  .apply((statuses) => Object.fromEntries(statuses));

/** Stack output: the records to create by hand, as lines of a zone file. */
export const records: pulumi.Output<string[]> = pulumi
  .all([...customDomains.map(([, { records }]) => records), ...groups.map(({ records }) => records)])
  .apply((lists) => lists.flat().map(zoneFileLine));

/** Stack output: how many domains there are, how many of them have which status, and which are not `Enabled`. */
export const summary: pulumi.Output<Summary> = pulumi
  .all([domains, pulumi.all(groups.map(({ results }) => results))])
  .apply(([singles, results]) =>
    summaryOf([
      ...Object.entries(singles),
      ...results.flatMap((known) => Object.entries(known).map(([domain, { status }]) => [domain, status] as const)),
    ]),
  );

function summaryOf(all: readonly (readonly [domain: string, status: string])[]): Summary {
  const statuses: Record<string, number> = {};
  for (const [, status] of all) statuses[status] = (statuses[status] ?? 0) + 1;
  return {
    total: all.length,
    statuses,
    notEnabled: all.flatMap(([domain, status]) => (status === "Enabled" ? [] : [domain])),
  };
}

function zoneFileLine({ name, type, value, ttl }: DnsRecord): string {
  return `${name}. ${ttl} IN ${type} ${type === "TXT" ? `"${value}"` : `${value}.`}`;
}

function configured(): Configuration {
  const inConfiguration = config.getObject("domains");
  const domainsFile = fileNames(config.get("domainsFile"));
  if (inConfiguration === undefined && domainsFile === undefined)
    throw new pulumi.RunError(
      "neither oss-cname:domains nor oss-cname:domainsFile is set: list this stack's domains in its Pulumi.<stack>.yaml " +
        "([] for none), or set one with\n  pulumi config set --path 'oss-cname:domains[0].domain' www.example.com",
    );
  try {
    return readConfiguration({
      domains: inConfiguration,
      domainsFile,
      defaults: config.getObject("defaults"),
      accounts: config.getObject("accounts"),
      settings: pulumi.runtime.allConfig(),
      rootDirectory: pulumi.getRootDirectory(),
      programDirectory: process.cwd(),
      now: Date.now(),
    });
  } catch (error) {
    // A RunError ends the program with its message alone.
    throw error instanceof ConfigurationError ? new pulumi.RunError(error.message) : error;
  }
}

/** Pulumi gives a list as JSON. */
function fileNames(text: string | undefined): unknown {
  return text?.startsWith("[") ? config.getObject("domainsFile") : text;
}

function customDomain(entry: ConfiguredDomain): CustomDomain {
  const { account, dns, certificate, protect, retainOnDelete, ...args } = entry;
  return new CustomDomain(
    entry.domain,
    // The schema has made sure that exactly one form of certificate is given.
    { ...args, dns: dnsValue(dns), ...(certificate && { certificate: certificate as CertificateArgs }) },
    optionsOf({ account, protect, retainOnDelete }),
  );
}

function optionsOf({
  account,
  protect,
  retainOnDelete,
}: { readonly [Key in "account" | "protect" | "retainOnDelete"]?: ConfiguredDomain[Key] | undefined }) {
  const provider = account === undefined ? undefined : accounts[account];
  return {
    ...(provider && { provider }),
    ...(protect !== undefined && { protect }),
    ...(retainOnDelete !== undefined && { retainOnDelete }),
  };
}

function dnsValue(dns: ConfiguredDomain["dns"]): Dns {
  if (dns === "manual") return manual();
  if (dns === "none") return none;
  const { account, ...options } = dns === "alidns" ? {} : dns.alidns;
  const provider = account === undefined ? undefined : accounts[account];
  return alidns({ ...options, ...(provider && { provider }) });
}
