import * as pulumi from "@pulumi/pulumi";
import { getDomain } from "tldts-icann";
import { foldName } from "../../names";
import type { AcmeBucketArgs, AcmeCertificateArgs, AcmeDnsArgs } from "../acmeCertificate/resource";
import { OssAccount } from "../ossAccount";
import type { Dns } from "./dns";

/** Options of `letsEncrypt()`: plain values, those of `AcmeCertificate` unless they say otherwise. */
export interface LetsEncryptOptions {
  /** How the domain is proven. Default: `dns-01` with records in Alibaba Cloud DNS, else `http-01`, through the bucket. */
  readonly challenge?: "dns-01" | "http-01";
  /**
   * Order `*.example.com` for `www.example.com`, so that one certificate serves all domains of a `CustomDomains` under
   * the same name. With `dns-01` only. Default: false.
   */
  readonly wildcard?: boolean;
  /** Profile of the CA, such as `tlsserver`. Default: the CA's. */
  readonly profile?: string;
  /** Type of the private key. Default `P-256`. */
  readonly keyType?: "P-256" | "RSA-2048";
  /** Days before the end at which it is renewed. Default: when the CA recommends it. */
  readonly renewBefore?: number;
  /** Delete what a renewal has replaced, once no bucket lists it. Default: false. */
  readonly retire?: boolean;
  /** Overwrite a certificate that somebody else has put on the domain. Default: false. */
  readonly force?: boolean;
  /** Warn this many days before the certificate expires. Default: 0, for it is renewed before, and a failure warns. */
  readonly expiryWarningDays?: number;
}

/** Options of `acme()`. */
export interface AcmeOptions extends LetsEncryptOptions {
  /** Directory of the CA: a URL or a name. Default: `oss-cname:acmeDirectory`. */
  readonly directory?: string;
}

/** A certificate that is issued and renewed by itself: the result of `letsEncrypt()` or `acme()`. */
export interface AutomaticCertificate {
  readonly acme: AcmeOptions;
}

/** A certificate of Let's Encrypt, or of the CA that `oss-cname:acmeDirectory` names for the stack. */
export function letsEncrypt(options: LetsEncryptOptions = {}): AutomaticCertificate {
  return { acme: options };
}

/** A certificate of any CA that speaks ACME. */
export function acme(options: AcmeOptions = {}): AutomaticCertificate {
  return { acme: options };
}

/** The options of a certificate that is automatic; `undefined` for another one, or none. */
export function automaticOptions(certificate: object | undefined): AcmeOptions | undefined {
  return certificate !== undefined && "acme" in certificate ? ((certificate.acme ?? {}) as AcmeOptions) : undefined;
}

export function challengeOf({ challenge }: AcmeOptions, dns: Dns): "dns-01" | "http-01" {
  return challenge ?? (dns.kind === "managed" && dns.alidns !== undefined ? "dns-01" : "http-01");
}

/** Who has the accounts of a component. */
export interface Accounts {
  /** Of the bucket, and so of the certificate. */
  readonly own: pulumi.ProviderResource | undefined;
  /** Of resources without one of their own. */
  readonly inherited: pulumi.ProviderResource | undefined;
}

/** Arguments of an `AcmeCertificate`. Throws where the options do not fit. */
export function certificateArgs(
  options: AcmeOptions,
  dns: Dns,
  accounts: Accounts,
  domains: readonly string[],
  buckets: readonly AcmeBucketArgs[],
): AcmeCertificateArgs {
  const { wildcard, force: _, expiryWarningDays: __, ...given } = options;
  const challenge = challengeOf(options, dns);
  if (challenge === "dns-01" && !(dns.kind === "managed" && dns.alidns))
    throw new Error("challenge dns-01 needs dns: alidns(), for the TXT record is made and removed while the CA looks");
  if (challenge === "http-01" && wildcard) throw new Error("a wildcard can be proven by dns-01 only");
  const names = domains.map(foldName).map((domain) => (wildcard ? wildcardOf(domain) : domain));
  const zone = dns.kind === "managed" && challenge === "dns-01" ? zoneArgs(dns, accounts) : {};
  return {
    ...given,
    names: [...new Set(names)].sort(),
    challenge,
    ...(Object.keys(zone).length > 0 && { dns: zone }),
    buckets: [...buckets],
  };
}

/** The certificate of a domain as CnameCertificate and BucketCnames take it. */
export function servedBy(certId: pulumi.Output<string>, { force, expiryWarningDays = 0 }: AcmeOptions) {
  return { certId, expiryWarningDays, ...(force !== undefined && { force }) };
}

/** The top of a zone has no wildcard that covers it. */
function wildcardOf(domain: string): string {
  return domain === getDomain(domain) ? domain : domain.replace(/^[^.]+/, "*");
}

/**
 * How the resource reaches the zone, which may be in another account than the bucket. Keys of that account would end up
 * in the state as inputs.
 */
function zoneArgs({ alidns = {} }: Extract<Dns, { kind: "managed" }>, { own, inherited }: Accounts): AcmeDnsArgs {
  const zone = alidns.zone === undefined ? {} : { zone: alidns.zone };
  const account = alidns.provider ?? inherited;
  if (account === own) return zone;
  if (account instanceof OssAccount && account.hasKeys)
    throw new Error(
      "the account of alidns() has its keys in the program, and a certificate is made in the account of the bucket, which " +
        "must not be given them: name a profile in that OssAccount instead",
    );
  const stackConfig = (key: string) => pulumi.runtime.getConfig(`alicloud:${key}`);
  const profile = (account instanceof OssAccount ? account.profile : undefined) ?? stackConfig("profile");
  if (profile !== undefined) return { ...zone, profile };
  if (stackConfig("accessKey") !== undefined)
    throw new Error(
      "the zone is in the account of alicloud:accessKey, and a certificate is made in the account of the bucket, which must " +
        "not be given that key: set alicloud:profile, or the key in the environment",
    );
  return { ...zone, environment: true };
}
