import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { PropertyMap } from "../../engine/property/value";
import type { Cloud, RequestEntry, Switches } from "../../local";
import { providerText } from "../../provider/resources/dynamicResource";
import type { Authority, IssuedChain } from "./certificates";
import type { Door } from "./provider";
import { Scene } from "./scene";
import type { Program, Step } from "./stack";

export const DOMAIN = "www.example.com";

/** A scene whose domains are bound to the bucket `site`, and what tests of their certificates ask of it. */
export class CertificateScene {
  readonly scene: Scene;
  readonly #authority: Authority;
  readonly #keys: string[] = [];

  private constructor(scene: Scene, authority: Authority) {
    this.scene = scene;
    this.#authority = authority;
  }

  static async start(
    authority: Authority,
    switches: Partial<Switches> = {},
    domains: readonly string[] = [DOMAIN],
  ): Promise<CertificateScene> {
    const scene = await Scene.start({ switches });
    for (const domain of domains) scene.inConsole.moveBinding(domain, "site");
    return new CertificateScene(scene, authority);
  }

  get cloud(): Cloud {
    return this.scene.cloud;
  }

  get stack(): Scene["stack"] {
    return this.scene.stack;
  }

  async issue(names: readonly string[] = ["*.example.com"]): Promise<IssuedChain> {
    const pair = await this.#authority.issue({ names });
    this.#keys.push(pair.privateKey);
    return pair;
  }

  /** The same leaf with one more certificate in its chain. */
  withOtherChain(pair: IssuedChain): IssuedChain {
    return { ...pair, chain: `${pair.chain}${this.#authority.root.certificate}\n` };
  }

  /** `up` of one certificate. */
  async up(inputs: PropertyMap, domain = DOMAIN): Promise<Step | undefined> {
    const program: Program = { certificate: ["cnameCertificate", { bucket: "site", domain, ...inputs }] };
    return (await this.stack.up(program, { skipPreview: true })).certificate;
  }

  /** An output of the certificate. */
  output(key: string): unknown {
    return this.stack.output("certificate", key);
  }

  puts(domain?: string): RequestEntry[] {
    return this.cloud
      .requests()
      .filter((request) => request.operation === "PutCname" && (domain === undefined || request.domain === domain));
  }

  lastPut(): RequestEntry["certificate"] {
    return this.puts().at(-1)?.certificate;
  }

  certIdOf(domain = DOMAIN): string | undefined {
    return this.cloud.state().bindings.find((binding) => binding.domain === domain)?.certId;
  }

  fingerprintOf(certId: string | undefined): string {
    return this.cloud.state().certificates.find((stored) => stored.certId === certId)?.fingerprint ?? "none";
  }

  /** What somebody else does, long enough ago for every list to show it. */
  inConsole(act: (user: Cloud["inConsole"]) => void): void {
    const { listLagLists } = this.cloud.switches;
    this.cloud.set({ listLagLists: 0 });
    act(this.cloud.inConsole);
    this.cloud.set({ listLagLists });
  }

  /** Makes the run list the bucket, so that what is done to the domain next comes after its list. */
  async list(provider: Door, domain: string): Promise<void> {
    const properties = { bucket: "site", domain, status: "Pending", certId: "", __provider: TEXT };
    await provider.read(domain, properties);
  }

  /** `check` and `create` of one certificate, beside others in the same run. */
  async create(provider: Door, domain: string, inputs: PropertyMap): Promise<PropertyMap> {
    const checked = await provider.check({}, { bucket: "site", domain, ...inputs, __provider: TEXT });
    assert.deepEqual(checked.failures, []);
    return (await provider.create(checked.inputs)).properties;
  }

  /** Fails if a line of any key was printed. */
  async close(): Promise<void> {
    for (const line of this.#keys.flatMap(keyLines))
      assert.ok(!this.stack.printed.join("\n").includes(line), "a private key was printed");
    await this.scene.close();
  }
}

const TEXT = providerText("cnameCertificate");

/** A pair as PEM texts. */
export function inTexts({ chain, privateKey }: IssuedChain) {
  return { certificate: chain, privateKey };
}

/** How the emulator notes a pair that it was sent: it trims texts. */
export function digestsOf({ chain, privateKey }: IssuedChain) {
  const digest = (text: string) => createHash("sha256").update(text.trim()).digest("hex");
  return { certificateDigest: digest(chain), privateKeyDigest: digest(privateKey) };
}

/** The lines of a key that must appear nowhere. */
export function keyLines(privateKey: string): string[] {
  return privateKey.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
}
