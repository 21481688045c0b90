import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cloud, type Fault, type Switches, startCloud } from "../../local";
import type { IssuedChain } from "./certificates";
import { FakeClock } from "./fakeClock";
import { Stack } from "./stack";

export interface SceneOptions {
  readonly switches?: Partial<Switches> | undefined;
  /** Over the configuration that leads to the cloud. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A local cloud with the buckets `site` and `other`, and a stack on it. They share a clock that only waiting moves. */
export class Scene {
  readonly cloud: Cloud;
  readonly stack: Stack;
  readonly clock: FakeClock;
  /** Called whenever a resource begins to sleep. */
  meanwhile: () => void = () => {};
  #directory: string | undefined;

  private constructor(cloud: Cloud, clock: FakeClock, config: Readonly<Record<string, string>> = {}) {
    this.cloud = cloud;
    this.clock = clock;
    this.stack = new Stack({ ...cloud.config, ...config }, clock);
  }

  static async start({ switches, config }: SceneOptions = {}): Promise<Scene> {
    let scene: Scene | undefined;
    const clock = new FakeClock(() => scene?.meanwhile());
    const cloud = await startCloud({ buckets: ["site", "other"], switches, now: () => new Date(clock.now()) });
    scene = new Scene(cloud, clock, config);
    return scene;
  }

  /** What was asked of OSS, in order; with a name, only that operation. */
  operations(only?: string): string[] {
    const all = this.cloud.requests().map(({ operation }) => operation);
    return only === undefined ? all : all.filter((operation) => operation === only);
  }

  /** The writes of bindings, with their buckets: `PutCname site`. */
  moves(): string[] {
    return this.cloud
      .requests()
      .filter(({ operation }) => operation === "PutCname" || operation === "DeleteCname")
      .map(({ operation, bucket }) => `${operation} ${bucket}`);
  }

  forget(): void {
    this.cloud.forgetRequests();
  }

  get inConsole(): Cloud["inConsole"] {
    return this.cloud.inConsole;
  }

  fault(fault: Fault): void {
    this.cloud.fail(fault);
  }

  /** The bucket that a domain is bound to. */
  boundTo(domain: string): string | undefined {
    return this.cloud.state().bindings.find((binding) => binding.domain === domain)?.bucket;
  }

  /** The valid token of a domain. */
  token(bucket: string, domain: string): string {
    const found = this.cloud.state().tokens.find((token) => token.bucket === bucket && token.domain === domain);
    if (found === undefined) throw new Error(`bucket ${bucket} has no token for ${domain}`);
    return found.token;
  }

  /** Puts the tokens of a bucket into DNS, in place of others; `late`: that many queries are answered without them. */
  prove(bucket = "site", late?: number): void {
    for (const { domain, token } of this.cloud.state().tokens.filter((issued) => issued.bucket === bucket)) {
      const record = { name: `_dnsauth.${domain}`, type: "TXT" };
      this.cloud.removeRecords(record);
      this.cloud.addRecord({ ...record, value: token, ...(late && { afterQueries: late }) });
    }
  }

  /** Milliseconds between the requests of one operation. */
  gaps(operation: string): number[] {
    const times = this.cloud
      .requests()
      .filter((request) => request.operation === operation)
      .map(({ time }) => Date.parse(time));
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  }

  /** Writes a chain and its key into files, and gives the arguments of a certificate that name them. */
  inFiles({ chain, privateKey }: Pick<IssuedChain, "chain" | "privateKey">) {
    this.#directory ??= mkdtempSync(join(tmpdir(), "oss-cname-"));
    const certificateFile = join(this.#directory, "chain.pem");
    const privateKeyFile = join(this.#directory, "key.pem");
    writeFileSync(certificateFile, chain);
    writeFileSync(privateKeyFile, privateKey);
    return { certificateFile, privateKeyFile };
  }

  async close(): Promise<void> {
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true });
    await this.cloud.close();
  }
}
