import * as pulumi from "@pulumi/pulumi";
import type { DnsRecord } from "../../names";
import { foldName, txtRecordName } from "../../names";
import type { RecordToCreate } from "../../programState";
import { programState } from "../../programState";
import type { BucketCnameArgs } from "../bucketCname/resource";
import { warnOfExpiry } from "../cnameCertificate/expiry";
import type { CnameCertificateArgs } from "../cnameCertificate/resource";
import type { AlidnsOptions } from "../customDomain/dns";
import { OssDynamicResource, typeToken } from "../dynamicResource";
import { rememberRecords } from "../recordMemory/resource";
import { declareDomain } from "../removalGuard/resource";
import { resultsOf } from "./results";
import type { RecordedDomains } from "./state";

type BindingOptions = Pick<
  BucketCnameArgs,
  "region" | "endpoint" | "verification" | "unverified" | "dnsTimeoutSeconds"
>;

/** A certificate for all domains or for one: a CertId, a pair of PEM strings or a pair of files. */
export type BucketCnamesCertificateArgs = Omit<CnameCertificateArgs, "bucket" | "domain" | "region" | "endpoint">;

/** One domain of BucketCnames. What is not given is that of the resource. */
export interface BucketCnamesDomainArgs extends BindingOptions, Pick<BucketCnameArgs, "takeover" | "confirmedToken"> {
  /** Another bucket. Changing it moves the domain, in place. */
  readonly bucket?: pulumi.Input<string>;
  /** Certificate of this domain. */
  readonly certificate?: BucketCnamesCertificateArgs;
  /** Whether there is to be a CNAME record: made with `alidns`, looked for with `manual`. Default true. */
  readonly cnameRecord?: pulumi.Input<boolean>;
  /** Where the CNAME record points. Default: the bucket's public name. */
  readonly cnameTarget?: pulumi.Input<string>;
}

/** Arguments of BucketCnames. Options are as those of `BucketCname`. */
export interface BucketCnamesArgs extends BindingOptions {
  /** Bucket of all domains that name no other. Changing it moves them, in place. */
  readonly bucket: pulumi.Input<string>;
  /** The domains, as keys. Taking one away replaces the resource, which leaves the others as they are. */
  readonly domains: Readonly<Record<string, BucketCnamesDomainArgs>>;
  /** Certificate of all domains that have none of their own. A pair is uploaded once. */
  readonly certificate?: BucketCnamesCertificateArgs;
  /**
   * Make the TXT and CNAME records in Alibaba Cloud DNS, in the account of the bucket. Default: none are made, and
   * `results` says which are needed. Taking it away deletes them.
   */
  readonly alidns?: Omit<AlidnsOptions, "provider">;
  /**
   * A person makes the records: domains whose TXT record is missing become `Pending`, and CNAME records are looked for.
   * Default false.
   */
  readonly manual?: boolean;
}

/** What became of one domain of BucketCnames. */
export interface BucketCnamesResult {
  /** Bucket that answers for the domain. */
  readonly bucket: string;
  /** `Enabled`, `Disabled`, or `Pending` while the TXT record is missing. */
  readonly status: string;
  /** What a `Pending` binding waits for, for a person to read; empty otherwise. */
  readonly pendingReason: string;
  /** Where a CNAME record of the domain should point. Empty where the region is not known. */
  readonly cnameTarget: string;
  /** What the domain needs in DNS. No TXT record where the domain was bound already. */
  readonly records: DnsRecord[];
  /** Those of them that a person has still to create. */
  readonly recordsToCreate: RecordToCreate[];
  /** Empty without a certificate. */
  readonly certId: string;
  /** ISO 8601; empty without a certificate. */
  readonly certificateValidTo: string;
}

/**
 * Any number of domains, as one resource: tokens, bindings, certificates and, in Alibaba Cloud DNS, records.
 *
 * Each domain is what `CnameToken`, `BucketCname`, `CnameCertificate` and `AlidnsRecord` would make of it, and keeps
 * their promises, but for one: a record that leads to the binding or proves it goes with it, whoever made it. If some
 * domains fail, the others are done and recorded, the error lists each that failed, and the next `up` goes on with those.
 */
export class BucketCnames extends OssDynamicResource {
  declare readonly bucket: pulumi.Output<string>;
  /** What became of each domain, by domain. */
  readonly results: pulumi.Output<Record<string, BucketCnamesResult>>;

  constructor(name: string, args: BucketCnamesArgs, opts?: pulumi.CustomResourceOptions) {
    const account = opts?.provider ?? opts?.parent?.getProvider(typeToken("BucketCnames"));
    const domains = Object.entries(args.domains).map(([domain, entry]) => {
      programState.uniqueDomains.claim({ kind: "BucketCname", name, account }, domain);
      const folded = foldName(domain);
      declareDomain(folded);
      if (args.alidns !== undefined) rememberRecords(entry.cnameRecord === false ? txtRecordName(folded) : folded);
      return [domain, withSecretKey(entry)];
    });
    const inputs = { ...withSecretKey(args), domains: Object.fromEntries(domains) };
    super("bucketCnames", "BucketCnames", name, ["buckets", "certificates", "zones", "bindings"], inputs, opts);
    const { bucket, buckets, certificates, zones, bindings } = this as unknown as Outputs;
    this.results = pulumi
      .all([bucket, buckets, certificates, zones, bindings])
      .apply(([bucket, buckets, certificates, zones, bindings]) =>
        resultsOf({ bucket, buckets, certificates, zones, bindings }),
      );
    for (const { certificate } of [args, ...Object.values(args.domains)]) {
      if (certificate === undefined) continue;
      const placed = pulumi.all([certificates, certificate.certId]).apply(([all, certId = ""]) => {
        const { validTo } = all[certId] ?? {};
        return typeof validTo === "string" ? { certId, name: certId, validTo } : undefined;
      });
      warnOfExpiry(this, certificate, placed);
    }
  }
}

type Outputs = { readonly [Key in keyof RecordedDomains]: pulumi.Output<RecordedDomains[Key]> };

function withSecretKey<Args extends { readonly certificate?: BucketCnamesCertificateArgs }>(args: Args): Args {
  const privateKey = args.certificate?.privateKey;
  return privateKey === undefined
    ? args
    : { ...args, certificate: { ...args.certificate, privateKey: pulumi.secret(privateKey) } };
}
