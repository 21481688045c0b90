import * as pulumi from "@pulumi/pulumi";
import { foldName } from "../../dns/query";
import { domainProblem, txtRecordName } from "../binding";
import type { BucketCnameArgs } from "../bucketCname/lifecycle";
import { BucketCname } from "../bucketCname/lifecycle";
import type { CnameCertificateArgs } from "../cnameCertificate/lifecycle";
import { CnameCertificate } from "../cnameCertificate/lifecycle";
import type { DnsRecord } from "../cnameToken/lifecycle";
import { CnameToken } from "../cnameToken/lifecycle";
import { OssAccount } from "../ossAccount";
import type { Dns } from "./dns";
import { announce, apexAdvice } from "./dns";

/** One of three ways to give a certificate. Files are best: the key is then in no state at all, not even encrypted. */
export type CertificateArgs = Pick<CnameCertificateArgs, "force" | "expiryWarningDays"> &
  (
    | Required<Pick<CnameCertificateArgs, "certId">>
    | Required<Pick<CnameCertificateArgs, "certificate" | "privateKey">>
    | Required<Pick<CnameCertificateArgs, "certificateFile" | "privateKeyFile">>
  );

/** What a user writes. */
export interface CustomDomainArgs extends Omit<BucketCnameArgs, "domain" | "token" | "unverified"> {
  /** Domain to serve the bucket under. A plain string, for which records there are depends on it. */
  readonly domain: string;
  /** Who keeps the domain's DNS records: `alidns()`, `records(…)`, `manual()` or `none`. */
  readonly dns: Dns;
  /** Certificate for HTTPS. Taking it away takes it off the domain and leaves the binding. */
  readonly certificate?: CertificateArgs;
  /**
   * Whether a CNAME record belongs to it. Default: wherever DNS is ours or a person's to write and the domain is not the top of its
   * zone. True there is for hosts that flatten it.
   */
  readonly cnameRecord?: boolean;
  /** Where the CNAME record points. Default: the bucket's public name in its region. */
  readonly cnameTarget?: pulumi.Input<string>;
}

/** Seconds. The least that every edition of Alibaba Cloud DNS takes, and short enough to mend a mistake. */
const TTL = 600;

/**
 * A domain of one's own on a bucket, with everything it takes, in the order it takes: token, TXT record, binding, certificate,
 * CNAME record. Destroyed in reverse: visitors are led away first, the proof goes last.
 *
 *     new CustomDomain("www", { bucket: "site", domain: "www.example.com", dns: alidns() });
 *
 * `provider` or `providers` may hold an `OssAccount`: it is the account of the bucket. That of the DNS zone is `alidns()`'s to say.
 */
export class CustomDomain extends pulumi.ComponentResource {
  /** Records that are left for a person to create; none where `dns` makes them or leaves them to others. */
  readonly records: pulumi.Output<DnsRecord[]>;
  /** Of the binding: `Enabled`, `Disabled`, or `Pending` while the TXT record is missing. */
  readonly status: pulumi.Output<string>;
  /** Where a CNAME record of the domain should point. */
  readonly cnameTarget: pulumi.Output<string>;
  /** End of the certificate (ISO 8601); empty without one. */
  readonly certificateValidTo: pulumi.Output<string>;
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: CustomDomainArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const { account, ...componentOpts } = takeAccount(opts);
    super("oss-cname:index:CustomDomain", name, {}, componentOpts);
    const problem = argumentProblem(args);
    if (problem !== undefined) throw new pulumi.ResourceError(`CustomDomain ${name}: ${problem}`, this, true);
    const { dns, certificate, cnameRecord, cnameTarget, ...rest } = args;
    const binding = { ...rest, domain: foldName(args.domain) };
    const { takeover, verification, dnsTimeoutSeconds, ...place } = binding;
    const advice =
      dns.kind === "none" ? undefined : apexAdvice(binding.domain, dns.kind === "managed" ? dns.zone : undefined);
    if (advice !== undefined && cnameRecord === undefined) pulumi.log.info(advice, this);
    const writesCname = cnameRecord ?? (dns.kind !== "none" && advice === undefined);

    const ours = (...dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions =>
      pulumi.mergeOptions(account && { provider: account }, { parent: this, dependsOn });
    const makeRecord = (
      type: DnsRecord["type"],
      recordName: string,
      value: pulumi.Output<string>,
      dependsOn: pulumi.Resource[],
    ) =>
      dns.kind !== "managed"
        ? []
        : [
            dns.make(
              { resourceName: `${name}-${type.toLowerCase()}`, name: recordName, type, value, ttl: TTL },
              { parent: this, dependsOn },
            ),
          ];

    const token = new CnameToken(name, place, ours());
    const txt = makeRecord(
      "TXT",
      txtRecordName(binding.domain),
      token.txtRecord.apply((record) => record.value),
      [token],
    );
    const bound = new BucketCname(
      name,
      { ...binding, unverified: dns.kind === "manual" ? "pending" : "wait" },
      ours(token, ...txt),
    );
    const served =
      certificate && new CnameCertificate(name, { ...place, ...certificate }, { ...ours(bound), deletedWith: bound });
    const target = cnameTarget === undefined ? bound.cnameTarget : pulumi.output(cnameTarget);
    if (writesCname) makeRecord("CNAME", binding.domain, target, served ? [bound, served] : [bound]);

    this.status = bound.status;
    this.cnameTarget = target;
    this.certificateValidTo = served ? served.validTo : pulumi.output("");
    this.url = pulumi.output(`${served ? "https" : "http"}://${binding.domain}`);
    const isManual = dns.kind === "manual";
    const cname = { name: binding.domain, type: "CNAME" as const, value: target, ttl: TTL };
    this.records = pulumi
      .all([bound.status, token.txtRecord, pulumi.output(cname)])
      .apply(([status, txtRecord, cnameRecord]) =>
        isManual ? [...(status === "Pending" ? [txtRecord] : []), ...(writesCname ? [cnameRecord] : [])] : [],
      );
    if (isManual)
      announce(pulumi.all([bound.status, this.records]).apply(([status, all]) => (status === "Pending" ? all : [])));
    this.registerOutputs({
      records: this.records,
      status: this.status,
      cnameTarget: this.cnameTarget,
      certificateValidTo: this.certificateValidTo,
      url: this.url,
    });
  }
}

/** What types cannot refuse, or JavaScript has no types for. */
function argumentProblem({ domain, dns, cnameRecord }: CustomDomainArgs): string | undefined {
  if (typeof domain !== "string") return "domain must be a plain string, not an output of another resource";
  if (dns?.kind === undefined) return "dns must be alidns(), records(…), manual() or none";
  const problem = domainProblem(foldName(domain));
  if (problem !== undefined || !cnameRecord) return problem;
  if (dns.kind === "none") return "cnameRecord is asked for, but dns: none makes no records";
  return dns.kind === "managed" && !dns.flattens ? apexAdvice(foldName(domain), dns.zone) : undefined;
}

/**
 * Takes the account out of a component's options. All our resources share one package name, so children would inherit it, and DNS
 * records must not.
 */
function takeAccount(
  opts: pulumi.ComponentResourceOptions,
): pulumi.ComponentResourceOptions & { account?: OssAccount } {
  const { provider, providers, ...rest } = opts;
  const given = [...(provider ? [provider] : []), ...Object.values(providers ?? {})];
  const account = given.find((one): one is OssAccount => one instanceof OssAccount);
  return { ...rest, providers: given.filter((one) => one !== account), ...(account && { account }) };
}
