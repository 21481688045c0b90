import type * as pulumi from "@pulumi/pulumi";
import { type DiffResult, ResourceInitError } from "../../engine/execute/providerHost";
import type { PropertyMap } from "../../engine/property/value";
import { fromStruct, toStruct } from "../../engine/rpc";
import { dynamicLifecycles } from "../../provider/resources/dynamicLifecycles";
import type { ProviderName } from "../../provider/resources/dynamicResource";
import type { CheckFailure } from "../../provider/resources/lifecycle";
import type { Run } from "../../provider/run";

type Calls = Required<pulumi.dynamic.ResourceProvider<PropertyMap, PropertyMap>>;
/** Some have nothing to read or to delete. */
type AnyLifecycle = Omit<Calls, "read" | "delete"> & Partial<Pick<Calls, "read" | "delete">>;

/** The lifecycles of one run, as an engine calls them, which keeps the provider's text with all properties. */
export interface Door {
  configure(config: PropertyMap): Promise<void>;
  check(olds: PropertyMap, news: PropertyMap): Promise<{ inputs: PropertyMap; failures: CheckFailure[] }>;
  diff(id: string, olds: PropertyMap, news: PropertyMap): Promise<Pick<DiffResult, "changes" | "replaces">>;
  create(inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }>;
  read(id: string, properties: PropertyMap): Promise<{ id: string; properties: PropertyMap }>;
  update(id: string, olds: PropertyMap, news: PropertyMap): Promise<PropertyMap>;
  delete(id: string, outputs: PropertyMap): Promise<void>;
  close(): void;
}

/**
 * The lifecycles of one run, called as Pulumi's provider process calls them: it finds each by the text in its
 * properties, and what goes in and out takes the form of the wire.
 */
export class Provider implements Door {
  readonly #lifecycles: ReturnType<typeof dynamicLifecycles>;

  constructor(run: Run) {
    this.#lifecycles = dynamicLifecycles(run);
  }

  configure(config: PropertyMap): Promise<void> {
    const get = (key: string) => config[key] as string;
    // The run is the same for all of them.
    return (this.#lifecycles.cnameToken as AnyLifecycle).configure({ config: { get, require: get } });
  }

  async check(olds: PropertyMap, news: PropertyMap): Promise<{ inputs: PropertyMap; failures: CheckFailure[] }> {
    const { inputs, failures } = await this.#find(news).check(wire(olds), wire(news));
    return { inputs: withText(inputs, news), failures: failures ?? [] };
  }

  async diff(id: string, olds: PropertyMap, news: PropertyMap): Promise<Pick<DiffResult, "changes" | "replaces">> {
    const { changes, replaces = [] } = await this.#find(news).diff(id, wire(olds), wire(news));
    return { changes: changes ? "some" : changes === false ? "none" : "unknown", replaces };
  }

  async create(inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const { id, outs } = await orInitError(this.#find(inputs).create(wire(inputs)));
    return { id, properties: withText(outs, inputs) };
  }

  async read(id: string, properties: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const found = await (this.#find(properties).read?.(id, wire(properties)) ?? { id, props: properties });
    return { id: found.id ?? "", properties: withText(found.props, properties) };
  }

  async update(id: string, olds: PropertyMap, news: PropertyMap): Promise<PropertyMap> {
    const { outs } = await orInitError(this.#find(news).update(id, wire(olds), wire(news)));
    return withText(outs, news);
  }

  async delete(id: string, outputs: PropertyMap): Promise<void> {
    await this.#find(outputs).delete?.(id, wire(outputs));
  }

  close(): void {}

  #find({ __provider }: PropertyMap): AnyLifecycle {
    const name = /\.(\w+);$/.exec(String(__provider))?.[1] as ProviderName;
    return this.#lifecycles[name] as unknown as AnyLifecycle;
  }
}

function wire(properties: object | undefined): PropertyMap {
  return fromStruct(toStruct((properties ?? {}) as PropertyMap));
}

function withText(properties: object | undefined, { __provider }: PropertyMap): PropertyMap {
  return { ...wire(properties), __provider } as PropertyMap;
}

/** What was made although it failed reaches the engine as an error of its own. */
async function orInitError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { id = "", properties, reasons = [] } = error as Partial<ResourceInitError>;
    if (properties === undefined) throw error;
    throw new ResourceInitError(id, wire(properties), reasons);
  }
}
