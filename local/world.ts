import { randomBytes } from "node:crypto";
import { type Certificate, inventCertificate, readCertificate, sha256 } from "./certificates";
import { type DnsRecord, Zones } from "./dns/zones";
import { Faults } from "./faults";
import type { RequestEntry } from "./requestEntry";
import { checkSwitches, DEFAULT_SWITCHES, type Switches } from "./switches";

export interface Credential {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Required in every request with this key. */
  readonly securityToken?: string | undefined;
  /** An ISO date from which on the key is refused. */
  readonly expiration?: string | undefined;
  /** Account id. */
  readonly owner: string;
}

export interface Bucket {
  readonly name: string;
  /** Account id. */
  readonly owner: string;
  readonly region: string;
}

export interface Binding {
  readonly domain: string;
  readonly bucket: string;
  readonly status: "Enabled" | "Disabled";
  readonly certId?: string | undefined;
  /** As an ISO date. */
  readonly lastModified: string;
}

export interface Token {
  readonly bucket: string;
  readonly domain: string;
  readonly token: string;
  /** As an ISO date. */
  readonly expireTime: string;
}

export interface WorldState {
  readonly buckets: readonly Bucket[];
  readonly bindings: readonly Binding[];
  /** Only those still valid. */
  readonly tokens: readonly Token[];
  readonly certificates: readonly Certificate[];
  readonly zones: readonly string[];
  readonly records: readonly DnsRecord[];
}

export interface WorldOptions {
  /** `cn-hangzhou` when left out. */
  readonly region?: string | undefined;
  /** Delays every reply of OSS and Alidns. */
  readonly latencyMs?: number | undefined;
  /** `example.com` when left out. */
  readonly zones?: readonly string[] | undefined;
  /** The clock of the services; the machine's own when left out. */
  readonly now?: (() => Date) | undefined;
  readonly switches?: Partial<Switches> | undefined;
  /** What the services hold at first: the `state()` of another cloud. */
  readonly state?: WorldState | undefined;
}

/** Account id of buckets and credentials without an owner of their own. */
export const OWN_ACCOUNT = "1234567890123456";

/** What the emulated services hold, their clock and switches, and the log of requests. */
export class World {
  readonly region: string;
  readonly latencyMs: number;
  readonly now: () => Date;
  readonly zones: Zones;
  readonly credentials = new Map<string, Credential>();
  readonly buckets = new Map<string, Bucket>();
  /** By domain. */
  readonly bindings = new Map<string, Binding>();
  /** By `bucket/domain`, including expired tokens. */
  readonly tokens = new Map<string, Token>();
  /** By CertId. */
  readonly certificates = new Map<string, Certificate>();
  readonly faults = new Faults();
  readonly requests: RequestEntry[] = [];
  switches: Switches;
  #staleLists = new Map<string, { readonly bindings: readonly Binding[]; left: number }>();
  #lastCertId = 10_000_000;

  constructor(options: WorldOptions) {
    const { region = "cn-hangzhou", latencyMs = 0, zones = ["example.com"], now = () => new Date() } = options;
    this.region = region;
    this.latencyMs = latencyMs;
    this.now = now;
    this.zones = new Zones(zones, now);
    checkSwitches(options.switches ?? {});
    this.switches = { ...DEFAULT_SWITCHES, ...options.switches };
    if (options.state) this.#restore(options.state);
  }

  #restore({ buckets, bindings, tokens, certificates, zones, records }: WorldState): void {
    for (const bucket of buckets) this.buckets.set(bucket.name, bucket);
    for (const binding of bindings) this.bindings.set(binding.domain, binding);
    for (const token of tokens) this.tokens.set(`${token.bucket}/${token.domain}`, token);
    for (const certificate of certificates) this.certificates.set(certificate.certId, certificate);
    for (const zone of zones) this.zones.addZone(zone);
    this.zones.restore(records);
    this.#lastCertId += certificates.length;
  }

  state(): WorldState {
    return structuredClone({
      buckets: [...this.buckets.values()],
      bindings: [...this.bindings.values()],
      tokens: this.validTokens(),
      certificates: [...this.certificates.values()],
      zones: this.zones.names,
      records: this.zones.records,
    });
  }

  bind(domain: string, bucket: string, changes: Partial<Pick<Binding, "status" | "certId">> = {}): void {
    const known = this.bindings.get(domain);
    for (const changed of new Set([bucket, known?.bucket ?? bucket])) this.#rememberList(changed);
    const lastModified = this.now().toISOString();
    this.bindings.set(domain, { status: "Enabled", ...known, ...changes, domain, bucket, lastModified });
    if (!known && this.switches.tokenAfterBinding === "notFound") this.tokens.delete(`${bucket}/${domain}`);
  }

  unbind(domain: string): void {
    this.#rememberList(this.bindings.get(domain)?.bucket ?? "");
    this.bindings.delete(domain);
  }

  bindingsOf(bucket: string): Binding[] {
    return [...this.bindings.values()].filter((binding) => binding.bucket === bucket);
  }

  /** Returns the bindings as ListCname shows them, possibly out of date: see the switch `listLagLists`. */
  listBindings(bucket: string): readonly Binding[] {
    const stale = this.#staleLists.get(bucket);
    if (!stale) return this.bindingsOf(bucket);
    stale.left -= 1;
    if (stale.left === 0) this.#staleLists.delete(bucket);
    return stale.bindings;
  }

  #rememberList(bucket: string): void {
    const left = this.switches.listLagLists;
    if (left > 0) this.#staleLists.set(bucket, { bindings: this.bindingsOf(bucket), left });
  }

  validTokens(): Token[] {
    return [...this.tokens.values()].filter((token) => this.#isValid(token));
  }

  tokenOf(bucket: string, domain: string): Token | undefined {
    const token = this.tokens.get(`${bucket}/${domain}`);
    return token && this.#isValid(token) ? token : undefined;
  }

  issueToken(bucket: string, domain: string): Token {
    const { tokenLifetimeSeconds, tokenRenewalSeconds } = this.switches;
    const now = this.now().getTime();
    const known = this.tokenOf(bucket, domain);
    if (known && Date.parse(known.expireTime) - now >= tokenRenewalSeconds * 1000) return known;
    // The service writes whole seconds.
    const expireTime = new Date(Math.floor(now / 1000 + tokenLifetimeSeconds) * 1000).toISOString();
    const token = { bucket, domain, token: randomBytes(16).toString("hex"), expireTime };
    this.tokens.set(`${bucket}/${domain}`, token);
    return token;
  }

  #isValid({ expireTime }: Token): boolean {
    return Date.parse(expireTime) > this.now().getTime();
  }

  /** Stores a certificate, under a new CertId unless one is given. */
  addCertificate({ certId, pem }: { certId?: string | undefined; pem?: string | undefined }): Certificate {
    const digest = pem === undefined ? undefined : sha256(pem);
    const same = [...this.certificates.values()].find((known) => digest !== undefined && known.digest === digest);
    if (same && certId === undefined && this.switches.uploadsDeduplicated) return same;
    const added = {
      certId: certId ?? `${++this.#lastCertId}-cn-hangzhou`,
      uploaded: certId === undefined,
      digest,
      ...(pem === undefined ? inventCertificate(certId ?? "", this.now()) : readCertificate(pem)),
      creationDate: this.now().toISOString(),
    };
    this.certificates.set(added.certId, added);
    return added;
  }
}
