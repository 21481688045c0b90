/**
 * A whole Pulumi program: the custom domains of a stack, declared in its configuration (`oss-cname:domains`), with no
 * code to write. A project runs it with `module.exports = require("pulumi-oss-cname/program");`.
 */
import * as pulumi from "@pulumi/pulumi";
import type { DnsRecord } from "../names";
import type { Dns } from "../resources/customDomain/dns";
import { alidns, manual, none } from "../resources/customDomain/dns";
import type { CertificateArgs } from "../resources/customDomain/resource";
import { CustomDomain } from "../resources/customDomain/resource";
import { OssAccount } from "../resources/ossAccount";
import { guardRemovals } from "../resources/removalGuard/resource";
import type { Configuration, ConfiguredDomain } from "./configuration";
import { ConfigurationError, readConfiguration } from "./configuration";

/** What became of one domain. */
interface DomainSummary {
  readonly domain: string;
  readonly bucket: string;
  readonly url: string;
  readonly status: string;
  readonly certificateValidTo: string;
  readonly cnameTarget: string;
}

const config = new pulumi.Config("oss-cname");
const configuration = configured();
const accounts: Readonly<Record<string, OssAccount>> = Object.fromEntries(
  Object.entries(configuration.accounts).map(([name, args]) => [name, new OssAccount(name, args)] as const),
);
guardRemovals();
const customDomains = configuration.domains.map((entry) => [entry, customDomain(entry)] as const);

/** Stack output: what became of each domain. */
export const domains: pulumi.Output<DomainSummary[]> = pulumi.all(
  customDomains.map(([{ domain, bucket }, { url, status, certificateValidTo, cnameTarget }]) =>
    pulumi.output({ domain, bucket, url, status, certificateValidTo, cnameTarget }),
  ),
);

/** Stack output: the records to create by hand. */
export const records: pulumi.Output<DnsRecord[]> = pulumi
  .all(customDomains.map(([, { records }]) => records))
  .apply((lists) => lists.flat());

function configured(): Configuration {
  const source = config.getObject("domains");
  if (source === undefined)
    throw new pulumi.RunError(
      "oss-cname:domains is not set: list this stack's domains in its Pulumi.<stack>.yaml ([] for none), or set one with\n" +
        "  pulumi config set --path 'oss-cname:domains[0].domain' www.example.com",
    );
  try {
    return readConfiguration({
      domains: source,
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

function customDomain(entry: ConfiguredDomain): CustomDomain {
  const { account, dns, certificate, protect, retainOnDelete, ...args } = entry;
  const provider = account === undefined ? undefined : accounts[account];
  return new CustomDomain(
    entry.domain,
    // The schema has made sure that exactly one form of certificate is given.
    { ...args, dns: dnsValue(dns), ...(certificate && { certificate: certificate as CertificateArgs }) },
    {
      ...(provider && { provider }),
      ...(protect !== undefined && { protect }),
      ...(retainOnDelete !== undefined && { retainOnDelete }),
    },
  );
}

function dnsValue(dns: ConfiguredDomain["dns"]): Dns {
  if (dns === "manual") return manual();
  if (dns === "none") return none;
  const { account, ...options } = dns === "alidns" ? {} : dns.alidns;
  const provider = account === undefined ? undefined : accounts[account];
  return alidns({ ...options, ...(provider && { provider }) });
}
