import { generateKeyPairSync, X509Certificate } from "node:crypto";
import type { PropertyMap } from "../../engine/property/value";
import type { Fault, RequestEntry } from "../../local";
import { AcmeClient } from "../../provider/acme/client";
import { HttpClient } from "../../provider/http";
import { Scene, type SceneOptions } from "./scene";
import { Stack, type Step } from "./stack";

export const DAY_MS = 24 * 3600_000;

/** An account key, as the configuration has it. */
export const ACCOUNT_KEY = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const PEM = ACCOUNT_KEY.export({ type: "pkcs8", format: "pem" }).toString();

/** Configuration of a stack that has an account at a CA. */
export const ACCOUNT = { "oss-cname:acmeAccountKey": PEM };

/** A scene with a stack that has an account at the CA of the cloud, and one resource `cert`. */
export class AcmeScene {
  readonly stack: Stack;
  readonly #seen = new Set<string>();

  private constructor(readonly scene: Scene) {
    this.stack = new Stack({ ...scene.cloud.config, ...ACCOUNT }, scene.clock);
  }

  static async start(options?: SceneOptions): Promise<AcmeScene> {
    const scene = await Scene.start(options);
    await register(scene.cloud.acme.directory, scene.clock);
    scene.forget();
    return new AcmeScene(scene);
  }

  get cloud(): Scene["cloud"] {
    return this.scene.cloud;
  }

  /** `up` of the resource, without a preview. */
  async up(inputs: PropertyMap): Promise<Step | undefined> {
    for (const certId of this.uploads()) this.#seen.add(certId);
    return (await this.stack.up({ cert: ["acmeCertificate", inputs] }, { skipPreview: true })).cert;
  }

  /** An output of the resource. */
  out(key: string): unknown {
    return this.stack.output("cert", key);
  }

  /** What was asked of a service, in order. */
  requests(service: RequestEntry["service"], operation?: string): RequestEntry[] {
    const all = this.cloud.requests().filter((request) => request.service === service);
    return operation === undefined ? all : all.filter((request) => request.operation === operation);
  }

  /** What each order that the CA took asks for beside names. */
  orders(): RequestEntry["order"][] {
    return this.requests("acme", "newOrder").flatMap(({ status, order }) => (status === 201 ? [order] : []));
  }

  /** CertIds of uploads that are there. */
  uploads(): string[] {
    return this.cloud.state().certificates.flatMap(({ certId, name }) => (name === undefined ? [] : certId));
  }

  /** CertIds that were uploaded before the last `up` and are not there any more. */
  deleted(): string[] {
    const present = this.uploads();
    return [...this.#seen].filter((certId) => !present.includes(certId));
  }

  /** The certificate that the state has on record, as it was uploaded. */
  leaf(): X509Certificate {
    const found = this.cloud.state().certificates.find(({ certId }) => certId === this.out("certId"));
    if (found?.chain === undefined) throw new Error(`${this.out("certId")} was not uploaded`);
    return new X509Certificate(found.chain);
  }

  /** TXT records and objects that are there for the CA. */
  proofs(): string[] {
    const { records, objects } = this.cloud.state();
    const txt = records.filter(({ name }) => name.startsWith("_acme-challenge."));
    return [...txt.map(({ name }) => name), ...objects.map(({ key }) => key)];
  }

  /** The CA refuses orders from now on. */
  breakCa(
    fault: Omit<Fault, "operation"> = { status: 403, code: "unauthorized", message: "the CA has a bad day" },
  ): void {
    this.cloud.fail({ operation: "newOrder", times: 99, ...fault });
  }

  /** The window in which the CA recommends to renew all certificates, in days from now. */
  recommend(start: number, end: number, explanationURL?: string): void {
    const at = (days: number) => new Date(this.scene.clock.now() + days * DAY_MS).toISOString();
    this.cloud.setRenewalWindow({ start: at(start), end: at(end), explanationURL });
  }

  pass(days: number): void {
    this.scene.clock.pass(days * DAY_MS);
  }

  close(): Promise<void> {
    return this.scene.close();
  }
}

/** Registers the account at a CA. */
export async function register(directory: string, clock: Scene["clock"]): Promise<void> {
  const client = {
    directory,
    accountKey: async () => ACCOUNT_KEY,
    http: new HttpClient(),
    clock,
    allowHttp: () => false,
  };
  await new AcmeClient(client).register({});
}
