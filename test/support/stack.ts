import { ResourceInitError } from "../../engine/execute/providerHost";
import type { PropertyMap } from "../../engine/property/value";
import type { Clock } from "../../provider/clock";
import type { HttpClient } from "../../provider/http";
import { type ProviderName, providerText } from "../../provider/resources/dynamicResource";
import type { CheckFailure } from "../../provider/resources/lifecycle";
import { Run } from "../../provider/run";
import { FakeClock } from "./fakeClock";
import { NativeDoor } from "./nativeDoor";
import { type Door, Provider } from "./provider";

/** What a program declares, in the order of its dependencies: name, kind, inputs. */
export type Program = Record<string, readonly [kind: ProviderName, inputs: PropertyMap]>;

export interface Entry {
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  /** Created but not finished: the next `up` updates it. */
  readonly failed?: boolean;
}

export type Step = "create" | "update" | "replace" | "same" | "delete";

/**
 * A stack without an engine: it drives the resources through the calls that Pulumi makes, with a new run for each
 * operation, and remembers what Pulumi would keep in its state.
 */
export class Stack {
  readonly state = new Map<string, Entry>();
  /** What was replaced and is not deleted yet. */
  readonly replaced: Entry[] = [];
  /** Everything that the resources printed. */
  readonly printed: string[] = [];
  readonly config: PropertyMap;
  /** The door that its operations take; any of them may take another. */
  door: "dynamic" | "native" = process.env.OSS_CNAME_TEST_DOOR === "native" ? "native" : "dynamic";
  readonly #clock: Clock;
  readonly #http: HttpClient | undefined;

  /** `http`: what all its runs send their requests with. Default: connections of each run's own. */
  constructor(config: PropertyMap, clock: Clock = new FakeClock(), http?: HttpClient) {
    this.config = config;
    this.#clock = clock;
    this.#http = http;
  }

  /**
   * `up`: checks and diffs everything first, as the preview does, in a run of its own, unless that is to be skipped.
   * `together`: resources that do not depend on each other, which Pulumi all looks at before the first has changed.
   */
  async up(
    program: Program,
    options: { replace?: readonly string[]; skipPreview?: boolean; together?: boolean } = {},
  ): Promise<Record<string, Step>> {
    if (!options.skipPreview) await this.preview(program);
    return this.operate(async (provider) => {
      const steps: Record<string, Step> = {};
      if (options.together)
        for (const [name, [kind, declared]] of Object.entries(program))
          await this.#plan(provider, name, kind, declared);
      for (const [name, [kind, declared]] of Object.entries(program)) {
        const old = this.state.get(name);
        const step = options.replace?.includes(name) ? "replace" : await this.#plan(provider, name, kind, declared);
        steps[name] = step;
        if (old !== undefined && step !== "create" && step !== "replace") {
          const inputs = await this.#check(provider, kind, old.inputs, declared);
          const update = () => provider.update(old.id, old.outputs, inputs);
          const outputs = step === "update" ? await this.#keepPartial(name, old.inputs, update) : old.outputs;
          this.state.set(name, { id: old.id, inputs, outputs });
          continue;
        }
        const inputs = await this.#check(provider, kind, {}, declared);
        const { id, properties } = await this.#keepPartial(name, inputs, () => provider.create(inputs), old);
        if (old !== undefined) this.replaced.push(old);
        this.state.set(name, { id, inputs, outputs: properties });
      }
      await this.#deleteReplaced(provider);
      for (const [name, old] of [...this.state].reverse()) {
        if (name in program) continue;
        await provider.delete(old.id, old.outputs);
        this.state.delete(name);
        steps[name] = "delete";
      }
      return steps;
    });
  }

  /** What `up` would do. */
  preview(program: Program): Promise<Record<string, Step>> {
    return this.operate(async (provider) => {
      const steps: Record<string, Step> = {};
      for (const [name, [kind, declared]] of Object.entries(program))
        steps[name] = await this.#plan(provider, name, kind, declared);
      for (const name of this.state.keys()) if (!(name in program)) steps[name] = "delete";
      return steps;
    });
  }

