import type * as pulumi from "@pulumi/pulumi";
import type { PropertyMap } from "../../engine/propertyValue";
import { map, type ProviderHostOptions, ResourceInitError, struct } from "../../engine/providerHost";
import type { clock } from "../../provider/clock";
import type { ProviderName } from "../../provider/resources/dynamicResource";
import type { Host } from "./stack";

type Provider = pulumi.dynamic.ResourceProvider<PropertyMap, PropertyMap>;

/**
 * Time that passes only while somebody sleeps, for everything in this process: the provider, its OSS client and, through the `now`
 * option, a local cloud.
 */
export class FakeTime {
  private at = 1_800_000_000_000;
  private readonly real = Date.now;

  /** `onSleep` is told before each sleep. */
  constructor(readonly onSleep: (milliseconds: number) => void = () => {}) {
    Date.now = this.now;
  }

  readonly now = (): number => this.at;

  pass(milliseconds: number): void {
    this.at += milliseconds;
  }

  restore(): void {
    Date.now = this.real;
  }
}

/**
 * Runs the provider in this process, by a clock of its own, for waits of minutes and days. Each start loads its modules anew, as a new
 * process does; what goes in and out takes the form of the wire.
 */
export function inProcess(time: FakeTime): (options: ProviderHostOptions) => Promise<Host> {
  return ({ output }) => {
    const kept = takeOutModules();
    const loaded = require("../../provider/clock") as { clock: typeof clock };
    loaded.clock.now = time.now;
    loaded.clock.sleep = async (milliseconds) => {
      time.onSleep(milliseconds);
      time.pass(milliseconds);
      await new Promise(setImmediate);
    };
    const providers = require("../../provider/dynamic") as Record<ProviderName, Provider>;
    const print = console.log;
    console.log = (line: string) => output?.(line, "stdout");
    const stop = () => {
      console.log = print;
      takeOutModules();
      Object.assign(require.cache, kept);
      return Promise.resolve();
    };
    return Promise.resolve(hostOf(providers, stop));
  };
}

/** Forgets the provider's modules as they are loaded. What it returns puts them back, for other tests of this process. */
function takeOutModules(): NodeJS.Dict<NodeModule> {
  const paths = Object.keys(require.cache).filter((path) => /[\\/]bin[\\/]provider[\\/]/.test(path));
  const taken = Object.fromEntries(paths.map((path) => [path, require.cache[path]]));
  for (const path of paths) delete require.cache[path];
  return taken;
}

function hostOf(providers: Record<ProviderName, Provider>, stop: () => Promise<void>): Host {
  const wire = (bag: object | undefined) => map(struct((bag ?? {}) as PropertyMap));
  const providerOf = ({ __provider }: PropertyMap) => {
    const name = /\.(\w+);$/.exec(String(__provider))?.[1] as ProviderName;
    return providers[name] as Required<Provider>;
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
    stop,
    configure: (config) =>
      // The same for all of them.
      providers.cnameToken.configure?.({
        config: { get: (key) => config[key] as string | undefined, require: (key) => config[key] as string },
      }) ?? Promise.resolve(),
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
