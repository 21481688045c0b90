import * as pulumi from "@pulumi/pulumi";
import { foldName } from "../../names";
import { programState } from "../../programState";
import { OssDynamicResource } from "../dynamicResource";

/** A bucket that names of a certificate are bound to. */
export interface AcmeBucketArgs {
  /** Its name. */
  readonly bucket: pulumi.Input<string>;
  /** Region, such as `cn-hangzhou`. Default: the provider's. */
  readonly region?: pulumi.Input<string>;
  /** OSS endpoint. Default: the provider's, else the public one of the region. */
  readonly endpoint?: pulumi.Input<string>;
  /** Where the names lead, for `http-01`. Default: the bucket's public name. Empty for anywhere. */
  readonly cnameTarget?: pulumi.Input<string>;
}

/** Where TXT records of `dns-01` are made in Alibaba Cloud DNS. */
export interface AcmeDnsArgs {
  /** Zone that holds all of the names. Default: for each name the longest one of the account that it ends in. */
  readonly zone?: pulumi.Input<string>;
  /** Profile of the Alibaba Cloud CLI for the account of the zones. Default: the account of the resource. */
  readonly profile?: pulumi.Input<string>;
  /**
   * The account of the zones is the one that the environment names, while the resource has another. Default: false, the
   * account of the resource.
   */
  readonly environment?: pulumi.Input<boolean>;
}

/** Arguments of AcmeCertificate. Changing one alone changes nothing until the next renewal, unless it says otherwise. */
export interface AcmeCertificateArgs {
  /**
   * Up to 100 names, such as `www.example.com` or, with `dns-01`, `*.example.com`. A name that the certificate does not
   * cover gets a new one, in place; a name that is taken away leaves with the next renewal.
   */
  readonly names: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * How the names are proven: `dns-01` (default) by TXT records in Alibaba Cloud DNS, `http-01` by an object in the
   * bucket that each name is bound to and leads to.
   */
  readonly challenge?: pulumi.Input<"dns-01" | "http-01">;
  /** For `dns-01`, where the TXT records are made. Default: wherever the account of the resource has the zone. */
  readonly dns?: pulumi.Input<AcmeDnsArgs>;
  /**
   * The buckets that the names are bound to. Needed for `http-01` and for `retire`. A new resource adopts a certificate
   * that a domain of these names has there if it was ordered for just the same, as by a resource of another name.
   */
  readonly buckets?: pulumi.Input<pulumi.Input<AcmeBucketArgs>[]>;
  /**
   * What to do while a name is not bound or leads nowhere, with `http-01`: `wait` (default) until it does or
   * `oss-cname:dnsTimeoutSeconds` are over, or `pending`: order for those that are ready, and leave the others to a later `up`.
   */
  readonly unready?: pulumi.Input<"wait" | "pending">;
  /**
   * Directory of the CA: a URL, or `letsEncrypt`, `letsEncryptStaging` and the other names of `oss-cname:acmeDirectory`,
   * which is the default. Another one means another certificate, in place.
   */
  readonly directory?: pulumi.Input<string>;
  /** Profile of the CA, such as `tlsserver`. Default: the CA's. Another one means another certificate, in place. */
  readonly profile?: pulumi.Input<string>;
  /** Default `P-256`. Another one means another certificate, in place. */
  readonly keyType?: pulumi.Input<"P-256" | "RSA-2048">;
  /**
   * Days before the end at which the certificate is renewed, at most two thirds of its life. Default: when the CA
   * recommends it; without a recommendation at a third of its life, or at half where it lives for ten days at most.
   */
  readonly renewBefore?: pulumi.Input<number>;
  /**
   * Delete a certificate from Certificate Management Service when a renewal has replaced it and none of `buckets` lists
   * it any more. Default: false, which leaves it there. Only certificates that this resource has uploaded are deleted.
   */
  readonly retire?: pulumi.Input<boolean>;
}

/**
 * A certificate that an ACME CA such as Let's Encrypt issues, uploaded to Certificate Management Service, and renewed by
 * `up` in time.
 *
 * The private key is made in memory, uploaded once and forgotten: it is in no file, no state and no output. What domains
 * need is `certId`. A renewal that fails while the certificate has a day left is a warning, and the next `up` tries
 * again. Destroying the resource leaves the certificate where it was uploaded, for somebody may have it in use.
 */
export class AcmeCertificate extends OssDynamicResource {
  /** Id in Certificate Management Service, `12345-cn-hangzhou`; `pending` while there is no certificate. */
  declare readonly certId: pulumi.Output<string>;
  /** The names that the certificate covers. */
  declare readonly covers: pulumi.Output<string[]>;
  /** `Issued`, or `Pending` while names are left to a later `up`. */
  declare readonly status: pulumi.Output<string>;
  /** What a `Pending` certificate waits for, for a person to read; empty otherwise. */
  declare readonly pendingReason: pulumi.Output<string>;
  /** ISO 8601; empty without a certificate, as are all that follow. */
  declare readonly validFrom: pulumi.Output<string>;
  /** ISO 8601. */
  declare readonly validTo: pulumi.Output<string>;
  /** SHA-1 of the leaf as OSS shows it. */
  declare readonly fingerprint: pulumi.Output<string>;
  /** SHA-256 over all certificates of the chain, hex. */
  declare readonly chainDigest: pulumi.Output<string>;
  /** The certificate's id in ACME Renewal Information (RFC 9773). */
  declare readonly renewalId: pulumi.Output<string>;
  /** When it is to be renewed, as was known when it was issued (ISO 8601). The CA may ask for it earlier. */
  declare readonly renewAt: pulumi.Output<string>;
  /** Why the last attempt to renew it failed; empty otherwise. */
  declare readonly renewalProblem: pulumi.Output<string>;
  /** Certificates of this resource that others have replaced, and that are still uploaded: their CertIds. */
  declare readonly superseded: pulumi.Output<string[]>;

  constructor(name: string, args: AcmeCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super("acmeCertificate", "AcmeCertificate", name, OUTPUTS, { ...args, names: declaredNames(name, args) }, opts);
    this.warn();
  }

  /** `ofPending`: of what a pending certificate waits for, too. */
  protected warn({ ofPending = true } = {}): void {
    for (const output of ofPending ? [this.pendingReason, this.renewalProblem] : [this.renewalProblem])
      output.apply((problem) => {
        if (problem) void pulumi.log.warn(problem, this);
      });
  }
}

const OUTPUTS = [
  "certId",
  "covers",
  "status",
  "pendingReason",
  "validFrom",
  "validTo",
  "fingerprint",
  "chainDigest",
  "renewalId",
  "renewAt",
  "renewalProblem",
  "superseded",
];

/** Two resources for the same names would only use up what a CA gives in a week. */
function declaredNames(name: string, { names }: AcmeCertificateArgs): AcmeCertificateArgs["names"] {
  const advice = "a CA gives only a few certificates for the same names, so share that one by its certId";
  const declaration = { kind: "AcmeCertificate", name, account: undefined, advice };
  const claim = (all: pulumi.Input<string>) => programState.uniqueDomains.claim(declaration, all);
  // Anything else than names is reported by the resource's check.
  const inOne = (all: unknown) =>
    Array.isArray(all) ? [...new Set(all.map((each) => foldName(String(each))))].sort().join(", ") : "";
  if (Array.isArray(names) && names.every((each) => typeof each === "string")) {
    claim(inOne(names));
    return names;
  }
  const known = pulumi.output(names);
  return pulumi.all([known, claim(known.apply(inOne))]).apply(([all]) => all);
}
