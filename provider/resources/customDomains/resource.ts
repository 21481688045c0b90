import * as pulumi from "@pulumi/pulumi";
import { apexAdvice } from "../../apex";
import type { DnsRecord } from "../../names";
import { foldName, RECORD_TTL_SECONDS, txtRecordName } from "../../names";
import { programState } from "../../programState";
import { bindingOf } from "../binding";
import type { BucketCnamesArgs, BucketCnamesDomainArgs, BucketCnamesResult } from "../bucketCnames/resource";
import { BucketCnames } from "../bucketCnames/resource";
import { CnameToken } from "../cnameToken/resource";
import type { Dns, MakeRecord } from "../customDomain/dns";
import { takeAccount } from "../ossAccount";
import { protectDomain } from "../removalGuard/resource";

/** One domain of CustomDomains: what is not as for the others. */
export interface CustomDomainsEntry extends Omit<BucketCnamesDomainArgs, "unverified"> {
  /**
   * Refuse a program that no longer declares the domain, in the preview already, and `destroy`. Default false. It takes
   * an `up` to take it away before the domain can go. Pulumi's option `protect` is for whole resources: no domain of
   * these could be taken away.
   */
  readonly protect?: boolean;
}

/** Arguments of CustomDomains. Options are as those of `CustomDomain`. */
export interface CustomDomainsArgs extends Omit<BucketCnamesArgs, "domains" | "unverified" | "alidns" | "manual"> {
  /** The domains: a list, or an object with domains as its keys. Plain strings. */
  readonly domains: readonly string[] | Readonly<Record<string, CustomDomainsEntry>>;
  /** Who keeps the DNS records of all domains: `alidns()`, `records(…)`, `manual()` or `none`. */
  readonly dns: Dns;
}

/**
 * Any number of custom domains with everything that they need, in as few resources as can be. Each domain becomes what
 * `CustomDomain` would make of it.
 *
 *     new CustomDomains("sites", { bucket: "site", domains: ["www.example.com", "shop.example.com"], dns: alidns() });
 *
 * With `alidns()`, `manual()` and `none` all domains are one resource, `BucketCnames`. With `records(…)`, and where
 * another account than the bucket's keeps the zone, each domain has a token and records of its own beside it.
 */
export class CustomDomains extends pulumi.ComponentResource {
  /** What became of each domain, by domain. */
  readonly results: pulumi.Output<Record<string, BucketCnamesResult>>;
  /** Records that a person has still to create; empty unless `dns` is `manual()`. */
  readonly records: pulumi.Output<DnsRecord[]>;

  constructor(name: string, args: CustomDomainsArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const { account, ...componentOpts } = takeAccount(opts);
    super("oss-cname:index:CustomDomains", name, {}, componentOpts);
    const { domains: _, dns, ...shared } = args;
    if (dns?.kind === undefined)
      throw new pulumi.ResourceError(
        `CustomDomains ${name}: dns must be alidns(), records(…), manual() or none`,
        this,
        true,
      );
    const entries = entriesOf(args);
    const ownZones = dns.kind === "managed" && dns.alidns?.provider === account ? dns.alidns : undefined;
    const make = dns.kind === "managed" && ownZones === undefined ? dns.make : undefined;
    const ours = (dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions =>
      pulumi.mergeOptions(account && { provider: account }, { parent: this, dependsOn });
    const proofs = make === undefined ? [] : entries.map((entry) => this.#proof(make, shared, entry, ours([])));
    const { provider: _provider, ...alidns } = ownZones ?? {};
    const { results } = new BucketCnames(
      name,
      {
        ...shared,
        domains: Object.fromEntries(entries),
        ...(dns.kind === "manual" && { manual: true }),
        ...(ownZones && { alidns }),
      },
      ours(proofs),
    );
    this.results = results;
    if (make !== undefined) this.#lead(make, results, entries);
    const toCreate = results.apply((known) =>
      dns.kind === "manual" ? Object.values(known).flatMap(({ recordsToCreate }) => recordsToCreate) : [],
    );
    this.records = toCreate.apply((all) => all.map(({ state, ...record }) => record));
    if (dns.kind === "manual") programState.announce(toCreate);
    // What became of a thousand domains is in the state once: with BucketCnames, in a tenth of the space.
    this.registerOutputs({});
  }

  /** A TXT record that proves one domain. */
  #proof(
    make: MakeRecord,
    shared: Pick<CustomDomainsArgs, "bucket" | "region" | "endpoint">,
    [domain, entry]: Entry,
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Resource {
    const token = new CnameToken(domain, bindingOf({ ...shared, ...entry, domain }), opts);
    const value = token.txtRecord.apply((record) => record.value);
    return make(
      { resourceName: `${domain}-txt`, name: txtRecordName(domain), type: "TXT", value, ttl: RECORD_TTL_SECONDS },
      { parent: this, dependsOn: [token] },
    );
  }

  /** CNAME records that lead visitors to the bound domains. */
  #lead(make: MakeRecord, results: CustomDomains["results"], entries: readonly Entry[]): void {
    for (const [domain, { cnameRecord, cnameTarget }] of entries) {
      if (cnameRecord === false) continue;
      const value = pulumi.output(cnameTarget ?? results.apply((known) => known[domain]?.cnameTarget ?? ""));
      make(
        { resourceName: `${domain}-cname`, name: domain, type: "CNAME", value, ttl: RECORD_TTL_SECONDS },
        { parent: this },
      );
    }
  }
}

type Entry = readonly [domain: string, entry: BucketCnamesDomainArgs];

/** The domains as they are compared; those at the top of a zone have no CNAME record unless it is asked for. */
function entriesOf({ domains, dns }: CustomDomainsArgs): Entry[] {
  const given: [string, CustomDomainsEntry][] = isList(domains)
    ? domains.map((domain) => [domain, {}])
    : Object.entries(domains);
  const zone = dns.kind === "managed" ? dns.zone : undefined;
  return given.map(([name, { protect, ...entry }]) => {
    const domain = foldName(name);
    if (protect) protectDomain(domain);
    return [domain, { ...(apexAdvice(domain, zone) !== undefined && { cnameRecord: false }), ...entry }];
  });
}

function isList(domains: CustomDomainsArgs["domains"]): domains is readonly string[] {
  return Array.isArray(domains);
}
