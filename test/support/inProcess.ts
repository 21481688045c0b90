import type * as pulumi from "@pulumi/pulumi";
import { type ProviderHostOptions, ResourceInitError } from "../../engine/execute/providerHost";
import type { PropertyMap } from "../../engine/property/value";
import { fromStruct, toStruct } from "../../engine/rpc";
import type { Clock } from "../../provider/clock";
import type { ProviderName } from "../../provider/resources/dynamicResource";
import { lifecycles } from "../../provider/resources/lifecycles";
import { Run } from "../../provider/run";
import type { Host } from "./stack";

/** A clock that only waiting moves; a local cloud can share it through its `now` option. */
export class FakeTime implements Clock {
  #now = Math.floor(Date.now() / 1000) * 1000;
  #timers: { readonly at: number; readonly action: () => void }[] = [];
  readonly #onSleep: (milliseconds: number) => void;

  /** `onSleep` is called before each sleep. */
  constructor(onSleep: (milliseconds: number) => void = () => {}) {
    this.#onSleep = onSleep;
  }

  now(): number {
    return this.#now;
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { action } of due) action();
  }

  async sleep(milliseconds: number): Promise<void> {
    this.#onSleep(milliseconds);
    this.pass(milliseconds);
    // Others go on meanwhile.
    await new Promise(setImmediate);
  }

  later(milliseconds: number, action: () => void): void {
    this.#timers.push({ at: this.#now + milliseconds, action });
  }
}

/**
 * Runs the lifecycles in this process, each start with a run of its own, as a new provider process has. What goes in and out takes
 * the form of the wire.
 */
export function inProcess(clock?: Clock): (options: ProviderHostOptions) => Promise<Host> {
  return ({ output }) => {
    const print = (line: string) => output?.(line, "stdout");
    return Promise.resolve(hostOf(lifecycles(new Run({ print, ...(clock && { clock }) }))));
  };
}

type AnyLifecycle = Required<pulumi.dynamic.ResourceProvider<PropertyMap, PropertyMap>>;

function hostOf(providers: ReturnType<typeof lifecycles>): Host {
  const wire = (bag: object | undefined) => fromStruct(toStruct((bag ?? {}) as PropertyMap));
  const providerOf = ({ __provider }: PropertyMap) => {
    const name = /\.(\w+);$/.exec(String(__provider))?.[1] as ProviderName;
    return providers[name] as unknown as AnyLifecycle;
  };
  const keep = (bag: object | undefined, { __provider }: PropertyMap) => ({ ...wire(bag), __provider }) as PropertyMap;
  const made = async <T>(work: Promise<T>) => {
    try {
      return await work;
    } catch (error) {
      const partial = error as Partial<ResourceInitError>;
      if (partial.properties === undefined) throw error;
      throw new ResourceInitError(partial.id ?? "", wire(partial.properties), partial.reasons ?? []);
    }
  };
  return {
    stop: () => Promise.resolve(),
    configure: (config) =>
      // The run is the same for all of them.
      providers.cnameToken.configure({
        config: { get: (key) => config[key] as string | undefined, require: (key) => config[key] as string },
      }),
    async check(olds, news) {
      const { inputs, failures } = await providerOf(news).check(wire(olds), wire(news));
      return { inputs: keep(inputs, news), failures: failures ?? [] };
    },
    async diff(id, olds, news) {
      const { changes, replaces = [] } = await providerOf(news).diff(id, wire(olds), wire(news));
      return {
        changes: changes ? "some" : changes === false ? "none" : "unknown",
        replaces,
        deleteBeforeReplace: false,
      };
    },
    async create(inputs) {
      const { id, outs } = await made(providerOf(inputs).create(wire(inputs)));
      return { id, properties: keep(outs, inputs) };
    },
    async read(id, properties) {
      const result = await providerOf(properties).read(id, wire(properties));
      return { id: result.id ?? "", properties: keep(result.props, properties) };
    },
    async update(id, olds, news) {
      const { outs } = await made(providerOf(news).update(id, wire(olds), wire(news)));
      return keep(outs, news);
    },
    delete: (id, outputs) => providerOf(outputs).delete(id, wire(outputs)),
  };
}
