import type { PropertyMap } from "../../engine/property/value";
import { type Authority, createAuthority } from "./certificates";
import { Scene, type SceneOptions } from "./scene";
import type { Program } from "./stack";

/** A scene for many domains as one resource, with DNS where a token's record appears as soon as anybody waits for it. */
export class FleetScene {
  #authority: Promise<Authority> | undefined;

  private constructor(readonly scene: Scene) {
    scene.meanwhile = () => this.#prove();
  }

  static async start(options?: SceneOptions): Promise<FleetScene> {
    return new FleetScene(await Scene.start(options));
  }

  /** A program of one resource with these domains. */
  fleet(domains: readonly string[] | PropertyMap, more: PropertyMap = {}): Program {
    const entries = Array.isArray(domains) ? Object.fromEntries(domains.map((domain) => [domain, {}])) : domains;
    return { fleet: ["bucketCnames", { bucket: "site", domains: entries as PropertyMap, ...more }] };
  }

  /** A new certificate for all domains under example.com, in files. */
  async certificate(): Promise<{ certificateFile: string; privateKeyFile: string }> {
    this.#authority ??= createAuthority();
    return this.scene.inFiles(await (await this.#authority).issue({ names: ["*.example.com"] }));
  }

  up(program: Program): Promise<unknown> {
    return this.scene.stack.up(program, { together: true });
  }

  /** How many requests of each operation an `up` sends that skips its preview. */
  sent(program: Program): Promise<Record<string, number>> {
    return this.sending(() => this.scene.stack.up(program, { skipPreview: true, together: true }));
  }

  async sending(work: () => Promise<unknown>): Promise<Record<string, number>> {
    this.scene.forget();
    await work();
    const counts: Record<string, number> = {};
    for (const operation of this.scene.operations()) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }

  /** The domains that requests were about, lists apart. */
  domainsAsked(): string[] {
    return [...new Set(this.scene.cloud.requests().flatMap(({ domain }) => domain ?? []))];
  }

  /** Puts all tokens into DNS, those of both buckets beside each other. */
  #prove(): void {
    const { cloud } = this.scene;
    const { tokens } = cloud.state();
    for (const { domain } of tokens) cloud.removeRecords({ name: `_dnsauth.${domain}`, type: "TXT" });
    for (const { domain, token } of tokens) cloud.addRecord({ name: `_dnsauth.${domain}`, type: "TXT", value: token });
  }

  /** The bucket of each domain. */
  bound(): Record<string, string> {
    const bindings = this.scene.cloud.state().bindings.map(({ domain, bucket }) => [domain, bucket] as const);
    return Object.fromEntries(bindings.sort());
  }

  certIdOf(domain: string): string | undefined {
    return this.scene.cloud.state().bindings.find((binding) => binding.domain === domain)?.certId;
  }

  /** The number of pairs that were sent. */
  uploads(): number {
    return this.scene.cloud.requests().filter(({ certificate }) => certificate?.certificateDigest).length;
  }

  /** The TXT and CNAME records, a line each. */
  records(): string[] {
    return this.scene.cloud
      .state()
      .records.filter(({ type }) => type === "TXT" || type === "CNAME")
      .map(({ name, type, value }) => `${name} ${type} ${[value].flat().join("")}`)
      .sort();
  }

  close(): Promise<void> {
    return this.scene.close();
  }
}
