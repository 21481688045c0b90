import * as assert from "node:assert/strict";
import { type DnsRecord, Zones } from "../../../local/dns/zones";

describe("zones", () => {
  let zones: Zones;
  let now: Date;

  beforeEach(() => {
    now = new Date("2026-11-22T10:00:00Z");
    zones = new Zones(["example.com", "sub.example.com"], () => now);
  });

  const ask = (name: string, type: string) => zones.answer({ name, type });
  const types = (answers: readonly DnsRecord[] | undefined) => answers?.map(({ type }) => type);
  const data = ({ answers }: { readonly answers: readonly DnsRecord[] }) => answers.map(({ value }) => String(value));

  describe("answer without records, and with the SOA,", () => {
    beforeEach(() => {
      zones.add({ name: "a.b.example.com", type: "A", value: "192.0.2.1" });
    });
    for (const [what, name, rcode] of [
      ["for a name of another type", "a.b.example.com", "NOERROR"],
      ["for a name with only names below it", "b.example.com", "NOERROR"],
      ["for a name that does not exist", "c.example.com", "NXDOMAIN"],
      ["for the zone itself", "example.com", "NOERROR"],
    ] as const)
      it(what, () => {
        const reply = ask(name, "TXT");
        assert.deepEqual(
          [reply.rcode, reply.authoritative, reply.answers, types(reply.authorities)],
          [rcode, true, [], ["SOA"]],
        );
      });
  });

  describe("have of their own", () => {
    for (const zone of ["example.com", "sub.example.com"])
      it(`SOA, NS and addresses of name servers: ${zone}`, () => {
        assert.deepEqual(types(ask(zone, "SOA").answers), ["SOA"]);
        assert.deepEqual(data(ask(zone, "NS")), [`ns1.${zone}`, `ns2.${zone}`]);
        assert.deepEqual(data(ask(`ns1.${zone}`, "A")), ["127.0.0.1"]);
      });

    it("no name servers once others are set", () => {
      zones.add({ name: "example.com", type: "NS", value: "ns.other.test" });
      assert.deepEqual(data(ask("example.com", "NS")), ["ns.other.test"]);
    });
  });

  for (const name of ["example.org", "notexample.com", "com"])
    it(`refuse ${name}`, () => assert.equal(ask(name, "A").rcode, "REFUSED"));

  describe("with a CNAME", () => {
    it("are followed into another zone", () => {
      zones.add({ name: "a.example.com", type: "CNAME", value: "b.sub.example.com" });
      zones.add({ name: "b.sub.example.com", type: "TXT", value: "here" });
      const reply = ask("a.example.com", "TXT");
      assert.deepEqual([types(reply.answers), data(reply)[1]], [["CNAME", "TXT"], "here"]);
    });

    it("return it alone where it is asked for", () => {
      zones.add({ name: "a.example.com", type: "CNAME", value: "b.sub.example.com" });
      assert.deepEqual(types(ask("a.example.com", "CNAME").answers), ["CNAME"]);
    });

    it("return it alone where it leads to other servers", () => {
      zones.add({ name: "out.example.com", type: "CNAME", value: "example.org" });
      assert.deepEqual(types(ask("out.example.com", "TXT").answers), ["CNAME"]);
    });

    it("give up on a loop", () => {
      zones.add({ name: "loop.example.com", type: "CNAME", value: "loop.example.com" });
      assert.equal(ask("loop.example.com", "TXT").rcode, "NOERROR");
    });
  });

  it("refer to the servers of a delegated name", () => {
    zones.add({ name: "far.example.com", type: "NS", value: "ns.far.example.com" });
    zones.add({ name: "ns.far.example.com", type: "A", value: "192.0.2.7" });
    zones.add({ name: "www.far.example.com", type: "TXT", value: "not served" });
    const reply = ask("www.far.example.com", "TXT");
    assert.deepEqual(
      [reply.authoritative, reply.answers, types(reply.authorities), types(reply.additionals)],
      [false, [], ["NS"], ["A"]],
    );
  });

  it("do not serve a record that was written into the zone above", () => {
    zones.add({ name: "x.sub.example.com", type: "TXT", value: "hidden", zone: "example.com" });
    assert.equal(ask("x.sub.example.com", "TXT").rcode, "NXDOMAIN");
  });

  it("serve a delayed record from its time on", () => {
    zones.add({ name: "a.example.com", type: "TXT", value: "v", delayMs: 300_000 });
    assert.equal(ask("a.example.com", "TXT").rcode, "NXDOMAIN");
    now = new Date("2026-11-22T10:05:00Z");
    assert.deepEqual(data(ask("a.example.com", "TXT")), ["v"]);
  });

  it("serve a delayed record after so many queries for its type", () => {
    zones.add({ name: "b.example.com", type: "TXT", value: "v", afterQueries: 2 });
    ask("b.example.com", "A");
    const replies = [1, 2, 3].map(() => data(ask("b.example.com", "TXT")));
    assert.deepEqual(replies, [[], [], ["v"]]);
  });

  describe("do not take", () => {
    const record = { name: "www.example.com" };
    it("an address of the wrong family", () =>
      assert.throws(() => zones.add({ ...record, type: "A", value: "::1" }), /"::1" is not a valid value/));
    it("an empty value", () =>
      assert.throws(() => zones.add({ ...record, type: "TXT", value: "" }), /not a valid value/));
    for (const type of ["SRV", "MX"])
      it(`the type ${type}`, () => assert.throws(() => zones.add({ ...record, type, value: "x" }), RegExp(type)));
    it("a name of another zone", () =>
      assert.throws(() => zones.add({ name: "www.example.org", type: "A", value: "192.0.2.1" }), /none of the zones/));
  });
});
