import assert from "node:assert/strict";
import type { ProviderHost } from "../../../engine/execute/providerHost";
import { Providers } from "../../../engine/execute/providers";
import { type PropertyMap, UNKNOWN } from "../../../engine/property/value";

describe("Providers", () => {
  /** Providers whose processes only note what becomes of them. */
  function start(configure: (config: PropertyMap) => void = () => {}) {
    const events: string[] = [];
    let count = 0;
    const startHost = async () => {
      const name = `host ${++count}`;
      events.push(`start ${name}`);
      return {
        configure: async (config: PropertyMap) => {
          events.push(`configure ${name} ${JSON.stringify(config)}`);
          configure(config);
        },
        stop: async () => {
          events.push(`stop ${name}`);
        },
      } as unknown as ProviderHost;
    };
    return { providers: new Providers(startHost), events };
  }

  it("starts and configures a process when it is first needed, and only then", async () => {
    const { providers, events } = start();
    providers.register("a", { key: 1 });
    assert.deepEqual(events, []);
    assert.equal(await providers.get("a"), await providers.get("a"));
    assert.deepEqual(events, ["start host 1", 'configure host 1 {"key":1}']);
  });

  it("uses for the first provider the process that was started ahead", async () => {
    const { providers, events } = start();
    providers.prepare();
    providers.register("a", {});
    providers.register("b", {});
    await providers.get("a");
    await providers.get("b");
    assert.deepEqual(events, ["start host 1", "configure host 1 {}", "start host 2", "configure host 2 {}"]);
  });

  it("starts another process for another configuration", async () => {
    const { providers, events } = start();
    providers.register("a", { key: 1 });
    await providers.get("a");
    providers.register("a", { key: 1 });
    await providers.get("a");
    providers.register("a", { key: 2 });
    await providers.get("a");
    assert.deepEqual(events.toSorted(), [
      'configure host 1 {"key":1}',
      'configure host 2 {"key":2}',
      "start host 1",
      "start host 2",
      "stop host 1",
    ]);
  });

  it("has no process while the configuration is not known", async () => {
    const { providers, events } = start();
    providers.register("a", { key: UNKNOWN });
    assert.equal(await providers.get("a"), undefined);
    assert.deepEqual(events, []);
  });

  it("has no process when it was told to start none", async () => {
    const providers = new Providers(undefined);
    providers.prepare();
    providers.register("a", {});
    assert.equal(await providers.get("a"), undefined);
  });

  it("knows only providers that are registered", async () => {
    const { providers } = start();
    assert.equal(providers.has("a"), false);
    await assert.rejects(providers.get("a"), /unknown provider a/);
  });

  it("stops a process that cannot be configured", async () => {
    const { providers, events } = start(() => {
      throw new Error("no key");
    });
    providers.register("a", {});
    await assert.rejects(providers.get("a"), /no key/);
    assert.equal(events.at(-1), "stop host 1");
  });

  it("stops all processes, the one started ahead too", async () => {
    const { providers, events } = start();
    providers.register("a", {});
    await providers.get("a");
    providers.prepare();
    await providers.stop();
    assert.deepEqual(events.slice(-2), ["stop host 1", "stop host 2"]);
  });
});
