// Needs a process: it shows that Pulumi's own dynamic-provider process loads and runs our lifecycles.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ProviderHost } from "../../../engine/execute/providerHost";
import { type Cloud, startCloud } from "../../../local";
import { providerText } from "../../../provider/resources/dynamicResource";

describe("Pulumi's provider process", () => {
  let cloud: Cloud;
  let host: ProviderHost;
  before(async () => {
    cloud = await startCloud();
    host = await ProviderHost.start({ cwd: join(__dirname, "..", "..", "..", ".."), project: "test" });
    await host.configure(cloud.config);
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

  it("deletes a record that no program declares in this process", async () => {
    const { id, name, ttl } = cloud.addRecord({ name: "_dnsauth.old.example.com", type: "TXT", value: "0123" });
    const other = await ProviderHost.start({ cwd: join(__dirname, "..", "..", "..", ".."), project: "test" });
    try {
      await other.configure(cloud.config);
      const place = { zone: "example.com", rr: "_dnsauth.old", recordId: id, adopted: false };
      const outputs = { name, type: "TXT", value: "0123", ttl, ...place, __provider: providerText("alidnsRecord") };
      await other.delete(id, outputs);
      assert.equal((await other.read(id, outputs)).id, "");
    } finally {
      await other.stop();
    }
  });
});
