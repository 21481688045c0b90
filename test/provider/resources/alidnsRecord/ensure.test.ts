import assert from "node:assert/strict";
import { type Fault, startCloud } from "../../../../local";
import { ensureRecord } from "../../../../provider/resources/alidnsRecord/ensure";
import type { Run } from "../../../../provider/run";
import { CNAME, RecordScene, TXT } from "../../../support/recordScene";

describe("ensureRecord", () => {
  let on: RecordScene;
  beforeEach(async () => {
    on = await RecordScene.start();
  });
  afterEach(() => on.close());

  it("refuses a conflicting record, with both values", async () => {
    on.cloud.addRecord({ ...CNAME, value: "elsewhere.example.net" });
    const provider = on.operation();
    await assert.rejects(provider.add(CNAME), (error: Error) => {
      assert.match(error.message, /site\.oss-cn-hangzhou\.aliyuncs\.com/);
      assert.match(error.message, /elsewhere\.example\.net/);
      return true;
    });
    await assert.rejects(provider.add({ ...TXT, name: CNAME.name }), /elsewhere\.example\.net/);
    on.cloud.addRecord({ name: "a.example.com", type: "A", value: "192.0.2.1" });
    await assert.rejects(provider.add({ ...CNAME, name: "a.example.com" }), /A "192\.0\.2\.1"/);
    assert.deepEqual(on.writes(), []);
  });

  it("makes a CNAME record at the top of a zone beside what Alibaba Cloud DNS allows there, and vice versa", async () => {
    const top = { ...CNAME, name: "example.com" };
    on.cloud.addRecord({ name: "example.com", type: "TXT", value: "v=spf1 -all" });
    on.cloud.addRecord({ name: "example.com", type: "NS", value: "ns1.example.com" });
    await on.operation().add(top);
    await on.operation().add({ ...TXT, name: "example.com" });
    assert.deepEqual(on.records().sort(), [
      `example.com 600 CNAME ${CNAME.value}`,
      `example.com 600 TXT ${TXT.value}`,
      "example.com 600 TXT v=spf1 -all",
    ]);
  });

  it("refuses a CNAME record at the top of a zone beside an address", async () => {
    on.cloud.addRecord({ name: "example.com", type: "A", value: "192.0.2.1" });
    await assert.rejects(on.operation().add({ ...CNAME, name: "example.com" }), /A "192\.0\.2\.1"/);
    assert.deepEqual(on.writes(), []);
  });

  it("respects other TXT values at its name", async () => {
    on.cloud.addRecord({ ...TXT, value: "theirs" });
    const made = await on.operation().add(TXT);
    assert.equal(on.records().length, 2);
    await on.operation().remove(made);
    assert.deepEqual(on.records(), [`${TXT.name} 600 TXT theirs`]);
  });

  describe("when two stacks declare a name", () => {
    it("adopts a record with the value that it changes to, and removes its own", async () => {
      const mine = await on.operation().add({ ...TXT, value: "mine" });
      const theirs = await on.operation().add({ ...TXT, value: "theirs" });
      const changed = await on.operation().change(mine, { ...TXT, value: "theirs" });
      assert.deepEqual([changed.outs.adopted, changed.outs.recordId], [true, theirs.id]);
      assert.deepEqual(on.records(), [`${TXT.name} 600 TXT theirs`]);
      await on.operation().remove(changed);
      assert.deepEqual(on.records(), [`${TXT.name} 600 TXT theirs`]);
      await on.operation().remove(theirs);
      assert.deepEqual(on.records(), []);
    });

    it("keeps its old record for another resource of the program", async () => {
      const mine = await on.operation().add({ ...TXT, value: "mine" });
      await on.operation().add({ ...TXT, value: "theirs" });
      const up = on.operation();
      await up.change(mine, { ...TXT, value: "mine" });
      await up.change(mine, { ...TXT, value: "theirs" });
      assert.equal(on.records().length, 2);
    });

    it("adds a TXT value beside one that it adopted, which the other stack may need", async () => {
      const theirs = await on.operation().add(TXT);
      const mine = await on.operation().add(TXT);
      const changed = await on.operation().change(mine, { ...TXT, value: "mine" });
      assert.deepEqual([changed.outs.adopted, on.records().length], [false, 2]);
      await on.operation().remove(theirs);
      assert.deepEqual(on.records(), [`${TXT.name} 600 TXT mine`]);
      await on.operation().remove(changed);
      assert.deepEqual(on.records(), []);
    });

    for (const refreshes of [false, true])
      it(`leaves a CNAME record that the other has pointed elsewhere${refreshes ? ", after a refresh too" : ""}`, async () => {
        const first = await on.operation().add(CNAME);
        const second = await on
          .operation()
          .change(await on.operation().add(CNAME), { ...CNAME, value: "b.example.net" });
        await on.operation().remove(refreshes ? await on.operation().refresh(first) : first);
        assert.deepEqual(on.records(), ["www.example.com 600 CNAME b.example.net"]);
        await on.operation().remove(second);
        assert.deepEqual(on.records(), []);
      });
  });

  describe("for a domain that needs no proof", () => {
    const unneeded = { ...TXT, value: "already-bound" };

    it("makes no record, and has nothing to read, change or delete", async () => {
      const made = await on.operation().add(unneeded);
      assert.deepEqual([made.id, made.outs.recordId, made.outs.zone], [TXT.name, "", "example.com"]);
      assert.deepEqual(await on.operation().refresh(made), made);
      assert.equal((await on.operation().change(made, unneeded)).changes, false);
      await on.operation().remove(made);
      assert.deepEqual(on.sent(), ["DescribeDomains"]);
    });

    it("makes the record once it needs one", async () => {
      const changed = await on.operation().change(await on.operation().add(unneeded), TXT);
      assert.deepEqual(on.records(), [`${TXT.name} 600 TXT ${TXT.value}`]);
      await on.operation().remove(changed);
      assert.deepEqual(on.records(), []);
    });

    it("deletes the record that it no longer needs", async () => {
      const changed = await on.operation().change(await on.operation().add(TXT), unneeded);
      assert.deepEqual([on.records(), changed.outs.recordId], [[], ""]);
    });

    it("deletes the record that an earlier release made for it", async () => {
      const { id } = on.cloud.addRecord(unneeded);
      const place = { zone: "example.com", rr: "_dnsauth.www", recordId: id, adopted: false };
      const made = { id, outs: { ...unneeded, ttl: 600, ...place } };
      const up = on.operation();
      await up.add(unneeded);
      await up.remove(made);
      assert.deepEqual(on.records(), []);
    });
  });

  it("puts a record into the longest zone of the account, on a label boundary", async () => {
    const provider = on.operation();
    const zoneOf = async (name: string, more = {}) => (await provider.add({ ...TXT, name, ...more })).outs;
    assert.equal((await zoneOf("a.dev.example.com")).zone, "dev.example.com");
    assert.equal((await zoneOf("a.xdev.example.com")).zone, "example.com");
    assert.equal((await zoneOf("b.dev.example.com", { zone: "Example.com" })).rr, "b.dev");
    assert.equal((await zoneOf("dev.example.com")).rr, "@");
    await assert.rejects(zoneOf("www.example.org"), /No zone of this account .* holds www\.example\.org .*ample\.com/);
    // A zone that is made while the program runs.
    on.cloud.addZone("example.org");
    assert.equal((await zoneOf("www.example.org")).zone, "example.org");
    // Once, and for the missing zone twice: to foresee what is in the way, and to fail.
    assert.equal(on.sent().filter((name) => name === "DescribeDomains").length, 4);
  });

  it("finds its record among hundreds of similar names", async () => {
    for (let i = 0; i < 520; i++) on.cloud.addRecord({ name: `x${i}.same.example.com`, type: "TXT", value: "mine" });
    on.cloud.addRecord({ name: "same.example.com", type: "TXT", value: "mine" });
    const { id, outs } = await on.operation().add({ name: "same.example.com", type: "TXT", value: "mine" });
    assert.equal(outs.adopted, true);
    assert.equal(on.cloud.state().records.find((record) => record.name === "same.example.com")?.id, id);
    // Two pages of the zone, to foresee what is in the way, and two of the names that contain this one.
    assert.equal(on.sent().filter((name) => name === "DescribeDomainRecords").length, 4);
  });

  it("is not written by an update that finds it right", async () => {
    const made = await on.operation().add(TXT);
    on.cloud.removeRecords(TXT);
    const { id } = on.cloud.addRecord({ ...TXT, ttl: 900 });
    const before = on.writes().length;
    const { changes, outs } = await on
      .operation()
      .change({ id, outs: { ...made.outs, recordId: id } }, { ...TXT, ttl: 900 });
    assert.deepEqual([changes, outs.ttl, outs.adopted, on.writes().length], [true, 900, false, before]);
  });

  it("is made anew by an update that finds it gone", async () => {
    const made = await on.operation().add(TXT);
    on.cloud.removeRecords(TXT);
    const { outs } = await on.operation().change(made, { ...TXT, ttl: 900 });
    assert.deepEqual(on.records(), [`${TXT.name} 900 TXT ${TXT.value}`]);
    await on.operation().remove({ id: made.id, outs });
    assert.deepEqual(on.records(), []);
  });

  describe("when the service refuses", () => {
    const fault = (fault: Fault) => on.cloud.fail(fault);

    it("repeats what passes away by itself", async () => {
      fault({ operation: "AddDomainRecord", status: 400, code: "LastOperationNotFinished", times: 2 });
      fault({ operation: "DescribeDomains", status: 400, code: "Throttling.User" });
      fault({ operation: "DescribeDomainRecords", status: 503, code: "ServiceUnavailable" });
      await on.operation().add(TXT);
      assert.equal(on.records().length, 1);
      assert.deepEqual(on.sent(), [
        ...Array(2).fill("DescribeDomains"),
        ...Array(2).fill("DescribeDomainRecords"),
        ...Array(3).fill("AddDomainRecord"),
      ]);
    });

    it("knows a record for its own whose reply was lost", async () => {
      fault({ operation: "AddDomainRecord", reset: true, after: true });
      const made = await on.operation().add(TXT);
      assert.equal(made.outs.adopted, false);
      assert.deepEqual(on.writes(), ["AddDomainRecord", "AddDomainRecord"]);
      await on.operation().remove(made);
      assert.deepEqual(on.records(), []);
    });

    it("takes an update whose reply was lost for done", async () => {
      const made = await on.operation().add(TXT);
      fault({ operation: "UpdateDomainRecord", reset: true, after: true });
      const changed = await on.operation().change(made, { ...TXT, ttl: 900 });
      assert.deepEqual(on.records(), [`${TXT.name} 900 TXT ${TXT.value}`]);
      assert.equal(on.cloud.requests().at(-1)?.code, "DomainRecordDuplicate");
      assert.equal(changed.outs.ttl, 900);
      fault({ operation: "UpdateDomainRecord", status: 400, code: "DomainRecordDuplicate" });
      await assert.rejects(on.operation().change(changed, TXT), /DomainRecordDuplicate/);
    });

    it("says what failed and what to do, and gives up at once", async () => {
      fault({ operation: "AddDomainRecord", status: 403, code: "Forbidden.RAM", message: "User not authorized" });
      await assert.rejects(on.operation().add(TXT), (error: Error) => {
        const { requestId } = on.cloud.requests().at(-1) ?? {};
        assert.equal(
          error.message,
          `AddDomainRecord for TXT ${TXT.name} "${TXT.value}" failed: Forbidden.RAM (HTTP 403, request ${requestId}): ` +
            "User not authorized. Next: allow the action alidns:AddDomainRecord to the RAM user or role.",
        );
        return true;
      });
      assert.deepEqual(on.slept, []);
      await assert.rejects(on.operation().add({ ...TXT, zone: "www.example.com" }), /InvalidDomainName\.NoExist/);
    });

    it("shows no secret when nobody answers or the key is wrong", async () => {
      const settings = { ...on.config, "alicloud:secretKey": "wrong-secret" };
      await assert.rejects(on.operation(settings).add(TXT), (error: Error) => {
        assert.match(error.message, /SignatureDoesNotMatch.*\n?.*access key/s);
        assert.doesNotMatch(JSON.stringify(error) + error.stack + String(error.cause), /wrong-secret/);
        return true;
      });
      const closed = await startCloud();
      await closed.close();
      const nobody = { ...on.config, "oss-cname:alidnsEndpoint": closed.alidns, "alicloud:secretKey": "hidden" };
      await assert.rejects(on.operation(nobody).add(TXT), (error: Error) => {
        assert.match(error.message, /DescribeDomains for the account's zones did not reach .*ECONNREFUSED/);
        assert.doesNotMatch(JSON.stringify(error) + error.stack, /hidden/);
        return true;
      });
      const halfMinute = on.slept.reduce((sum, milliseconds) => sum + milliseconds) / 1000;
      assert.ok(halfMinute > 20 && halfMinute < 45, `it gave up after ${halfMinute} s`);
    });
  });

  it("refuses an identical record that is paused", async () => {
    const txt = { name: "_dnsauth.www.example.com", type: "TXT" as const, value: "x", ttl: 600 };
    const paused = { ...txt, recordId: "1", rr: "_dnsauth.www", line: "default", enabled: false };
    // The emulator has no paused records.
    const alidns = {
      findZone: async () => "example.com",
      isKnownEmpty: async () => false,
      findRecords: async () => [paused],
    };
    await assert.rejects(ensureRecord({ alidns } as unknown as Run, txt), /paused\. Next: enable record 1/);
  });
});
