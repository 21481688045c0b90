import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { type DnsRecord, Zones } from "./dns/zones";
import { checkSwitches, defaultSwitches, type Switches } from "./switches";

/** What a service answers in place of a result; OSS renders it as XML, Alidns as JSON. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Further elements of the error document, `EC` among them. */
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
  /** Uploaded through PutCname, as opposed to named by CertId. */
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
  /** ISO, when it had arrived. */
  readonly time: string;
  readonly requestId: string;
  readonly service: "oss" | "alidns";
  readonly operation: string;
  readonly bucket: string | null;
  /** The domain to bind; for Alidns the zone. */
  readonly domain: string | null;
  readonly signatureVersion: "v1" | "v4" | "acs3" | null;
  /** null while in progress, 0 when the connection was reset. */
  status: number | null;
  /** null for a success. */
  code: string | null;
  /** What PutCname says of a certificate; texts as SHA-256. */
  readonly certificate?: {
    readonly certId?: string;
    readonly certificateDigest?: string;
    readonly privateKeyDigest?: string;
    readonly previousCertId?: string;
    readonly force?: boolean;
    readonly deleteCertificate?: boolean;
  };
  /** Of an Alidns request. */
  readonly recordId?: string;
  readonly rr?: string;
  readonly type?: string;
  readonly value?: string;
}

/** What happens to the next requests of an operation instead of the usual. */
export interface Fault {
  /** Of OSS or Alidns; `*` for any. */
  readonly operation: string;
  readonly bucket?: string;
  readonly domain?: string;
  /** The reply; 500 and InternalError where one of both is left out. Neither, and no `reset`: only `delayMs` works. */
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  /** Of an OSS error. */
  readonly ec?: string;
  /** How many requests; 1 when left out. */
  times?: number;
  readonly delayMs?: number;
  /** Cuts the connection in place of a reply. */
  readonly reset?: boolean;
  /** The operation is carried out, only its reply is replaced or lost. */
  readonly after?: boolean;
}

export interface WorldState {
  readonly buckets: readonly Bucket[];
  readonly bindings: readonly Binding[];
  /** Valid ones. */
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
}

/** Account id of buckets and access keys that are not said to be another's. */
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
  /** By bucket and domain; see `tokenOf`. */
  readonly tokens = new Map<string, Token>();
  /** By CertId. */
  readonly certificates = new Map<string, Certificate>();
  readonly faults: Fault[] = [];
  readonly requests: RequestEntry[] = [];
  switches: Switches;
  /** What ListCname still shows of a bucket. */
  readonly #stale = new Map<string, { readonly bindings: readonly Binding[]; lists: number }>();
  #lastCertId = 10_000_000;

  constructor({ region = "cn-hangzhou", latencyMs = 0, zones = ["example.com"], now, switches = {} }: WorldOptions) {
    checkSwitches(switches);
    this.region = region;
    this.latencyMs = latencyMs;
    this.now = now ?? (() => new Date());
    this.zones = new Zones(zones, this.now);
    this.switches = { ...defaultSwitches, ...switches };
  }

  state(): WorldState {
    const now = this.now().toISOString();
    return structuredClone({
      buckets: [...this.buckets.values()],
      bindings: [...this.bindings.values()],
      tokens: [...this.tokens.values()].filter((token) => token.expireTime > now),
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
    const known = this.bindings.get(domain);
    if (!known) return;
    this.#rememberList(known.bucket);
    this.bindings.delete(domain);
  }

  bindingsOf(bucket: string): Binding[] {
    return [...this.bindings.values()].filter((binding) => binding.bucket === bucket);
  }

  /** The bindings as ListCname shows them. */
  listBindings(bucket: string): readonly Binding[] {
    const stale = this.#stale.get(bucket);
    if (!stale) return this.bindingsOf(bucket);
    stale.lists -= 1;
    if (stale.lists === 0) this.#stale.delete(bucket);
    return stale.bindings;
  }

  #rememberList(bucket: string): void {
    const lists = this.switches.listLagLists;
    if (lists > 0) this.#stale.set(bucket, { bindings: this.bindingsOf(bucket), lists });
  }

  /** The valid token of a domain in a bucket. */
  tokenOf(bucket: string, domain: string): Token | undefined {
    const token = this.tokens.get(`${bucket}/${domain}`);
    return token && token.expireTime > this.now().toISOString() ? token : undefined;
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

  uploadCertificate(pem: string, { fingerprint, validFrom, validTo }: X509Certificate): Certificate {
    const digest = sha256(pem);
    const same = [...this.certificates.values()].find((known) => known.digest === digest);
    if (same && this.switches.uploadsDeduplicated) return same;
    return this.registerCertificate(`${++this.#lastCertId}-cn-hangzhou`, {
      uploaded: true,
      digest,
      fingerprint,
      validFrom,
      validTo,
    });
  }

  /** Without a PEM, fingerprint and dates are made up: the same fingerprint for the same CertId, a year that began yesterday. */
  certificateOf(certId: string, pem?: string): Certificate {
    const known = this.certificates.get(certId);
    if (known && pem === undefined) return known;
    if (pem !== undefined) {
      const { fingerprint, validFrom, validTo } = new X509Certificate(pem);
      return this.registerCertificate(certId, {
        uploaded: false,
        digest: sha256(pem),
        fingerprint,
        validFrom,
        validTo,
      });
    }
    const hash = createHash("sha1").update(certId).digest("hex").toUpperCase();
    const day = 86_400_000;
    const at = (offset: number) => opensslDate(new Date(this.now().getTime() + offset));
    return this.registerCertificate(certId, {
      uploaded: false,
      fingerprint: (hash.match(/../g) ?? []).join(":"),
      validFrom: at(-day),
      validTo: at(364 * day),
    });
  }

  registerCertificate(certId: string, certificate: Omit<Certificate, "certId" | "creationDate">): Certificate {
    const added = { certId, ...certificate, creationDate: this.now().toISOString() };
    this.certificates.set(certId, added);
    return added;
  }

  /** The fault that this request meets, used up by it. */
  takeFault({ operation, bucket, domain }: RequestEntry): Fault | undefined {
    const fault = this.faults.find(
      (each) =>
        (each.operation === "*" || each.operation === operation) &&
        (each.bucket === undefined || each.bucket === bucket) &&
        (each.domain === undefined || each.domain === domain),
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

/** `Feb 10 00:00:00 2023 GMT`, the day padded with a blank, as OpenSSL writes it. */
function opensslDate(date: Date): string {
  const [, day = "", month, year, time] = date.toUTCString().split(" ");
  return `${month} ${day.replace(/^0/, " ")} ${time} ${year} GMT`;
}
