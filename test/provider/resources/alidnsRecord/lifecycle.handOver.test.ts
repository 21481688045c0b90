import assert from "node:assert/strict";
import { CNAME, RecordScene, TXT } from "../../../support/recordScene";

describe("AlidnsRecord under another name in the program", () => {
  let on: RecordScene;
  beforeEach(async () => {
    on = await RecordScene.start();
  });
  afterEach(() => on.close());

  for (const record of [TXT, CNAME]) {
    it(`survives a rename, --replace and taint without a trace (${record.type})`, async () => {
      let last = await on.operation().add(record);
      for (const more of [{}, {}, { ttl: 900 }]) {
        const up = on.operation();
        const next = await up.add({ ...record, ...more });
        await up.remove(last);
        assert.equal(next.id, last.id);
        assert.deepEqual(on.records(), [`${record.name} ${next.outs.ttl} ${record.type} ${record.value}`]);
        // The next `up`.
        assert.equal((await on.operation().change(next, { ...record, ...more })).changes, false);
        last = next;
      }
      await on.operation().remove(last);
      assert.deepEqual(on.records(), []);
      assert.deepEqual(on.writes().at(-1), "DeleteDomainRecord");
      assert.equal(on.writes().filter((name) => name === "DeleteDomainRecord").length, 1);
    });
  }

  it("finishes in the next up what a crash left between create and delete", async () => {
    const first = await on.operation().add(TXT);
    const second = await on.operation().add(TXT);
    const resumed = on.operation();
    await resumed.change(second, TXT);
    await resumed.remove(first);
    // The state of the second cannot be told, so the record says whose it is, until it is changed.
    assert.deepEqual(on.records(), [`${TXT.name} 601 TXT ${TXT.value}`]);
    await on.operation().remove(second);
    assert.deepEqual(on.records(), []);
  });

  it("is known as its own after a refresh, and shows no drift", async () => {
    const first = await on.operation().add(TXT);
    const up = on.operation();
    const second = await up.add(TXT);
    await up.remove(first);
    const { id, outs: props } = await on.operation().refresh(second);
    assert.deepEqual(props, { ...second.outs, adopted: false });
    assert.deepEqual((await on.operation().refresh({ id, outs: props })).outs, props);
    assert.equal((await on.operation().change({ id, outs: props }, TXT)).changes, false);
    await on.operation().remove({ id, outs: props });
    assert.deepEqual(on.records(), []);
  });

  it("is known as its own after half a hand-over", async () => {
    const first = await on.operation().add(TXT);
    const up = on.operation();
    const second = await up.add(TXT);
    on.cloud.fail({ operation: "UpdateDomainRecord", status: 400, code: "Forbidden", after: true });
    await assert.rejects(up.remove(first), /Forbidden/);
    const again = on.operation();
    await again.change(second, TXT);
    await again.remove(first);
    await on.operation().remove(second);
    assert.deepEqual(on.records(), []);
  });

  it("stays somebody else's when it was adopted in the first place", async () => {
    on.cloud.addRecord(TXT);
    const first = await on.operation().add(TXT);
    const up = on.operation();
    const second = await up.add(TXT);
    await up.remove(first);
    await on.operation().remove(second);
    assert.deepEqual(on.records(), [`${TXT.name} 600 TXT ${TXT.value}`]);
    assert.deepEqual(on.writes(), []);
  });

  it("is left to whoever has given it another value", async () => {
    const first = await on.operation().add(TXT);
    on.cloud.removeRecords(TXT);
    const { id } = on.cloud.addRecord({ ...TXT, value: "drifted" });
    const up = on.operation();
    await up.add(TXT);
    await up.remove({ id, outs: { ...first.outs, recordId: id } });
    assert.deepEqual(on.records(), [`${TXT.name} 600 TXT drifted`, `${TXT.name} 600 TXT ${TXT.value}`]);
  });

  it("is deleted when the program declares it in another zone", async () => {
    const first = await on.operation().add({ ...TXT, name: "a.dev.example.com" });
    const up = on.operation();
    const [news] = [{ ...TXT, name: "a.dev.example.com", zone: "example.com" }];
    const { inputs } = await up.lifecycle.check({}, news);
    assert.deepEqual(await up.lifecycle.diff(first.id, first.outs, inputs), { changes: true, replaces: ["zone"] });
    const second = await up.add(news);
    await up.remove(first);
    assert.deepEqual(
      on.cloud.state().records.flatMap(({ id, type }) => (type === "TXT" ? [id] : [])),
      [second.id],
    );
  });
});
