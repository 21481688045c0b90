// Needs a process: it shows that Pulumi's own dynamic-provider process loads and runs our lifecycles.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ProviderHost } from "../../../engine/execute/providerHost";
import { type Cloud, startCloud } from "../../../local";
import { providerText } from "../../../provider/resources/dynamicResource";

/** Nobody is there; no two of these tests run at the same time. */
const ENGINE = `127.0.0.1:${10_000 + (process.pid % 50_000)}`;

describe("Pulumi's provider process", () => {
  let cloud: Cloud;
  let host: ProviderHost;
  const start = async (engine: string) => {
    const started = await ProviderHost.start({ cwd: join(__dirname, "..", "..", "..", ".."), project: "test", engine });
    await started.configure(cloud.config);
    return started;
  };
  before(async () => {
    cloud = await startCloud({ buckets: ["site"] });
    host = await start(ENGINE);
  });
  after(async () => {
    await host.stop();
    await cloud.close();
  });

  it("checks, creates, reads, diffs and updates a resource", async () => {
    const record = { name: "_dnsauth.www.example.com", type: "TXT", value: "0123" };
    const news = { ...record, __provider: providerText("alidnsRecord") };
    const values = () => cloud.state().records.flatMap(({ type, ttl }) => (type === "TXT" ? [ttl] : []));

    const { inputs, failures } = await host.check({}, news);
    assert.deepEqual(failures, []);
    const { id, properties } = await host.create(inputs);
    assert.deepEqual(values(), [600]);
    assert.equal((await host.diff(id, properties, inputs)).changes, "none");
    assert.deepEqual((await host.read(id, properties)).properties, properties);

    const changed = (await host.check(news, { ...news, ttl: 900 })).inputs;
    const updated = await host.update(id, properties, changed);
    assert.deepEqual(values(), [900]);
    assert.equal((await host.read(id, updated)).id, id);
  });

  for (const [where, engine, isLeft] of [
    ["leaves what another process of its engine declares", ENGINE, true],
    ["deletes what only the process of another engine declares", "127.0.0.1:2", false],
  ] as const)
    it(where, async () => {
      const rr = isLeft ? "left" : "deleted";
      const domain = `${rr}.example.com`;
      cloud.inConsole.moveBinding(domain, "site");
      const binding = { bucket: "site", domain, __provider: providerText("bucketCname") };
      const record = { name: domain, type: "CNAME", value: "site.example.net", ttl: 600 };
      const { id } = cloud.addRecord(record);
      const recorded = { ...record, zone: "example.com", rr, recordId: id, adopted: false };
      const other = await start(engine);
      try {
        await host.check({}, binding);
        await host.check({}, { ...record, __provider: providerText("alidnsRecord") });
        await other.delete(domain, { ...binding, status: "Enabled" });
        await other.delete(id, { ...recorded, __provider: providerText("alidnsRecord") });
        const { bindings, records } = cloud.state();
        const isBound = bindings.some((bound) => bound.domain === domain);
        assert.deepEqual([isBound, records.some(({ name }) => name === domain)], [isLeft, isLeft]);
      } finally {
        await other.stop();
      }
    });
});
