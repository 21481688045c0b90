import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { type Cloud, startCloud } from "../../local";
import { AlidnsRecordLifecycle } from "../../provider/resources/alidnsRecord/lifecycle";
import { Run } from "../../provider/run";
import { FakeClock } from "./fakeClock";

type Properties = Record<string, unknown>;

/** A record in a state: its id and outputs. */
export interface Made {
  readonly id: string;
  readonly outs: Properties;
}

export const TXT = { name: "_dnsauth.www.example.com", type: "TXT", value: "0123456789abcdef0123456789abcdef" };
export const CNAME = { name: "www.example.com", type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" };

/** A local cloud with zones, and AlidnsRecord resources in it. */
export class RecordScene {
  readonly cloud: Cloud;
  /** How long the client of Alibaba Cloud DNS has slept, each time. */
  readonly slept: number[];
  readonly #clock: FakeClock;

  private constructor(cloud: Cloud, clock: FakeClock, slept: number[]) {
    this.cloud = cloud;
    this.slept = slept;
    this.#clock = clock;
  }

  static async start(): Promise<RecordScene> {
    const slept: number[] = [];
    const clock = new FakeClock((milliseconds) => slept.push(milliseconds));
    return new RecordScene(await startCloud({ zones: ["example.com", "dev.example.com", "ample.com"] }), clock, slept);
  }

  get config(): Readonly<Record<string, string>> {
    return this.cloud.config;
  }

  /** The resource in a run of its own, which lives for one Pulumi operation. */
  operation(config = this.config) {
    const printed: string[] = [];
    const print = (line: string) => printed.push(line);
    return new Operation(new Run({ config: { get: (key) => config[key] }, clock: this.#clock, print }), printed);
  }

  /** The TXT and CNAME records of all zones, a line each. */
  records(): string[] {
    return this.cloud
      .state()
      .records.filter(({ type }) => type === "TXT" || type === "CNAME")
      .map(({ name, type, value, ttl }) => `${name} ${ttl} ${type} ${[value].flat().join("")}`);
  }

  /** The operations that were sent. */
  sent(): string[] {
    return this.cloud.requests().map(({ operation }) => operation);
  }

  writes(): string[] {
    return this.sent().filter((name) => !name.startsWith("Describe"));
  }

  close(): Promise<void> {
    return this.cloud.close();
  }
}

class Operation {
  readonly lifecycle: Required<pulumi.dynamic.ResourceProvider>;

  constructor(
    run: Run,
    readonly printed: readonly string[],
  ) {
    this.lifecycle = new AlidnsRecordLifecycle(run) as unknown as Required<pulumi.dynamic.ResourceProvider>;
  }

  /** check and create, as `up` does for a resource that is not in the state. */
  async add(news: Properties): Promise<Made> {
    const { id, outs } = await this.lifecycle.create(await this.#check(news));
    return { id, outs: plain(outs) };
  }

  /** check, diff and, if that says so, update. */
  async change({ id, outs }: Made, news: Properties): Promise<Made & { readonly changes: boolean }> {
    const inputs = await this.#check(news, outs);
    const { changes = false, replaces } = await this.lifecycle.diff(id, outs, inputs);
    assert.deepEqual(replaces, []);
    return { id, outs: changes ? plain((await this.lifecycle.update(id, outs, inputs)).outs) : outs, changes };
  }

  remove({ id, outs }: Made): Promise<void> {
    return this.lifecycle.delete(id, outs);
  }

  async refresh({ id, outs }: Made): Promise<Made> {
    const found = await this.lifecycle.read(id, outs);
    return { id: found.id ?? "", outs: found.props };
  }

  async #check(news: Properties, olds: Properties = {}) {
    const { inputs, failures } = await this.lifecycle.check(olds, { ...news });
    assert.deepEqual(failures, []);
    return plain(inputs);
  }
}

/** Fails on what Pulumi cannot carry. */
function plain<T>(value: T): T {
  assert.deepEqual(JSON.parse(JSON.stringify(value)), value);
  return value;
}
