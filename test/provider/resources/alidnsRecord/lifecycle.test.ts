import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { type Cloud, type Fault, startCloud } from "../../../../local";
import { AlidnsRecordLifecycle } from "../../../../provider/resources/alidnsRecord/lifecycle";
import { Run } from "../../../../provider/run";
import { FakeClock } from "../../../support/fakeClock";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const txt = { name: "_dnsauth.www.example.com", type: "TXT", value: "0123456789abcdef0123456789abcdef" };
const cname = { name: "www.example.com", type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" };

describe("AlidnsRecord", () => {
  let cloud: Cloud;
  const slept: number[] = [];
  const clock = new FakeClock((milliseconds) => slept.push(milliseconds));

  beforeEach(async () => {
    cloud = await startCloud({ zones: ["example.com", "dev.example.com", "ample.com"] });
    slept.length = 0;
  });
  afterEach(() => cloud.close());

  /** What the configuration of a stack says. */
  const config = (): Record<string, string> => ({
    "oss-cname:alidnsEndpoint": cloud.alidns,
    "alicloud:accessKey": cloud.accessKeyId,
    "alicloud:secretKey": cloud.accessKeySecret,
  });

  type Bag = Record<string, unknown>;
  /** The lifecycle with a run of its own, which lives for one Pulumi operation. */
  async function operation(settings = config()) {
    const lifecycle: unknown = new AlidnsRecordLifecycle(new Run({ config: { get: (key) => settings[key] }, clock }));
    const provider = lifecycle as Required<pulumi.dynamic.ResourceProvider>;
    const check = async (news: Bag, olds: Bag = {}) => {
      const { inputs, failures } = await provider.check(olds, { ...news });
      assert.deepEqual(failures, []);
      return plain(inputs);
    };
    return {
      check: provider.check.bind(provider),
      diff: provider.diff.bind(provider),
      create: provider.create.bind(provider),
      read: provider.read.bind(provider),
      delete: provider.delete.bind(provider),
      /** check and create, as `up` does for a resource that is not in the state. */
      add: async (news: Bag) => {
        const { id, outs } = await provider.create(await check(news));
        return { id, outs: plain(outs) };
      },
      /** check, diff and, if it says so, update. */
      change: async ({ id, outs }: { id: string; outs: Bag }, news: Bag) => {
        const inputs = await check(news, outs);
        const { changes, replaces } = await provider.diff(id, outs, inputs);
        assert.deepEqual(replaces, []);
        return { id, outs: changes ? plain((await provider.update(id, outs, inputs)).outs) : outs, changes };
      },
      remove: ({ id, outs }: { id: string; outs: Bag }) => provider.delete(id, outs),
      refresh: async ({ id, outs }: { id: string; outs: Bag }) => provider.read(id, outs),
    };
  }

  /** Fails on what Pulumi cannot carry. */
  function plain<T>(value: T): T {
    assert.deepEqual(JSON.parse(JSON.stringify(value)), value);
    return value;
  }

  const records = () =>
    cloud
      .state()
      .records.filter(({ type }) => type === "TXT" || type === "CNAME")
      .map(({ name, type, value, ttl }) => `${name} ${ttl} ${type} ${[value].flat().join("")}`);
  const seed = (record: { name: string; type: string; value: string; ttl?: number }) => cloud.addRecord(record);
  const sent = () => cloud.requests().map(({ operation }) => operation);
  const writes = () => sent().filter((name) => !name.startsWith("Describe"));

  it("adds, shows no change, changes in place and deletes", async () => {
    const made = await (await operation()).add({ ...txt, name: "_DNSAUTH.www.Example.com." });
    assert.deepEqual(records(), [`${txt.name} 600 TXT ${txt.value}`]);
    const { recordId } = made.outs as { recordId: string };
    assert.equal(made.id, recordId);
    assert.deepEqual(made.outs, {
      ...txt,
      ttl: 600,
      zone: "example.com",
      rr: "_dnsauth.www",
      recordId,
      adopted: false,
    });

    const requests = sent().length;
    assert.equal((await (await operation()).change(made, txt)).changes, false);
    assert.equal(sent().length, requests);

    const changed = await (await operation()).change(made, { ...txt, value: "other", ttl: 900 });
    assert.deepEqual(records(), [`${txt.name} 900 TXT other`]);
    assert.equal(changed.outs.recordId, recordId);
    await (await operation()).remove(changed);
    assert.deepEqual(records(), []);
    await (await operation()).remove(changed);
    assert.deepEqual(writes(), ["AddDomainRecord", "UpdateDomainRecord", "DeleteDomainRecord", "DeleteDomainRecord"]);
    assert.equal(cloud.requests().at(-1)?.code, "DomainRecordNotBelongToUser");
  });

  it("adopts an identical record, and leaves it behind", async () => {
    for (const record of [txt, cname]) {
      seed({ ...record, ttl: 3600 });
      const before = records();
      const made = await (await operation()).add(record);
      assert.equal(made.outs.adopted, true);
      assert.equal((await (await operation()).change(made, record)).changes, false);
      const { props } = await (await operation()).refresh(made);
      assert.deepEqual(props, made.outs);
      await (await operation()).remove(made);
      assert.deepEqual(records(), before);
    }
    assert.deepEqual(writes(), []);
  });

  it("makes an adopted record its own by changing it", async () => {
    seed(txt);
    const made = await (await operation()).add(txt);
    const changed = await (await operation()).change(made, { ...txt, ttl: 900 });
    assert.equal(changed.outs.adopted, false);
    assert.deepEqual(records(), [`${txt.name} 900 TXT ${txt.value}`]);
    await (await operation()).remove(changed);
    assert.deepEqual(records(), []);
  });

  it("refuses a conflicting record, with both values", async () => {
    seed({ ...cname, value: "elsewhere.example.net" });
    const provider = await operation();
    await assert.rejects(provider.add(cname), (error: Error) => {
      assert.match(error.message, /site\.oss-cn-hangzhou\.aliyuncs\.com/);
      assert.match(error.message, /elsewhere\.example\.net/);
      return true;
    });
    await assert.rejects(provider.add({ ...txt, name: cname.name }), /elsewhere\.example\.net/);
    seed({ name: "a.example.com", type: "A", value: "192.0.2.1" });
    await assert.rejects(provider.add({ ...cname, name: "a.example.com" }), /A "192\.0\.2\.1"/);
    assert.deepEqual(writes(), []);
  });

  it("respects other TXT values at its name", async () => {
    seed({ ...txt, value: "theirs" });
    const made = await (await operation()).add(txt);
    assert.equal(records().length, 2);
    await assert.rejects((await operation()).change(made, { ...txt, value: "theirs" }), /already has TXT "theirs"/);
    await (await operation()).remove(made);
    assert.deepEqual(records(), [`${txt.name} 600 TXT theirs`]);
  });

  it("puts a record into the longest zone of the account, on a label boundary", async () => {
    const provider = await operation();
    const zoneOf = async (name: string, more = {}) => (await provider.add({ ...txt, name, ...more })).outs;
    assert.equal((await zoneOf("a.dev.example.com")).zone, "dev.example.com");
    assert.equal((await zoneOf("a.xdev.example.com")).zone, "example.com");
    assert.equal((await zoneOf("b.dev.example.com", { zone: "Example.com" })).rr, "b.dev");
    assert.equal((await zoneOf("dev.example.com")).rr, "@");
    await assert.rejects(zoneOf("www.example.org"), /No zone of this account .* holds www\.example\.org .*ample\.com/);
    // A zone that is made while the program runs.
    cloud.addZone("example.org");
    assert.equal((await zoneOf("www.example.org")).zone, "example.org");
    assert.equal(sent().filter((name) => name === "DescribeDomains").length, 3);
  });

  it("finds its record among hundreds of similar names", async () => {
    for (let i = 0; i < 520; i++) seed({ name: `x${i}.same.example.com`, type: "TXT", value: "mine" });
    seed({ name: "same.example.com", type: "TXT", value: "mine" });
    const { id, outs } = await (await operation()).add({ name: "same.example.com", type: "TXT", value: "mine" });
    assert.equal(outs.adopted, true);
    assert.equal(cloud.state().records.find((record) => record.name === "same.example.com")?.id, id);
    assert.equal(sent().filter((name) => name === "DescribeDomainRecords").length, 2);
  });

  describe("under another name in the program", () => {
    for (const record of [txt, cname]) {
      it(`survives a rename, --replace and taint (${record.type})`, async () => {
        let last = await (await operation()).add(record);
        for (const more of [{}, {}, { ttl: 900 }]) {
          const up = await operation();
          const next = await up.add({ ...record, ...more });
          await up.remove(last);
          assert.equal(next.id, last.id);
          assert.equal(records().length, 1);
          // The next `up`.
          assert.equal((await (await operation()).change(next, { ...record, ...more })).changes, false);
          last = next;
        }
        await (await operation()).remove(last);
        assert.deepEqual(records(), []);
        assert.deepEqual(writes().at(-1), "DeleteDomainRecord");
        assert.equal(writes().filter((name) => name === "DeleteDomainRecord").length, 1);
      });
    }

    it("finishes in the next up what a crash left between create and delete", async () => {
      const first = await (await operation()).add(txt);
      const second = await (await operation()).add(txt);
      const resumed = await operation();
      await resumed.change(second, txt);
      await resumed.remove(first);
      assert.equal(records().length, 1);
      await (await operation()).remove(second);
      assert.deepEqual(records(), []);
    });

    it("is known as its own after a refresh, and shows no drift", async () => {
      const first = await (await operation()).add(txt);
      const up = await operation();
      const second = await up.add(txt);
      await up.remove(first);
      const { id, props } = await (await operation()).refresh(second);
      assert.deepEqual(props, { ...second.outs, adopted: false });
      assert.deepEqual((await (await operation()).refresh({ id: id ?? "", outs: props })).props, props);
      assert.equal((await (await operation()).change({ id: id ?? "", outs: props }, txt)).changes, false);
      await (await operation()).remove({ id: id ?? "", outs: props });
      assert.deepEqual(records(), []);
    });

    it("stays somebody else's when it was adopted in the first place", async () => {
      seed(txt);
      const first = await (await operation()).add(txt);
      const up = await operation();
      const second = await up.add(txt);
      await up.remove(first);
      await (await operation()).remove(second);
      assert.deepEqual(records(), [`${txt.name} 600 TXT ${txt.value}`]);
      assert.deepEqual(writes(), []);
    });

    it("is deleted when it no longer has the value that is declared", async () => {
      const first = await (await operation()).add(txt);
      cloud.removeRecords(txt);
      const { id } = seed({ ...txt, value: "drifted" });
      const up = await operation();
      await up.add(txt);
      await up.remove({ id, outs: { ...first.outs, recordId: id } });
      assert.deepEqual(records(), [`${txt.name} 600 TXT ${txt.value}`]);
    });

    it("is deleted when the program declares it in another zone", async () => {
      const first = await (await operation()).add({ ...txt, name: "a.dev.example.com" });
      const up = await operation();
      const [news] = [{ ...txt, name: "a.dev.example.com", zone: "example.com" }];
      const { inputs } = await up.check({}, news);
      assert.deepEqual(await up.diff(first.id, first.outs, inputs), { changes: true, replaces: ["zone"] });
      const second = await up.add(news);
      await up.remove(first);
      assert.deepEqual(
        cloud.state().records.flatMap(({ id, type }) => (type === "TXT" ? [id] : [])),
        [second.id],
      );
    });
  });

  describe("out of band", () => {
    it("is gone at refresh when deleted", async () => {
      const made = await (await operation()).add(txt);
      cloud.removeRecords(txt);
      assert.deepEqual(await (await operation()).refresh(made), { id: "" });
      await (await operation()).remove(made);
    });

    it("shows another value at refresh, and is mended", async () => {
      const made = await (await operation()).add(txt);
      cloud.removeRecords(txt);
      const { id } = seed({ ...txt, value: "drifted", ttl: 3600 });
      const drifted = { id, outs: { ...made.outs, recordId: id } };
      const { props } = await (await operation()).refresh(drifted);
      assert.deepEqual(props, { ...drifted.outs, value: "drifted", ttl: 3600 });
      const mended = await (await operation()).change({ id, outs: props }, txt);
      assert.equal(mended.changes, true);
      assert.deepEqual(records(), [`${txt.name} 600 TXT ${txt.value}`]);
      assert.deepEqual(mended.outs, drifted.outs);
    });

    it("is not written by an update that finds it right", async () => {
      const made = await (await operation()).add(txt);
      cloud.removeRecords(txt);
      const { id } = seed({ ...txt, ttl: 900 });
      const before = writes().length;
      const { changes, outs } = await (await operation()).change(
        { id, outs: { ...made.outs, recordId: id } },
        { ...txt, ttl: 900 },
      );
      assert.deepEqual([changes, outs.ttl, outs.adopted, writes().length], [true, 900, false, before]);
    });

    it("is made anew by an update that finds it gone", async () => {
      const made = await (await operation()).add(txt);
      cloud.removeRecords(txt);
      const { outs } = await (await operation()).change(made, { ...txt, ttl: 900 });
      assert.deepEqual(records(), [`${txt.name} 900 TXT ${txt.value}`]);
      await (await operation()).remove({ id: made.id, outs });
      assert.deepEqual(records(), []);
    });
  });

  it("replaces on another name or type, and takes an unknown for a change only", async () => {
    const { id, outs } = await (await operation()).add(txt);
    const { diff, check } = await operation();
    const inputs = { ...txt, ttl: 600 };
    assert.deepEqual(await diff(id, outs, inputs), { changes: false, replaces: [] });
    assert.deepEqual(await diff(id, outs, { ...inputs, name: "x.example.com" }), { changes: true, replaces: ["name"] });
    assert.deepEqual(await diff(id, outs, { ...inputs, type: "CNAME" }), { changes: true, replaces: ["type"] });
    for (const field of ["name", "type", "value", "ttl", "zone"]) {
      const { inputs: checked, failures } = await check({}, { ...inputs, [field]: unknown });
      assert.deepEqual(failures, []);
      assert.equal(checked[field], unknown);
      assert.deepEqual(await diff(id, outs, checked), { changes: true, replaces: [] }, field);
    }
  });

  it("refuses bad arguments before any request, naming the property", async () => {
    const { check } = await operation();
    const property = async (news: object) => (await check({}, news)).failures?.map((failure) => failure.property);
    assert.deepEqual(await property({}), ["type", "name", "value"]);
    assert.deepEqual(await property({ ...txt, name: "a b.example.com" }), ["name"]);
    assert.deepEqual(await property({ ...txt, name: "a..example.com" }), ["name"]);
    assert.deepEqual(await property({ ...txt, type: "MX" }), ["type"]);
    assert.deepEqual(await property({ ...txt, value: "" }), ["value"]);
    assert.deepEqual(await property({ ...cname, value: "https://x" }), ["value"]);
    assert.deepEqual(await property({ ...cname, value: "WWW.example.com." }), ["value"]);
    assert.deepEqual(await property({ ...txt, ttl: 0 }), ["ttl"]);
    assert.deepEqual(await property({ ...txt, ttl: 1.5 }), ["ttl"]);
    assert.deepEqual(await property({ ...txt, zone: "ample.com" }), ["zone"]);
    assert.deepEqual(sent(), []);
  });

  it("gets an existing record, and fails on a missing one", async () => {
    const { id } = seed(txt);
    const { read } = await operation();
    const { props } = await read(id, { ...txt });
    assert.deepEqual(props, { ...txt, ttl: 600, zone: "example.com", rr: "_dnsauth.www", recordId: id, adopted: true });
    await assert.rejects(read("12345", { ...txt }), /no TXT record 12345 at _dnsauth\.www\.example\.com/);
  });

  describe("when the service refuses", () => {
    const fault = (fault: Fault) => cloud.fail(fault);

    it("repeats what passes away by itself", async () => {
      fault({ operation: "AddDomainRecord", status: 400, code: "LastOperationNotFinished", times: 2 });
      fault({ operation: "DescribeDomains", status: 400, code: "Throttling.User" });
      fault({ operation: "DescribeDomainRecords", status: 503, code: "ServiceUnavailable" });
      await (await operation()).add(txt);
      assert.equal(records().length, 1);
      assert.equal(slept.length, 4);
    });

    it("knows a record for its own whose reply was lost", async () => {
      fault({ operation: "AddDomainRecord", reset: true, after: true });
      const made = await (await operation()).add(txt);
      assert.equal(made.outs.adopted, false);
      assert.deepEqual(writes(), ["AddDomainRecord", "AddDomainRecord"]);
      await (await operation()).remove(made);
      assert.deepEqual(records(), []);
    });

    it("takes an update whose reply was lost for done", async () => {
      const made = await (await operation()).add(txt);
      fault({ operation: "UpdateDomainRecord", reset: true, after: true });
      const changed = await (await operation()).change(made, { ...txt, ttl: 900 });
      assert.deepEqual(records(), [`${txt.name} 900 TXT ${txt.value}`]);
      assert.equal(cloud.requests().at(-1)?.code, "DomainRecordDuplicate");
      assert.equal(changed.outs.ttl, 900);
      fault({ operation: "UpdateDomainRecord", status: 400, code: "DomainRecordDuplicate" });
      await assert.rejects((await operation()).change(changed, txt), /DomainRecordDuplicate/);
    });

    it("says what failed and what to do, and gives up at once", async () => {
      fault({ operation: "AddDomainRecord", status: 403, code: "Forbidden.RAM", message: "User not authorized" });
      await assert.rejects((await operation()).add(txt), (error: Error) => {
        const { requestId } = cloud.requests().at(-1) ?? {};
        assert.equal(
          error.message,
          `AddDomainRecord for TXT ${txt.name} "${txt.value}" failed: Forbidden.RAM (HTTP 403, request ${requestId}): ` +
            "User not authorized. Next: allow the action alidns:AddDomainRecord to the RAM user or role.",
        );
        return true;
      });
      assert.deepEqual(slept, []);
      await assert.rejects((await operation()).add({ ...txt, zone: "www.example.com" }), /InvalidDomainName\.NoExist/);
    });

    it("shows no secret when nobody answers or the key is wrong", async () => {
      const settings = { ...config(), "alicloud:secretKey": "wrong-secret" };
      await assert.rejects((await operation(settings)).add(txt), (error: Error) => {
        assert.match(error.message, /SignatureDoesNotMatch.*\n?.*access key/s);
        assert.doesNotMatch(JSON.stringify(error) + error.stack + String(error.cause), /wrong-secret/);
        return true;
      });
      const closed = await startCloud();
      await closed.close();
      const nobody = { ...config(), "oss-cname:alidnsEndpoint": closed.alidns, "alicloud:secretKey": "hidden" };
      await assert.rejects((await operation(nobody)).add(txt), (error: Error) => {
        assert.match(error.message, /DescribeDomains for the account's zones did not reach .*ECONNREFUSED/);
        assert.doesNotMatch(JSON.stringify(error) + error.stack, /hidden/);
        return true;
      });
      assert.equal(slept.length, 6);
    });
  });
});
