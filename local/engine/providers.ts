import { isDeepStrictEqual } from "node:util";
import { containsUnknowns, type PropertyMap } from "./propertyValue";
import type { ProviderHost } from "./providerHost";

/** The providers of one operation: a process for each provider resource, started when it is first needed. */
export class Providers {
  readonly #start: () => Promise<ProviderHost>;
  readonly #configs = new Map<string, PropertyMap>();
  readonly #hosts = new Map<string, Promise<ProviderHost>>();

  constructor(start: () => Promise<ProviderHost>) {
    this.#start = start;
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
    if (containsUnknowns(config)) return undefined;
    let host = this.#hosts.get(reference);
    if (!host) {
      host = this.#start().then(async (started) => {
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
    await Promise.allSettled([...this.#hosts.values()].map(async (host) => (await host).stop()));
  }
}
