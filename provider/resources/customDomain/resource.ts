import * as pulumi from "@pulumi/pulumi";
import { apexAdvice } from "../../apex";
import type { DnsRecord } from "../../names";
import { domainProblem, foldName, RECORD_TTL_SECONDS, txtRecordName } from "../../names";
import type { RecordToCreate } from "../../programState";
import { programState } from "../../programState";
import { AcmeCertificate } from "../acmeCertificate/resource";
import { bindingOf } from "../binding";
import type { BucketCnameArgs } from "../bucketCname/resource";
import { BUCKET_CNAME_OPTIONS, BucketCname } from "../bucketCname/resource";
import type { CnameCertificateArgs } from "../cnameCertificate/resource";
import { CnameCertificate } from "../cnameCertificate/resource";
import { CnameToken } from "../cnameToken/resource";
import { typeToken } from "../dynamicResource";
import { ManualRecord } from "../manualRecord/resource";
import { takeAccount } from "../ossAccount";
import { rememberRecords } from "../recordMemory/resource";
import { declareDomain } from "../removalGuard/resource";
import type { AcmeOptions, AutomaticCertificate } from "./automatic";
import { automaticOptions, certificateArgs, challengeOf, servedBy } from "./automatic";
import type { Dns } from "./dns";

/**
 * `letsEncrypt()` or `acme()`, which issue it and renew it, or one of three ways to give a certificate. Of those, files
 * are best: the key is then in no state at all, not even encrypted.
 */
export type CertificateArgs =
  | AutomaticCertificate
  | (Pick<CnameCertificateArgs, "force" | "expiryWarningDays"> &
      (
        | Required<Pick<CnameCertificateArgs, "certId">>
        | Required<Pick<CnameCertificateArgs, "certificate" | "privateKey">>
        | Required<Pick<CnameCertificateArgs, "certificateFile" | "privateKeyFile">>
      ));

/** Arguments of CustomDomain. */
export interface CustomDomainArgs extends Omit<BucketCnameArgs, "domain" | "token" | "unverified"> {
  /** Domain to serve the bucket under. A plain string, for which records there are depends on it. */
  readonly domain: string;
  /** Who keeps the domain's DNS records: `alidns()`, `records(…)`, `manual()` or `none`. */
  readonly dns: Dns;
  /** Certificate for HTTPS. Taking it away takes it off the domain and leaves the binding. */
  readonly certificate?: CertificateArgs;
  /**
   * Whether to make a CNAME record, or to ask for one where DNS is manual. Default: true unless DNS is `none` or the
   * domain is the top of its zone, such as `example.com` or `example.com.cn`. Set it to true there if the DNS host takes
   * a CNAME record, as Alibaba Cloud DNS does beside NS, MX and TXT records.
   */
  readonly cnameRecord?: boolean;
  /** Where the CNAME record points. Default: the bucket's public name in its region. */
  readonly cnameTarget?: pulumi.Input<string>;
}

/**
 * A custom domain on a bucket with everything that it needs, in this order: token, TXT record, binding, certificate,
 * CNAME record. Destroyed in reverse: the record that leads visitors here goes first, the proof of ownership last. A
 * certificate that is issued through the bucket (`http-01`) comes after the CNAME record.
 *
 *     new CustomDomain("www", { bucket: "site", domain: "www.example.com", dns: alidns() });
 *
 * `provider` or `providers` may hold an `OssAccount`: the account of the bucket. The account of the DNS zone is an
 * option of `alidns()`.
 */
