import assert from "node:assert/strict";
import { CNAME, type Made, RecordScene, TXT } from "../../../support/recordScene";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("AlidnsRecord", () => {
  let on: RecordScene;
  beforeEach(async () => {
    on = await RecordScene.start();
  });
  afterEach(() => on.close());

  describe("that did not exist", () => {
    let made: Made;
    beforeEach(async () => {
      made = await on.operation().add({ ...TXT, name: "_DNSAUTH.www.Example.com." });
    });

    it("is added, with its zone and its name in there as outputs", () => {
      assert.deepEqual(on.records(), [`${TXT.name} 600 TXT ${TXT.value}`]);
      const place = { zone: "example.com", rr: "_dnsauth.www", recordId: made.id };
      assert.deepEqual(made.outs, { ...TXT, ttl: 600, ...place, adopted: false });
    });

    it("costs no request while nothing changes", async () => {
      const before = on.sent().length;
      assert.equal((await on.operation().change(made, TXT)).changes, false);
      assert.equal(on.sent().length, before);
    });

    it("is changed in place", async () => {
      const changed = await on.operation().change(made, { ...TXT, value: "other", ttl: 900 });
      assert.deepEqual(on.records(), [`${TXT.name} 900 TXT other`]);
      assert.equal(changed.outs.recordId, made.id);
    });

    it("is deleted", async () => {
      await on.operation().remove(made);
      assert.deepEqual(on.records(), []);
      assert.deepEqual(on.writes(), ["AddDomainRecord", "DeleteDomainRecord"]);
    });

    it("counts as deleted when it has gone already", async () => {
      await on.operation().remove(made);
      await on.operation().remove(made);
      assert.equal(on.writes().filter((name) => name === "DeleteDomainRecord").length, 1);
    });
  });

  for (const record of [TXT, CNAME])
    describe(`that existed before (${record.type})`, () => {
      let made: Made;
      let before: string[];
      beforeEach(async () => {
        on.cloud.addRecord({ ...record, ttl: 3600 });
        before = on.records();
        made = await on.operation().add(record);
      });

      it("is adopted", () => assert.equal(made.outs.adopted, true));

      it("shows no change, whatever its TTL", async () => {
        assert.equal((await on.operation().change(made, record)).changes, false);
        assert.deepEqual((await on.operation().refresh(made)).outs, made.outs);
      });

      it("is left behind, never written", async () => {
        await on.operation().remove(made);
        assert.deepEqual(on.records(), before);
        assert.deepEqual(on.writes(), []);
      });
    });

  it("makes an adopted record its own by changing it", async () => {
    on.cloud.addRecord(TXT);
    const made = await on.operation().add(TXT);
    const changed = await on.operation().change(made, { ...TXT, ttl: 900 });
    assert.equal(changed.outs.adopted, false);
    assert.deepEqual(on.records(), [`${TXT.name} 900 TXT ${TXT.value}`]);
    await on.operation().remove(changed);
    assert.deepEqual(on.records(), []);
  });

  describe("when somebody else changes it", () => {
    it("is gone at refresh when deleted", async () => {
      const made = await on.operation().add(TXT);
      on.cloud.removeRecords(TXT);
      assert.equal((await on.operation().refresh(made)).id, "");
    });

    describe("to another value", () => {
      let drifted: Made;
      beforeEach(async () => {
        const made = await on.operation().add(TXT);
        on.cloud.removeRecords(TXT);
        const { id } = on.cloud.addRecord({ ...TXT, value: "drifted", ttl: 3600 });
        drifted = { id, outs: { ...made.outs, recordId: id } };
      });

      it("shows that value at refresh", async () =>
        assert.deepEqual((await on.operation().refresh(drifted)).outs, {
          ...drifted.outs,
          value: "drifted",
          ttl: 3600,
        }));

      it("is mended by the next up", async () => {
        const refreshed = await on.operation().refresh(drifted);
        const mended = await on.operation().change(refreshed, TXT);
        assert.equal(mended.changes, true);
        assert.deepEqual(on.records(), [`${TXT.name} 600 TXT ${TXT.value}`]);
        assert.deepEqual(mended.outs, drifted.outs);
      });
    });
  });

  describe("diff", () => {
    const inputs = { ...TXT, ttl: 600 };
    const diff = async (news: object) => {
      const { id, outs } = await on.operation().add(TXT);
      return on.operation().lifecycle.diff(id, outs, { ...inputs, ...news });
    };
    const cases: [title: string, news: object, changes: boolean, replaces: string[]][] = [
      ["nothing", {}, false, []],
      ["another name, which replaces the record", { name: "x.example.com" }, true, ["name"]],
      ["another type, which replaces the record", { type: "CNAME" }, true, ["type"]],
      ["another zone, which replaces the record", { zone: "dev.example.com" }, true, ["zone"]],
      ["another value", { value: "other" }, true, []],
      ["another TTL", { ttl: 900 }, true, []],
    ];
    for (const [title, news, changes, replaces] of cases)
      it(`finds ${title}`, async () => assert.deepEqual(await diff(news), { changes, replaces }));

    for (const field of ["name", "type", "value", "ttl", "zone"])
      it(`takes ${field} for changed, and replaces nothing, while it is not known`, async () => {
        const { lifecycle } = on.operation();
        const checked = await lifecycle.check({}, { ...inputs, [field]: UNKNOWN });
        assert.deepEqual(checked.failures, []);
        assert.deepEqual(await diff(checked.inputs), { changes: true, replaces: [] });
      });
  });

  describe("check", () => {
    const cases: [title: string, news: object, properties: string[]][] = [
      ["no arguments", {}, ["type", "name", "value"]],
      ["a name with a space", { ...TXT, name: "a b.example.com" }, ["name"]],
      ["a name with an empty label", { ...TXT, name: "a..example.com" }, ["name"]],
      ["a type that it does not make", { ...TXT, type: "MX" }, ["type"]],
      ["an empty value", { ...TXT, value: "" }, ["value"]],
      ["a URL as target of a CNAME", { ...CNAME, value: "https://x" }, ["value"]],
      ["a CNAME that points to itself", { ...CNAME, value: "WWW.example.com." }, ["value"]],
      ["a TTL of zero", { ...TXT, ttl: 0 }, ["ttl"]],
      ["a TTL with a fraction", { ...TXT, ttl: 1.5 }, ["ttl"]],
      ["a zone that does not hold the name", { ...TXT, zone: "ample.com" }, ["zone"]],
    ];
    for (const [title, news, properties] of cases)
      it(`refuses ${title}, before any request`, async () => {
        const { failures } = await on.operation().lifecycle.check({}, news);
        assert.deepEqual(
          failures?.map(({ property }) => property),
          properties,
        );
        assert.deepEqual(on.sent(), []);
      });
  });

  describe("get", () => {
    it("reads an existing record", async () => {
      const { id } = on.cloud.addRecord(TXT);
      const { props } = await on.operation().lifecycle.read(id, { ...TXT });
      const place = { zone: "example.com", rr: "_dnsauth.www", recordId: id };
      assert.deepEqual(props, { ...TXT, ttl: 600, ...place, adopted: true });
    });

    it("fails where there is no such record", () =>
      assert.rejects(
        on.operation().lifecycle.read("12345", { ...TXT }),
        /no TXT record 12345 at _dnsauth\.www\.example\.com/,
      ));
  });
});
