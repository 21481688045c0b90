import { randomBytes } from "node:crypto";
import type { RenewalWindow } from "./acme/renewalInfo";
import { type Certificate, type CertificateSource, inventCertificate, readCertificate, sha256 } from "./certificates";
import { ConsoleUser } from "./consoleUser";
import { type DnsRecord, type NewRecord, normaliseName, type RecordFilter, Zones } from "./dns/zones";
import type { Fault } from "./faults";
import { Refusal } from "./refusal";
import type { RequestEntry } from "./requestEntry";
import {
  type Binding,
  type Bucket,
  type Credential,
  OWN_ACCOUNT,
  type StoredObject,
  type Token,
  type WorldState,
} from "./state";
import { checkSwitches, DEFAULT_SWITCHES, type Switches } from "./switches";

export interface WorldOptions {
  /** `cn-hangzhou` when left out. */
  readonly region?: string | undefined;
  /** Delays every reply of the services. */
  readonly latencyMs?: number | undefined;
  /** `example.com` when left out. */
  readonly zones?: readonly string[] | undefined;
  /** The clock of the services; the machine's own when left out. */
  readonly now?: (() => Date) | undefined;
  readonly switches?: Partial<Switches> | undefined;
  /** What the services hold at first: the `state()` of another cloud. */
  readonly state?: WorldState | undefined;
}

interface NewBucket {
  readonly name: string;
  /** The account of the default credential when left out. */
  readonly owner?: string | undefined;
  /** The region of the cloud when left out. */
  readonly region?: string | undefined;
}

type NewCredential = Omit<Credential, "owner"> & Pick<NewBucket, "owner">;

/** What the emulated services hold, and what makes them behave differently: clock, switches and faults. */
export class World {
  readonly region: string;
  readonly latencyMs: number;
  readonly now: () => Date;
  readonly zones: Zones;
  readonly credentials = new Map<string, Credential>();
  readonly buckets = new Map<string, Bucket>();
  /** By `bucket/key`. */
  readonly #objects = new Map<string, StoredObject>();
  /** By domain. */
  readonly bindings = new Map<string, Binding>();
  /** By `bucket/domain`, including expired tokens. */
  readonly tokens = new Map<string, Token>();
  /** By CertId. */
  readonly certificates = new Map<string, Certificate>();
  /** When the CA wants certificates renewed, by their names in renewal information; `*` for all others. */
  readonly renewalWindows = new Map<string, RenewalWindow>();
  /** Those that no request has met yet. */
  readonly faults: Fault[] = [];
  readonly log: RequestEntry[] = [];
  /** Changes that somebody else makes, in the vendor's console for instance. */
  readonly inConsole = new ConsoleUser(this);
  switches: Readonly<Switches>;
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

  /** A state that was kept before there were objects has none. */
  #restore({ buckets, objects = [], bindings, tokens, certificates, zones, records }: WorldState): void {
    for (const bucket of buckets) this.buckets.set(bucket.name, bucket);
    for (const object of objects) this.putObject(object);
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
      objects: [...this.#objects.values()],
      bindings: [...this.bindings.values()],
      tokens: this.validTokens(),
      certificates: [...this.certificates.values()],
      zones: this.zones.names,
      records: this.zones.records,
    });
  }

  /** Returns the requests that reached the services, in order of arrival. */
  requests(): readonly RequestEntry[] {
    return JSON.parse(JSON.stringify(this.log));
  }

  /** Returns how many requests it removed. */
  forgetRequests(): number {
    return this.log.splice(0).length;
  }

  addBucket({ name, owner = OWN_ACCOUNT, region = this.region }: NewBucket): Bucket {
    if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) throw new Error(`"${name}" is not a valid bucket name`);
    const bucket = { name, owner, region };
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** Removes a bucket with its objects, bindings and tokens. Returns whether it existed. */
  removeBucket(name: string): boolean {
    for (const { bucket, key } of this.#objects.values()) if (bucket === name) this.deleteObject(bucket, key);
    for (const { domain } of this.bindingsOf(name)) this.bindings.delete(domain);
    for (const [key, token] of this.tokens) if (token.bucket === name) this.tokens.delete(key);
    return this.buckets.delete(name);
  }

  putObject(object: StoredObject): void {
    this.#objects.set(`${object.bucket}/${object.key}`, object);
  }

  objectOf(bucket: string, key: string): StoredObject | undefined {
    return this.#objects.get(`${bucket}/${key}`);
  }

  deleteObject(bucket: string, key: string): void {
    this.#objects.delete(`${bucket}/${key}`);
  }

  addZone(name: string): void {
    this.zones.addZone(name);
  }

  addRecord(record: NewRecord): DnsRecord {
    return this.zones.add(record);
  }

  /** Removes the records of a name; with a type or a value, only the matching ones. Returns how many. */
  removeRecords({ name, type, value }: RecordFilter): number {
    return this.zones.remove(
      (record) =>
        record.name === normaliseName(name) &&
        (type === undefined || record.type === type.toUpperCase()) &&
        (value === undefined || [record.value].flat().join("") === value),
    );
  }

  addCredential({ owner = OWN_ACCOUNT, ...key }: NewCredential): void {
    this.credentials.set(key.accessKeyId, { ...key, owner });
  }

  /** Says when the CA wants a certificate renewed; without a name, all that have no window of their own. */
  setRenewalWindow({ renewalId = "*", ...window }: RenewalWindow & { readonly renewalId?: string | undefined }): void {
    this.renewalWindows.set(renewalId, window);
  }

  /** Makes the next matching requests fail or wait. */
  fail(fault: Fault): void {
    this.faults.push(fault);
  }

  /** Returns how many faults it removed. */
  clearFaults(): number {
    return this.faults.splice(0).length;
  }

  set(switches: Partial<Switches>): void {
    this.switches = { ...this.switches, ...switches };
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

  /** Stores a certificate under its CertId, or uploads it under a new one. One without PEM is made up. */
  addCertificate({ certId, certificate: pem }: CertificateSource): Certificate {
    const same = certId === undefined ? this.#sameUpload(pem) : undefined;
    return same ?? this.#store({ certId: certId ?? this.#newCertId(), uploaded: certId === undefined }, pem);
  }

  /** Stores a chain that Certificate Management was given. */
  uploadCertificate(name: string, chain: string): Certificate {
    const same = this.#sameUpload(chain);
    if (same) return same;
    const isTaken = [...this.certificates.values()].some((certificate) => certificate.name === name);
    if (isTaken) throw new Refusal(400, "NameRepeat", "The certificate name already exists.");
    return this.#store({ certId: this.#newCertId(), uploaded: false, name, chain }, chain);
  }

  #sameUpload(pem: string | undefined): Certificate | undefined {
    if (!this.switches.uploadsDeduplicated || pem === undefined) return undefined;
    return [...this.certificates.values()].find(({ digest }) => digest === sha256(pem));
  }

  #newCertId(): string {
    return `${++this.#lastCertId}-cn-hangzhou`;
  }

  #store(origin: Pick<Certificate, "certId" | "uploaded" | "name" | "chain">, pem: string | undefined): Certificate {
    const stored = {
      ...origin,
      digest: pem === undefined ? undefined : sha256(pem),
      ...(pem === undefined ? inventCertificate(origin.certId, this.now()) : readCertificate(pem)),
      creationDate: this.now().toISOString(),
    };
    this.certificates.set(stored.certId, stored);
    return stored;
  }
}
