import * as assert from "node:assert/strict";
import { ALIDNS_OPERATIONS } from "../../../local/alidns/operations";
import type { Refusal } from "../../../local/refusal";
import { World } from "../../../local/world";

type Reply = { [name: string]: unknown };

const txt = { DomainName: "example.com", RR: "_dnsauth.www", Type: "TXT", Value: "token one+two" };

describe("Alidns operations", () => {
  let world: World;
  beforeEach(() => {
    world = new World({ zones: ["example.com", "sub.example.com"] });
  });

  const send = (action: string, parameters: Record<string, string>) =>
    ALIDNS_OPERATIONS[action]?.(world, parameters) as Reply;
  const codeOf = (action: string, parameters: Record<string, string>) => {
    try {
      return void send(action, parameters);
    } catch (error) {
      return (error as Refusal).code;
    }
  };
  const recordsOf = (reply: Reply) => (reply.DomainRecords as { Record: Record<string, string>[] }).Record;
  const served = (name: string) => world.zones.answer({ name, type: "TXT" }).answers.map(({ value }) => String(value));

  describe("refuse", () => {
    beforeEach(() => {
      world.zones.add({ name: "_dnsauth.www.example.com", type: "TXT", value: txt.Value });
    });
    const cases: readonly [what: string, action: string, parameters: Record<string, string>, code: string][] = [
      ["a record that exists", "AddDomainRecord", txt, "DomainRecordDuplicate"],
      [
        "a CNAME beside it",
        "AddDomainRecord",
        { ...txt, Type: "CNAME", Value: "a.example.org" },
        "DomainRecordConflict",
      ],
      ["another account's zone", "AddDomainRecord", { ...txt, DomainName: "example.org" }, "InvalidDomainName.NoExist"],
      [
        "a name below a zone",
        "AddDomainRecord",
        { ...txt, DomainName: "www.example.com" },
        "InvalidDomainName.NoExist",
      ],
      ["an empty value", "AddDomainRecord", { ...txt, Value: "" }, "MissingValue"],
      ["a text as an address", "AddDomainRecord", { ...txt, Type: "A" }, "InvalidParameter"],
      ["a TTL of 0", "AddDomainRecord", { ...txt, Value: "other", TTL: "0" }, "InvalidTTL"],
      ["a blank in RR", "AddDomainRecord", { ...txt, RR: "a b" }, "InvalidRR.Format"],
      [
        "an update of an unknown record",
        "UpdateDomainRecord",
        { ...txt, RecordId: "1" },
        "DomainRecordNotBelongToUser",
      ],
      ["a removal of an unknown record", "DeleteDomainRecord", { RecordId: "1" }, "DomainRecordNotBelongToUser"],
      ["an unknown zone", "DescribeSubDomainRecords", { SubDomain: "www.example.org" }, "InvalidDomainName.NoExist"],
      ["a page too large", "DescribeDomains", { PageSize: "101" }, "InvalidPageSize"],
    ];
    for (const [what, action, parameters, code] of cases)
      it(`${what}, in ${action}`, () => {
        assert.equal(codeOf(action, parameters), code);
        assert.equal(world.zones.records.length, 1);
      });

    it("an update that changes nothing", () => {
      const RecordId = String(world.zones.records[0]?.id);
      assert.equal(codeOf("UpdateDomainRecord", { ...txt, RecordId }), "DomainRecordDuplicate");
    });
  });

  describe("let a CNAME record at the top of a zone", () => {
    const top = { ...txt, RR: "@" };
    const cname = { ...top, Type: "CNAME", Value: "a.example.org" };
    const cases: readonly [type: string, value: string, code: string | undefined][] = [
      ["TXT", "x", undefined],
      ["NS", "ns1.example.com", undefined],
      ["A", "192.0.2.1", "DomainRecordConflict"],
      ["AAAA", "2001:db8::1", "DomainRecordConflict"],
      ["CNAME", "b.example.org", "DomainRecordConflict"],
    ];
    for (const [Type, Value, code] of cases)
      it(`${code ? "not " : ""}be beside ${Type}`, () => {
        send("AddDomainRecord", { ...top, Type, Value });
        assert.equal(codeOf("AddDomainRecord", cname), code);
      });
  });

  it("update the TTL alone", () => {
    const { RecordId } = send("AddDomainRecord", txt);
    send("UpdateDomainRecord", { ...txt, RecordId: String(RecordId), TTL: "60" });
    assert.equal(world.zones.records[0]?.ttl, 60);
  });

  it("tell when a record was changed last", () => {
    const { RecordId } = send("AddDomainRecord", txt);
    const changedAt = () => recordsOf(send("DescribeDomainRecords", { DomainName: "example.com" }))[0]?.UpdateTimestamp;
    const before = Number(changedAt());
    assert.ok(before > 0);
    send("UpdateDomainRecord", { ...txt, RecordId: String(RecordId), TTL: "60" });
    assert.ok(Number(changedAt()) > before);
  });

  describe("describe records", () => {
    beforeEach(() => {
      for (let count = 0; count < 25; count++) send("AddDomainRecord", { ...txt, RR: `h${count}`, Value: `v${count}` });
      send("AddDomainRecord", { ...txt, RR: "@", Type: "A", Value: "192.0.2.1" });
    });
    const find = (query: Record<string, string>) => {
      const reply = send("DescribeDomainRecords", { DomainName: "example.com", ...query });
      return [reply.TotalCount, recordsOf(reply).map(({ RR }) => RR)] as const;
    };

    it("20 to a page", () => {
      const [total, first] = find({});
      assert.deepEqual([total, first.length], [26, 20]);
      assert.deepEqual(find({ PageNumber: "2" }), [26, ["h20", "h21", "h22", "h23", "h24", "@"]]);
    });
    it("by type", () => assert.deepEqual(find({ Type: "A" }), [1, ["@"]]));
    it("by a part of the RR", () => assert.deepEqual(find({ RRKeyWord: "h24" }), [1, ["h24"]]));
    it("by the exact RR", () => assert.deepEqual(find({ KeyWord: "h2", SearchMode: "EXACT" }), [1, ["h2"]]));
    it("by a part of the value", () => assert.deepEqual(find({ ValueKeyWord: "v11" }), [1, ["h11"]]));
  });

  it("find domains by a part of their name", () => {
    const { Domains } = send("DescribeDomains", { KeyWord: "sub" });
    assert.deepEqual(
      (Domains as { Domain: Reply[] }).Domain.map(({ DomainName }) => DomainName),
      ["sub.example.com"],
    );
  });

  describe("keep a sub-zone apart", () => {
    beforeEach(() => {
      send("AddDomainRecord", { ...txt, RR: "_dnsauth.sub", Value: "wrong zone" });
    });
    const values = (query: Record<string, string> = {}) =>
      recordsOf(send("DescribeSubDomainRecords", { SubDomain: "_dnsauth.sub.example.com", ...query })).map(
        ({ Value }) => Value,
      );

    it("by serving nothing of it from the zone above", () => {
      assert.deepEqual(served("_dnsauth.sub.example.com"), []);
      send("AddDomainRecord", { ...txt, DomainName: "sub.example.com", RR: "_dnsauth", Value: "right zone" });
      assert.deepEqual(served("_dnsauth.sub.example.com"), ["right zone"]);
    });

    it("by looking into it only when it is named", () => {
      send("AddDomainRecord", { ...txt, DomainName: "sub.example.com", RR: "_dnsauth", Value: "right zone" });
      assert.deepEqual(values(), ["wrong zone"]);
      assert.deepEqual(values({ DomainName: "sub.example.com" }), ["right zone"]);
    });
  });

  it("delay a new record as the switch says", () => {
    world.set({ dnsDelayQueries: 1 });
    send("AddDomainRecord", txt);
    assert.deepEqual(served("_dnsauth.www.example.com"), []);
    assert.deepEqual(served("_dnsauth.www.example.com"), ["token one+two"]);
  });
});
