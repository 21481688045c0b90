import { isDeepStrictEqual } from "node:util";
import { containsUnknowns, type PropertyMap } from "../property/value";
import type { ProviderHost } from "./providerHost";

/** The providers of one operation: a process for each provider resource, started when it is first needed. */
export class Providers {
  readonly #start: (() => Promise<ProviderHost>) | undefined;
  readonly #configs = new Map<string, PropertyMap>();
  readonly #hosts = new Map<string, Promise<ProviderHost>>();
  #spare: Promise<ProviderHost> | undefined;

  /** @param start without it no process is started: all providers are as if their configuration were not known yet */
  constructor(start?: () => Promise<ProviderHost>) {
    this.#start = start;
  }

  /** Starts a process that nearly every program needs, while the program itself starts. */
  prepare(): void {
    this.#spare = this.#start?.();
    this.#spare?.catch(() => {});
  }

  /** Makes known under which reference (URN and id) a provider goes. Another configuration gets another process. */
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

  /** The provider's process, configured; undefined while part of the configuration is not known yet (in a preview). */
  async get(reference: string): Promise<ProviderHost | undefined> {
    const config = this.#configs.get(reference);
    if (!config) throw new Error(`unknown provider ${reference}`);
    if (!this.#start || containsUnknowns(config)) return undefined;
    let host = this.#hosts.get(reference);
    if (!host) {
      const starting = this.#spare ?? this.#start();
      this.#spare = undefined;
      host = starting.then(async (started) => {
        await started.configure(config).catch(async (error) => {
          await started.stop();
          throw error;
        });
        return started;
      });
      this.#hosts.set(reference, host);
    }
    return host;
  }

  /** Ends all processes. */
  async stop(): Promise<void> {
    const hosts = [...this.#hosts.values(), ...(this.#spare ? [this.#spare] : [])];
    await Promise.allSettled(hosts.map(async (host) => (await host).stop()));
  }
}