  /** Gives the names of what is gone. */
  refresh(): Promise<string[]> {
    return this.operate(async (provider) => {
      const gone: string[] = [];
      for (const [name, entry] of this.state) {
        const { id, properties } = await provider.read(entry.id, entry.outputs);
        if (id === "") {
          this.state.delete(name);
          gone.push(name);
        } else {
          this.state.set(name, { ...entry, outputs: properties });
          // Pulumi diffs what it read against the old inputs, to show the drift.
          await provider.diff(id, properties, entry.inputs);
        }
      }
      return gone;
    });
  }

  /** `deletedWith`: a resource whose host is destroyed with it gets no delete call. */
  destroy(deletedWith: Record<string, string> = {}): Promise<void> {
    return this.operate(async (provider) => {
      await this.#deleteReplaced(provider);
      for (const [name, entry] of [...this.state].reverse()) {
        if (deletedWith[name] === undefined) await provider.delete(entry.id, entry.outputs);
        this.state.delete(name);
      }
    });
  }

  /** `get`: reads an existing object, with the user's inputs in place of outputs. */
  get(kind: ProviderName, id: string, inputs: PropertyMap): Promise<PropertyMap> {
    const props = { ...inputs, __provider: providerText(kind) };
    return this.operate(async (provider) => (await provider.read(id, props)).properties);
  }

  /** What `check` says against each of these new resources, all in one run. */
  refusals(declared: readonly (readonly [kind: ProviderName, inputs: PropertyMap])[]): Promise<CheckFailure[][]> {
    return this.operate(async (provider) => {
      const all: CheckFailure[][] = [];
      for (const [kind, inputs] of declared)
        all.push([...(await provider.check({}, { ...inputs, __provider: providerText(kind) })).failures]);
      return all;
    });
  }

  /** A property of a resource's outputs. */
  output(name: string, key: string): unknown {
    return this.state.get(name)?.outputs[key];
  }

  /** Calls of one operation, which share a run. */
  async operate<T>(work: (provider: Door) => Promise<T>): Promise<T> {
    const print = (line: string) => this.printed.push(line);
    const options = { clock: this.#clock, print, ...(this.#http && { http: this.#http }) };
    const provider = this.door === "native" ? await NativeDoor.open(options) : new Provider(new Run(options));
    try {
      await provider.configure(this.config);
      return await work(provider);
    } finally {
      provider.close();
    }
  }

  async #plan(provider: Door, name: string, kind: ProviderName, declared: PropertyMap): Promise<Step> {
    const old = this.state.get(name);
    const inputs = await this.#check(provider, kind, old?.inputs ?? {}, declared);
    if (old === undefined) return "create";
    const { changes, replaces } = await provider.diff(old.id, old.outputs, inputs);
    if (changes !== "some" && changes !== "none")
      throw new Error(`${name}: diff does not say whether there are changes`);
    if (changes === "none") return old.failed ? "update" : "same";
    return replaces.length > 0 ? "replace" : "update";
  }

  async #check(provider: Door, kind: ProviderName, olds: PropertyMap, declared: PropertyMap): Promise<PropertyMap> {
    const { inputs, failures } = await provider.check(olds, { ...declared, __provider: providerText(kind) });
    if (failures.length > 0) throw new CheckFailed(failures);
    return inputs;
  }

  /** What a failed operation says that it made stays in the state. */
  async #keepPartial<T>(name: string, inputs: PropertyMap, work: () => Promise<T>, replaces?: Entry): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ResourceInitError) {
        this.state.set(name, { id: error.id, inputs, outputs: error.properties, failed: true });
        if (replaces !== undefined) this.replaced.push(replaces);
      }
      throw error;
    }
  }

  async #deleteReplaced(provider: Door): Promise<void> {
    for (const old of [...this.replaced].reverse()) {
      await provider.delete(old.id, old.outputs);
      this.replaced.splice(this.replaced.indexOf(old), 1);
    }
  }
}

/** What `check` refused, before anything was sent. */
export class CheckFailed extends Error {
  constructor(readonly failures: readonly CheckFailure[]) {
    super(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
  }
}
