import * as pulumi from "@pulumi/pulumi";
import { apexAdvice } from "../../apex";
import type { DnsRecord } from "../../names";
import { foldName, RECORD_TTL_SECONDS, txtRecordName } from "../../names";
import { programState } from "../../programState";
import { bindingOf } from "../binding";
import type {
  BucketCnamesArgs,
  BucketCnamesCertificateArgs,
  BucketCnamesDomainArgs,
  BucketCnamesResult,
} from "../bucketCnames/resource";
import { BucketCnames } from "../bucketCnames/resource";
import { CnameToken } from "../cnameToken/resource";
import type { AutomaticCertificate } from "../customDomain/automatic";
import { automaticOptions } from "../customDomain/automatic";
import type { Dns, MakeRecord } from "../customDomain/dns";
import { takeAccount } from "../ossAccount";
import { protectDomain } from "../removalGuard/resource";
import type { AutomaticDomain } from "./certificates";
import { shareCertificates } from "./certificates";

/** `letsEncrypt()` or `acme()`, which issue it and renew it, or one of the ways to give a certificate. */
export type CustomDomainsCertificateArgs = AutomaticCertificate | BucketCnamesCertificateArgs;

/** One domain of CustomDomains: what is not as for the others. */
export interface CustomDomainsEntry extends Omit<BucketCnamesDomainArgs, "unverified" | "certificate"> {
  readonly certificate?: CustomDomainsCertificateArgs;
  /**
   * Refuse a program that no longer declares the domain, in the preview already, and `destroy`. Default false. It takes
   * an `up` to take it away before the domain can go. Pulumi's option `protect` is for whole resources: no domain of
   * these could be taken away.
   */
  readonly protect?: boolean;
}

/** Arguments of CustomDomains. Options are as those of `CustomDomain`. */
export interface CustomDomainsArgs
  extends Omit<BucketCnamesArgs, "domains" | "unverified" | "alidns" | "manual" | "certificate"> {
  /** The domains: a list, or an object with domains as its keys. Plain strings. */
  readonly domains: readonly string[] | Readonly<Record<string, CustomDomainsEntry>>;
  /** Who keeps the DNS records of all domains: `alidns()`, `records(…)`, `manual()` or `none`. */
  readonly dns: Dns;
  /**
   * Certificate of all domains that have none of their own. One that is issued is for up to 100 of them; with `http-01`,
   * through the bucket, a domain that is new gets it in the `up` after the one that has bound it.
   */
  readonly certificate?: CustomDomainsCertificateArgs;
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
        ...this.#withCertificates(name, args, entries, account, ours([])),
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

  /** What BucketCnames takes, with a CertId for every domain whose certificate is issued by itself. */
  #withCertificates(
    name: string,
    { domains: _, dns, certificate: shared, ...args }: CustomDomainsArgs,
    entries: readonly Entry[],
    account: pulumi.ProviderResource | undefined,
    opts: pulumi.CustomResourceOptions,
  ): Omit<BucketCnamesArgs, "alidns" | "manual"> {
    // With a target of its own for each, names may lead anywhere.
    const anywhere = entries.some(([, { cnameTarget }]) => cnameTarget !== undefined) ? { cnameTarget: "" } : {};
    const automatic = entries.flatMap(([domain, entry]): AutomaticDomain[] => {
      const options = automaticOptions(entry.certificate ?? shared);
      if (options === undefined) return [];
      const { bucket, region, endpoint } = bindingOf({ ...args, ...entry, domain });
      const place = { bucket, ...(region && { region }), ...(endpoint && { endpoint }), ...anywhere };
      const bucketName = typeof entry.bucket === "string" && entry.bucket !== args.bucket ? entry.bucket : undefined;
      return [{ domain, options, place, bucketName }];
    });
    const inherited = this.getProvider("pulumi-nodejs:dynamic/oss:AcmeCertificate");
    let issued: ReadonlyMap<string, BucketCnamesCertificateArgs>;
    try {
      const accounts = { own: account ?? inherited, inherited };
      issued = shareCertificates(name, automatic, dns, accounts, automaticOptions(shared), opts);
    } catch (error) {
      throw new pulumi.ResourceError(`CustomDomains ${name}: ${(error as Error).message}`, this, true);
    }
    const given =
      automaticOptions(shared) === undefined ? (shared as BucketCnamesCertificateArgs | undefined) : undefined;
    const domains = entries.map(([domain, { certificate, ...entry }]) => {
      const own = issued.get(domain) ?? (certificate as BucketCnamesCertificateArgs | undefined);
      return [domain, { ...entry, ...(own && { certificate: own }) }] as const;
    });
    return { ...args, ...(given && { certificate: given }), domains: Object.fromEntries(domains) };
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

type Entry = readonly [domain: string, entry: Omit<CustomDomainsEntry, "protect">];

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
