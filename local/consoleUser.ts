import type { CertificateSource } from "./certificates";
import { normaliseName } from "./dns/zones";
import type { Binding } from "./state";
import type { World } from "./world";

/** Somebody else with access to the buckets. */
export class ConsoleUser {
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

  /** Uploads `certificate` where it is given. A `certId` alone names a stored certificate, or has one made up. */
  replaceCertificate(domain: string, { certId, certificate }: CertificateSource): void {
    this.#binding(domain);
    const stored = certificate === undefined ? this.#world.certificates.get(certId ?? "") : undefined;
    const source = certificate === undefined ? { certId } : { certificate };
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
