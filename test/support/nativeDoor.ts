import type { DiffResult } from "../../engine/execute/providerHost";
import { ResourceInitError } from "../../engine/execute/providerHost";
import { revealed } from "../../engine/property/rewrite";
import type { PropertyMap } from "../../engine/property/value";
import type { CheckFailure } from "../../provider/resources/lifecycle";
import type { RunOptions } from "../../provider/run";
import { type Asked, NativeProvider, typeOf } from "./nativeProvider";
import type { Door } from "./provider";

/** The plugin as a door of `Stack`, whose properties have the text of a dynamic provider: so any operation may take it. */
export class NativeDoor implements Door {
  readonly #provider: NativeProvider;

  private constructor(provider: NativeProvider) {
    this.#provider = provider;
  }

  static async open(options: RunOptions): Promise<NativeDoor> {
    return new NativeDoor(await NativeProvider.start(options));
  }

  close(): void {
    this.#provider.close();
  }

  /** The plugin has one namespace for all keys. */
  async configure(config: PropertyMap): Promise<void> {
    const entries = Object.entries(config).map(([key, value]) => [key.replace(/^.*:/, ""), value]);
    await this.#provider.configure(Object.fromEntries(entries));
  }

  async check(olds: PropertyMap, news: PropertyMap): Promise<{ inputs: PropertyMap; failures: CheckFailure[] }> {
    const { inputs, failures } = await this.#provider.check(asked(news), olds, without(news));
    return { inputs: withText(inputs, news), failures };
  }

  async diff(id: string, olds: PropertyMap, news: PropertyMap): Promise<Pick<DiffResult, "changes" | "replaces">> {
    const response = await this.#provider.diff(asked(news), id, { olds, oldInputs: {}, news: without(news) });
    return { changes: CHANGES[response.getChanges()] ?? "unknown", replaces: response.getReplacesList() };
  }

  async create(inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const { id, properties } = await orInitError(inputs, this.#provider.create(asked(inputs), without(inputs)));
    return { id, properties: withText(properties, inputs) };
  }

  async read(id: string, properties: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const found = await this.#provider.read(asked(properties), id, { properties, inputs: {} });
    return { id: found.id, properties: withText(found.properties, properties) };
  }

  async update(id: string, olds: PropertyMap, news: PropertyMap): Promise<PropertyMap> {
    const work = this.#provider.update(asked(news), id, { olds, oldInputs: {}, news: without(news) });
    return withText(await orInitError(news, work), news);
  }

  delete(id: string, outputs: PropertyMap): Promise<void> {
    return this.#provider.delete(asked(outputs), id, outputs);
  }
}

const CHANGES = ["unknown", "none", "some"] as const;

function asked({ __provider }: PropertyMap): Asked {
  return { type: typeOf(/\.(\w+);$/.exec(String(__provider))?.[1] ?? "") };
}

function without({ __provider: _, ...properties }: PropertyMap): PropertyMap {
  return properties;
}

function withText(properties: PropertyMap, { __provider }: PropertyMap): PropertyMap {
  return { ...revealed(properties), __provider } as PropertyMap;
}

async function orInitError<T>(inputs: PropertyMap, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ResourceInitError)) throw error;
    throw new ResourceInitError(error.id, withText(error.properties, inputs), error.reasons);
  }
}
