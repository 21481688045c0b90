import { type Cloud, type Fault, type Switches, startCloud } from "../../local";
import { FakeTime } from "./inProcess";
import { configFor, Stack } from "./stack";

export interface SceneOptions {
  readonly switches?: Partial<Switches> | undefined;
  /** Over what leads to the cloud. */
  readonly config?: Readonly<Record<string, string>>;
  /** Run the real provider process, by the machine's clock, in place of the lifecycles by a clock that only waiting moves. */
  readonly realProcess?: boolean;
}

/** A local cloud with the buckets `site` and `other`, and a stack on it. */
export class Scene {
  /** Happens whenever the provider begins to sleep by the fake clock. */
  meanwhile: () => void = () => {};

  private constructor(
    readonly cloud: Cloud,
    readonly stack: Stack,
    private readonly fake: FakeTime | undefined,
  ) {}

  static async start({ switches, config, realProcess = false }: SceneOptions = {}): Promise<Scene> {
    let scene: Scene | undefined;
    const fake = realProcess ? undefined : new FakeTime(() => scene?.meanwhile());
    const now = fake && (() => new Date(fake.now()));
    const cloud = await startCloud({ buckets: ["site", "other"], switches, now });
    const stack = new Stack({ ...configFor(cloud), ...config }, fake ? { clock: fake } : { processEnv: {} });
    scene = new Scene(cloud, stack, fake);
    return scene;
  }

  /** The time of the fake clock. */
  get time(): FakeTime {
    if (this.fake === undefined) throw new Error("this scene has no clock of its own");
    return this.fake;
  }

  /** What was asked of OSS, in order; with a name, only that operation. */
  operations(only?: string): string[] {
    const all = this.cloud.requests().map(({ operation }) => operation);
    return only === undefined ? all : all.filter((operation) => operation === only);
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
    for (const { domain, token } of this.cloud.state().tokens.filter((each) => each.bucket === bucket)) {
      const name = `_dnsauth.${domain}`;
      this.cloud.removeRecords({ name, type: "TXT" });
      this.cloud.addRecord({
        name,
        type: "TXT",
        value: token,
        ...(late && { afterQueries: late }),
      });
    }
  }

  /** Milliseconds of the emulator's clock between the requests of one operation. */
  gaps(operation: string): number[] {
    const times = this.cloud
      .requests()
      .flatMap((each) => (each.operation === operation ? [Date.parse(each.time)] : []));
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  }

  async close(): Promise<void> {
    this.stack.remove();
    await this.cloud.close();
  }
}
