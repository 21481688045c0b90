/** What the plugin takes, where that differs from the classes for TypeScript. The schema is made of these types. */
import type {
  AcmeOptions,
  AlidnsOptions,
  BucketCnamesCertificateArgs,
  OssAccountArgs,
  CustomDomainArgs as ProgramArgs,
} from "../provider/plugin";

/** Account, region and settings: the arguments of a provider, and the stack's `oss-cname:*` for the default one. */
export interface ProviderArgs extends OssAccountArgs {
  /** Version of OSS's signature. Default `v4`. */
  readonly signatureVersion?: "v4" | "v1";
  /** How requests name the bucket. Default `virtual`; `path` for `localhost`, and always for IP addresses. */
  readonly addressing?: "virtual" | "path";
  /** Endpoint of Alibaba Cloud DNS, a host or URL. Default `alidns.aliyuncs.com`. */
  readonly alidnsEndpoint?: string;
  /** Endpoint of Certificate Management Service, a host or URL. Default `cas.aliyuncs.com`. */
  readonly casEndpoint?: string;
  /**
   * The CA that issues certificates: the URL of its directory, or `letsEncrypt` (default), `letsEncryptStaging`,
   * `zeroSsl` or `google`.
   */
  readonly acmeDirectory?: string;
  /** Key of the account at the CA, PEM. `oss-cname acme-account` makes it. */
  readonly acmeAccountKey?: string;
  /** File with the key of the account at the CA, readable by its owner only. */
  readonly acmeAccountKeyFile?: string;
  /**
   * Whether to look for the TXT record before binding: `authoritative` (default) asks the zone's own servers, `none`
   * leaves it to OSS.
   */
  readonly verification?: "authoritative" | "none";
  /** DNS servers to ask, as `host:port`. Default: the zone's own. */
  readonly dnsServers?: string[];
  /** Buckets of the account, among which an import by domain looks for it. */
  readonly buckets?: string[];
  /** Seconds to wait for DNS and for OSS to accept it. Default 900. */
  readonly dnsTimeoutSeconds?: number;
  /** How many domains may be removed at once. Default: 10, or a tenth of the stack's domains if that is more. */
  readonly removalLimit?: number;
  /** How many requests to OSS and Alibaba Cloud DNS may be under way at once, from 1 to 999. Default 10. */
  readonly maxConcurrentRequests?: number;
  /** Send signed requests over plain `http` to other machines too. Default false. */
  readonly allowHttp?: boolean;
}

/**
 * A custom domain on a bucket with everything that it needs, in this order: token, TXT record, binding, certificate,
 * CNAME record. Destroyed in reverse: the record that leads visitors here goes first, the proof of ownership last.
 *
 * A provider among its options is the account of the bucket. DNS records never inherit it: they are made in the account
 * of the default provider.
 */
export interface CustomDomainArgs extends Omit<ProgramArgs, "dns" | "certificate"> {
  /**
   * Who keeps the domain's DNS records: `alidns` makes them in Alibaba Cloud DNS, and so does `{ alidns: { … } }` with
   * options; with `manual` a person does, and `up` prints the missing ones as one table and succeeds; `none` neither
   * makes nor prints any.
   */
  readonly dns: DnsChoice | AlidnsChoice;
  /** Certificate for HTTPS, in one of four forms. Taking it away takes it off the domain and leaves the binding. */
  readonly certificate?: CustomDomainCertificateArgs;
}

/** Who keeps the DNS records of a domain. */
export type DnsChoice = "alidns" | "manual" | "none";

/** Records in Alibaba Cloud DNS, with options. */
export interface AlidnsChoice {
  /** Zone, TTL, and consent to replace a record. */
  readonly alidns: Omit<AlidnsOptions, "provider">;
}

/**
 * A certificate: one that is issued and renewed by itself, a CertId, a pair of PEM strings, or a pair of files. Of pairs,
 * files are best: their key is in no state.
 */
export interface CustomDomainCertificateArgs extends BucketCnamesCertificateArgs {
  /** Order it from a CA: `{}` for the stack's, which is Let's Encrypt unless configured otherwise. */
  readonly acme?: AcmeOptions;
}
