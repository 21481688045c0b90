import type { Certificate } from "./certificates";
import { type DnsRecord, type NewRecord, normaliseName } from "./dns/zones";
import type { Fault } from "./faults";
import type { RequestEntry } from "./requestEntry";
import type { Switches } from "./switches";
import { type Binding, type Bucket, type Credential, OWN_ACCOUNT, type World, type WorldState } from "./world";

interface NewBucket {
  readonly name: string;
  /** Account id; the default credential's account when left out. */
  readonly owner?: string | undefined;
  /** The cloud's region when left out. */
  readonly region?: string | undefined;
}

/** A certificate by its id, by its PEM, or by both. */
interface CertificateSource {
  readonly certId?: string | undefined;
  /** PEM. */
  readonly certificate?: string | undefined;
}

/** Sets up what the services hold, watches them, and makes them fail. */
export class Controls {
  /** Changes that somebody else makes, in the vendor's console for instance. */
  readonly inConsole: ConsoleUser;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.inConsole = new ConsoleUser(world);
  }

  /** The requests that reached OSS and Alidns, in order of arrival. */
  requests(): readonly RequestEntry[] {
    return structuredClone(this.#world.requests);
  }

  /** Empties the list of requests. Returns how many there were. */
  forgetRequests(): number {
    return this.#world.requests.splice(0).length;
  }

  state(): WorldState {
    return this.#world.state();
  }

  addBucket({ name, owner = OWN_ACCOUNT, region = this.#world.region }: NewBucket): Bucket {
    if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) throw new Error(`"${name}" is not a valid bucket name`);
    const bucket = { name, owner, region };
    this.#world.buckets.set(name, bucket);
    return bucket;
  }

  /** Removes a bucket with its bindings and tokens. Returns whether it existed. */
  removeBucket(name: string): boolean {
    const { bindings, buckets, tokens } = this.#world;
    for (const { domain } of this.#world.bindingsOf(name)) bindings.delete(domain);
    for (const [key, token] of tokens) if (token.bucket === name) tokens.delete(key);
    return buckets.delete(name);
  }

  addZone(name: string): void {
    this.#world.zones.addZone(name);
  }

  addRecord(record: NewRecord): DnsRecord {
    return this.#world.zones.add(record);
  }

  /** Removes the records of a name; with a type or a value, only the matching ones. Returns how many. */
  removeRecords({
    name,
    type,
    value,
  }: {
    name: string;
    type?: string | undefined;
    value?: string | undefined;
  }): number {
    return this.#world.zones.remove(
      (record) =>
        record.name === normaliseName(name) &&
        (type === undefined || record.type === type.toUpperCase()) &&
        (value === undefined || [record.value].flat().join("") === value),
    );
  }

  /** Adds a certificate to the account's store, as if it had been uploaded there before. */
  addCertificate({ certId, certificate }: CertificateSource & { readonly certId: string }): Certificate {
    return this.#world.addCertificate({ certId, pem: certificate });
  }

  addCredential(credential: Omit<Credential, "owner"> & { readonly owner?: string | undefined }): void {
    this.#world.credentials.set(credential.accessKeyId, { ...credential, owner: credential.owner ?? OWN_ACCOUNT });
  }

  get faults(): readonly Fault[] {
    return this.#world.faults.pending;
  }

  /** Makes the next matching requests fail or wait. */
  fail(fault: Fault): void {
    this.#world.faults.add(fault);
  }

  /** Removes the faults that no request has met yet. Returns how many. */
  clearFaults(): number {
    return this.#world.faults.clear();
  }

  get switches(): Readonly<Switches> {
    return this.#world.switches;
  }

  set(switches: Partial<Switches>): void {
    this.#world.switches = { ...this.#world.switches, ...switches };
  }
}

/** Somebody else with access to the buckets. */
class ConsoleUser {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  removeBinding(domain: string): void {
    this.#world.unbind(this.#binding(domain).domain);
  }

  /** Binds the domain to the bucket, wherever it was bound before. */
  moveBinding(domain: string, bucket: string): void {
    if (!this.#world.buckets.has(bucket)) throw new Error(`there is no bucket ${bucket}`);
    this.#world.bind(normaliseName(domain), bucket);
  }

  disable(domain: string): void {
    this.#change(domain, { status: "Disabled" });
  }

  enable(domain: string): void {
    this.#change(domain, { status: "Enabled" });
  }

  removeCertificate(domain: string): void {
    this.#change(domain, { certId: undefined });
  }

  /** Uploads `certificate` where it is given; `certId` alone names a stored certificate, or has one made up. */
  replaceCertificate(domain: string, { certId, certificate }: CertificateSource): void {
    this.#binding(domain);
    const stored = certificate === undefined ? this.#world.certificates.get(certId ?? "") : undefined;
    const source = certificate === undefined ? { certId } : { pem: certificate };
    this.#change(domain, { certId: (stored ?? this.#world.addCertificate(source)).certId });
  }

  expireToken(bucket: string, domain: string): void {
    const key = `${bucket}/${normaliseName(domain)}`;
    const token = this.#world.tokens.get(key);
    if (!token) throw new Error(`there is no token for ${key}`);
    this.#world.tokens.set(key, { ...token, expireTime: this.#world.now().toISOString() });
  }

  #change(domain: string, changes: Parameters<World["bind"]>[2]): void {
    const binding = this.#binding(domain);
    this.#world.bind(binding.domain, binding.bucket, changes);
  }

  #binding(domain: string): Binding {
    const binding = this.#world.bindings.get(normaliseName(domain));
    if (!binding) throw new Error(`${domain} is not bound`);
    return binding;
  }
}
