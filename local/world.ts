import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { type DnsRecord, Zones } from "./dns/zones";
import { checkSwitches, defaultSwitches, type Switches } from "./switches";

/** What a service answers in place of a result: OSS as XML, Alidns as JSON. `extras` are further elements, `EC` among them. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extras: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export interface Credential {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Must then come with every request. */
  readonly securityToken?: string | undefined;
  /** Refused from then on. */
  readonly expiration?: Date | undefined;
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
  /** ISO. */
  readonly lastModified: string;
}

export interface Token {
  readonly bucket: string;
  readonly domain: string;
  readonly token: string;
  /** ISO. */
  readonly expireTime: string;
}

export interface Certificate {
  readonly certId: string;
  /** Came as PEM through PutCname; not merely named. */
  readonly uploaded: boolean;
  /** SHA-256 of the PEM text. */
  readonly digest?: string | undefined;
  readonly fingerprint: string;
  /** `Feb 10 00:00:00 2023 GMT` */
  readonly validFrom: string;
  readonly validTo: string;
  /** ISO. */
  readonly creationDate: string;
}

/** One request that reached OSS or Alidns. */
export interface RequestEntry {
  /** ISO; when all of it had arrived. */
  readonly time: string;
  readonly requestId: string;
  readonly service: "oss" | "alidns";
  readonly operation: string;
  readonly bucket: string | null;
  /** The domain to bind; for Alidns the zone. */
  readonly domain: string | null;
  readonly signatureVersion: "v1" | "v4" | "acs3" | null;
  /** null while in progress, 0 when the connection was cut. */
  status: number | null;
  /** null for a success. */
  code: string | null;
  /** What PutCname says of a certificate. */
  readonly certificate?: CertificateDigests;
  /** Of an Alidns request. */
  readonly recordId?: string | undefined;
  readonly rr?: string | undefined;
  readonly type?: string | undefined;
  readonly value?: string | undefined;
}

/** Texts as SHA-256 in hex. */
export interface CertificateDigests {
  readonly certId?: string;
  readonly certificateDigest?: string;
  readonly privateKeyDigest?: string;
  readonly previousCertId?: string;
  readonly force?: boolean;
  readonly deleteCertificate?: boolean;
}

/** What happens to the next requests. Without `status`, `code` and `reset` they are only late. */
export interface Fault {
  /** Of OSS or Alidns; `*` for any. */
  readonly operation: string;
  readonly bucket?: string;
  readonly domain?: string;
  /** 500 when there is only a code. */
  readonly status?: number;
  /** InternalError when there is only a status. */
  readonly code?: string;
  readonly message?: string;
  readonly ec?: string;
  /** To how many requests; 1 when left out. */
  times?: number;
  readonly delayMs?: number;
  /** The connection is cut in place of a reply. */
  readonly reset?: boolean;
  /** The operation is carried out first, only its reply is replaced or lost. */
  readonly after?: boolean;
}

export interface WorldState {
  readonly buckets: readonly Bucket[];
  readonly bindings: readonly Binding[];
  /** Those still valid. */
  readonly tokens: readonly Token[];
  readonly certificates: readonly Certificate[];
  readonly zones: readonly string[];
  readonly records: readonly DnsRecord[];
}

export interface WorldOptions {
  readonly region?: string | undefined;
  readonly latencyMs?: number | undefined;
  readonly zones?: readonly string[] | undefined;
  readonly now?: (() => Date) | undefined;
  readonly switches?: Partial<Switches> | undefined;
  /** What the services hold at first, as `WorldState` gives it. */
  readonly state?: WorldState | undefined;
}

/** Account id of the buckets and keys that nobody said to be another's. */
export const ownAccount = "1234567890123456";

/** All that the emulators keep: the state of the services, and what was asked of them. */
export class World {
  readonly region: string;
  readonly latencyMs: number;
  readonly now: () => Date;
  readonly zones: Zones;
  readonly credentials = new Map<string, Credential>();
  readonly buckets = new Map<string, Bucket>();
  /** By domain. */
  readonly bindings = new Map<string, Binding>();
  /** By `bucket/domain`, the expired ones too. */
  readonly tokens = new Map<string, Token>();
  /** By CertId. */
  readonly certificates = new Map<string, Certificate>();
  readonly faults: Fault[] = [];
  readonly requests: RequestEntry[] = [];
  switches: Switches;
  readonly #staleLists = new Map<string, { readonly bindings: readonly Binding[]; left: number }>();
  #lastCertId = 10_000_000;

  constructor(options: WorldOptions) {
    const { region = "cn-hangzhou", latencyMs = 0, zones = ["example.com"], now = () => new Date() } = options;
    this.region = region;
    this.latencyMs = latencyMs;
    this.now = now;
    this.zones = new Zones(zones, now);
    checkSwitches(options.switches ?? {});
    this.switches = { ...defaultSwitches, ...options.switches };
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

  /** A copy. */
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
    for (const written of new Set([bucket, known?.bucket ?? bucket])) this.#rememberList(written);
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

  /** The bindings as ListCname shows them. */
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

  /**
   * Takes a certificate in, under a new CertId unless one is given. One without a PEM is made up: always the same
   * fingerprint for the same CertId, valid for a year since yesterday.
   */
  addCertificate({ certId, pem }: { certId?: string | undefined; pem?: string | undefined }): Certificate {
    const digest = pem === undefined ? undefined : sha256(pem);
    const same = [...this.certificates.values()].find((known) => digest !== undefined && known.digest === digest);
    if (same && certId === undefined && this.switches.uploadsDeduplicated) return same;
    const source = pem === undefined ? this.#madeUp(certId ?? "") : new X509Certificate(pem);
    const { fingerprint, validFrom, validTo } = source;
    const added = {
      certId: certId ?? `${++this.#lastCertId}-cn-hangzhou`,
      uploaded: certId === undefined,
      digest,
      fingerprint,
      validFrom,
      validTo,
      creationDate: this.now().toISOString(),
    };
    this.certificates.set(added.certId, added);
    return added;
  }

  #madeUp(certId: string): Pick<Certificate, "fingerprint" | "validFrom" | "validTo"> {
    const hash = createHash("sha1").update(certId).digest("hex").toUpperCase();
    const dayMs = 86_400_000;
    const inDays = (days: number) => opensslDate(new Date(this.now().getTime() + days * dayMs));
    return { fingerprint: hash.match(/../g)?.join(":") ?? "", validFrom: inDays(-1), validTo: inDays(364) };
  }

  /** The fault that this request meets; it is used up by it. */
  takeFault({ operation, bucket, domain }: RequestEntry): Fault | undefined {
    const meets = (wanted: string | undefined, found: string | null) => wanted === undefined || wanted === found;
    const fault = this.faults.find(
      (each) => ["*", operation].includes(each.operation) && meets(each.bucket, bucket) && meets(each.domain, domain),
    );
    if (!fault) return undefined;
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times <= 0) this.faults.splice(this.faults.indexOf(fault), 1);
    return fault;
  }
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** `Feb  1 00:00:00 2023 GMT` */
function opensslDate(date: Date): string {
  const [, day = "", month, year, time] = date.toUTCString().split(" ");
  return `${month} ${day.replace(/^0/, " ")} ${time} ${year} GMT`;
}
