import { isDeepStrictEqual } from "node:util";
import { containsUnknowns, type PropertyMap } from "../property/value";
import type { ProviderHost } from "./providerHost";

type StartHost = () => Promise<ProviderHost>;

/** The providers of one operation: a process for each provider resource, started when it is first needed. */
export class Providers {
  readonly #start: StartHost | undefined;
  readonly #configs = new Map<string, PropertyMap>();
  readonly #hosts = new Map<string, Promise<ProviderHost>>();
  #spare: Promise<ProviderHost> | undefined;

  /** @param start if undefined, no process is started, as if all providers had a configuration that is not known yet */
  constructor(start: StartHost | undefined) {
    this.#start = start;
  }

  /** Starts a process ahead: nearly every program needs one, and it can start while the program does. */
  prepare(): void {
    this.#spare = this.#start?.();
    this.#spare?.catch(() => {});
  }

  /** Registers the provider of a reference. A changed configuration gets a new process. */
  register(reference: string, config: PropertyMap): void {
    const running = this.#hosts.get(reference);
    if (running && !isDeepStrictEqual(this.#configs.get(reference), config)) {
      this.#hosts.delete(reference);
      running.then((host) => host.stop()).catch(() => {});
    }
    this.#configs.set(reference, config);
  }

  has(reference: string): boolean {
    return this.#configs.has(reference);
  }

  /** The provider's process, configured; undefined while its configuration is not known in full, as in previews. */
  async get(reference: string): Promise<ProviderHost | undefined> {
    const config = this.#configs.get(reference);
    if (!config) throw new Error(`unknown provider ${reference}`);
    if (!this.#start || containsUnknowns(config)) return undefined;
    const host = this.#hosts.get(reference) ?? this.#startConfigured(this.#start, config);
    this.#hosts.set(reference, host);
    return host;
  }

  async #startConfigured(start: StartHost, config: PropertyMap): Promise<ProviderHost> {
    const starting = this.#spare ?? start();
    this.#spare = undefined;
    const host = await starting;
    try {
      await host.configure(config);
    } catch (error) {
      await host.stop();
      throw error;
    }
    return host;
  }

  /** Ends all processes. */
  async stop(): Promise<void> {
    const hosts = [...this.#hosts.values(), ...(this.#spare ? [this.#spare] : [])];
    await Promise.allSettled(hosts.map(async (host) => (await host).stop()));
  }
}