export class CustomDomain extends pulumi.ComponentResource {
  /** Records that a person has still to create; empty unless DNS is manual. */
  readonly records: pulumi.Output<DnsRecord[]>;
  /** Of the binding: `Enabled`, `Disabled`, or `Pending` while the TXT record is missing. */
  readonly status: pulumi.Output<string>;
  /** Where a CNAME record of the domain should point. */
  readonly cnameTarget: pulumi.Output<string>;
  /** When the certificate expires (ISO 8601); empty without one. */
  readonly certificateValidTo: pulumi.Output<string>;
  /** Where visitors find the domain: `https://…` with a certificate, `http://…` without. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: CustomDomainArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const { account, ...componentOpts } = takeAccount(opts);
    super("oss-cname:index:CustomDomain", name, {}, componentOpts);
    const problem = argumentProblem(args);
    if (problem !== undefined) throw new pulumi.ResourceError(`CustomDomain ${name}: ${problem}`, this, true);
    const { dns, certificate, cnameRecord, cnameTarget } = args;
    const domain = foldName(args.domain);
    const ofChildren = account ?? this.getProvider(typeToken("BucketCname"));
    programState.uniqueDomains.claim({ kind: "CustomDomain", name, account: ofChildren }, domain);
    declareDomain(domain);
    if (dns.kind === "managed" && dns.alidns !== undefined) rememberRecords();
    // Each resource gets the arguments that it has: any other would end up in its inputs, and so in users' states.
    const binding = bindingOf({ ...args, domain });
    const advice = dns.kind === "none" ? undefined : apexAdvice(domain, dns.kind === "managed" ? dns.zone : undefined);
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
              { resourceName: `${name}-${type.toLowerCase()}`, name: recordName, type, value, ttl: RECORD_TTL_SECONDS },
              { parent: this, dependsOn },
            ),
          ];

    const token = new CnameToken(name, binding, ours());
    const txt = makeRecord(
      "TXT",
      txtRecordName(domain),
      token.txtRecord.apply((record) => record.value),
      [token],
    );
    const isManual = dns.kind === "manual";
    const bound = new (isManual ? TabledBinding : BucketCname)(
      name,
      { ...binding, ...optionsOf(args), unverified: isManual ? "pending" : "wait" },
      ours(token, ...txt),
    );
    const target = cnameTarget === undefined ? bound.cnameTarget : pulumi.output(cnameTarget);
    const lead = (...after: pulumi.Resource[]) => (writesCname ? makeRecord("CNAME", domain, target, after) : []);
    const automatic = automaticOptions(certificate);
    const isLedFirst = automatic !== undefined && challengeOf(automatic, dns) === "http-01";
    const before = isLedFirst ? [bound, ...lead(bound)] : [bound];
    const declared = automatic ? this.#issued(name, args, automatic, ofChildren, ours(...before)) : certificate;
    const served =
      declared && new CnameCertificate(name, { ...binding, ...declared }, { ...ours(...before), deletedWith: bound });
    if (!isLedFirst) lead(...(served ? [bound, served] : [bound]));

    this.status = bound.status;
    this.cnameTarget = target;
    this.certificateValidTo = served ? served.validTo : pulumi.output("");
    this.url = pulumi.output(`${served ? "https" : "http"}://${domain}`);
    const toCreate = isManual
      ? pulumi
          .all([
            pulumi
              .all([bound.status, bound.recordState, token.txtRecord])
              .apply(([status, state, record]) => (status === "Pending" ? [{ ...record, state }] : [])),
            writesCname ? this.#cnameToCreate(`${name}-cname`, domain, target, bound) : [],
          ])
          .apply((all) => all.flat())
      : pulumi.output<RecordToCreate[]>([]);
    this.records = toCreate.apply((all) => all.map(({ state, ...record }) => record));
    if (isManual) programState.announce(toCreate);
    // Its resources have all of it: here, Pulumi would write the state once more for each domain whose certificate changes.
    this.registerOutputs({});
  }

  /** A certificate for the domain alone, as `CnameCertificate` takes it. */
  #issued(
    name: string,
    { domain, dns, cnameTarget, ...binding }: CustomDomainArgs,
    options: AcmeOptions,
    own: pulumi.ProviderResource | undefined,
    opts: pulumi.CustomResourceOptions,
  ): ReturnType<typeof servedBy> {
    const { bucket, region, endpoint } = bindingOf({ ...binding, domain });
    const place = {
      bucket,
      ...(region && { region }),
      ...(endpoint && { endpoint }),
      ...(cnameTarget && { cnameTarget }),
    };
    try {
      const accounts = { own, inherited: this.getProvider("pulumi-nodejs:dynamic/oss:AcmeCertificate") };
      const args = certificateArgs(options, dns, accounts, [domain], [place]);
      const isManual = dns.kind === "manual";
      const kind = isManual ? TabledCertificate : AcmeCertificate;
      return servedBy(new kind(name, { ...args, ...(isManual && { unready: "pending" }) }, opts).certId, options);
    } catch (error) {
      throw new pulumi.ResourceError(`CustomDomain ${name}: ${(error as Error).message}`, this, true);
    }
  }

  /** The CNAME record of a domain, unless a person has made it already. */
  #cnameToCreate(
    resourceName: string,
    domain: string,
    target: pulumi.Output<string>,
    bound: BucketCname,
  ): pulumi.Output<RecordToCreate[]> {
    const record = new ManualRecord(resourceName, { name: domain, target }, { parent: this, dependsOn: bound });
    return pulumi
      .all([target, record.missing])
      .apply(([value, state]) =>
        state === "" ? [] : [{ name: domain, type: "CNAME" as const, value, ttl: RECORD_TTL_SECONDS, state }],
      );
  }
}

/** Its TXT record is in the table of all that a person has to create. */
class TabledBinding extends BucketCname {
  protected override warnOfPending(): void {}
}

/** The records that it waits for are in the same table. */
class TabledCertificate extends AcmeCertificate {
  protected override warn(): void {
    super.warn({ ofPending: false });
  }
}

function optionsOf(args: CustomDomainArgs): Partial<BucketCnameArgs> {
  const given = Object.entries(args).filter(([key]) => BUCKET_CNAME_OPTIONS.includes(key as never));
  return Object.fromEntries(given);
}

/** Mistakes that types cannot catch, or that JavaScript has no types for. */
function argumentProblem({ domain, dns, cnameRecord }: CustomDomainArgs): string | undefined {
  if (typeof domain !== "string") return "domain must be a plain string, not an output of another resource";
  if (dns?.kind === undefined) return "dns must be alidns(), records(…), manual() or none";
  const problem = domainProblem(foldName(domain));
  if (problem !== undefined) return problem;
  return dns.kind === "none" && cnameRecord ? "cnameRecord is asked for, but dns: none makes no records" : undefined;
}
