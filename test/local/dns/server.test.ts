import * as assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { type Answer, type DecodedPacket, decode, encode, type RecordType, streamEncode } from "dns-packet";
import { type DnsServer, startDnsServer } from "../../../local/dns/server";
import { Zones } from "../../../local/dns/zones";

describe("DNS server", () => {
  let zones: Zones;
  let server: DnsServer;
  let now: Date;

  beforeEach(async () => {
    now = new Date("2026-11-22T10:00:00Z");
    zones = new Zones(["example.com", "sub.example.com"], () => now);
    server = await startDnsServer(zones);
  });
  afterEach(() => server.close());

  const query = (name: string, type: string, additionals: Answer[] = []) => ({
    type: "query" as const,
    id: 4711,
    questions: [{ name, type: type as RecordType }],
    additionals,
  });

  async function exchange(message: Buffer): Promise<Buffer> {
    const socket = createSocket("udp4");
    try {
      socket.send(message, server.port, server.host);
      const [reply] = await once(socket, "message");
      return reply;
    } finally {
      socket.close();
    }
  }

  const ask = async (name: string, type: string, additionals?: Answer[]): Promise<DecodedPacket & { rcode?: string }> =>
    decode(await exchange(encode(query(name, type, additionals))));

  const texts = (packet: DecodedPacket) =>
    packet.answers?.flatMap((each) =>
      each.type === "TXT" ? [Buffer.concat([each.data].flat() as Buffer[]).toString()] : [],
    );

  const types = (answers: Answer[] | undefined) => answers?.map(({ type }) => type);

  it("answers with authority", async () => {
    zones.add({ name: "WWW.example.com.", type: "TXT", value: "one", ttl: 60 });
    zones.add({ name: "www.example.com", type: "TXT", value: "two", ttl: 60 });
    const reply = await ask("www.EXAMPLE.com", "TXT");
    assert.deepEqual([reply.id, reply.rcode, reply.flag_aa, reply.flag_tc], [4711, "NOERROR", true, false]);
    assert.deepEqual(texts(reply), ["one", "two"]);
  });

  it("tells no such name from no such type, with the SOA", async () => {
    zones.add({ name: "a.b.example.com", type: "A", value: "192.0.2.1", ttl: 60 });
    for (const [name, rcode] of [
      ["a.b.example.com", "NOERROR"],
      ["b.example.com", "NOERROR"],
      ["c.example.com", "NXDOMAIN"],
      ["example.com", "NOERROR"],
    ] as const) {
      const reply = await ask(name, "TXT");
      assert.deepEqual(
        [reply.rcode, reply.flag_aa, types(reply.answers), types(reply.authorities)],
        [rcode, true, [], ["SOA"]],
        name,
      );
    }
  });

  it("serves SOA, NS and the name servers' addresses of every zone", async () => {
    for (const zone of ["example.com", "sub.example.com"]) {
      assert.deepEqual(types((await ask(zone, "SOA")).answers), ["SOA"]);
      const servers = (await ask(zone, "NS")).answers?.map((each) => (each.type === "NS" ? each.data : ""));
      assert.deepEqual(servers, [`ns1.${zone}`, `ns2.${zone}`]);
      const [address] = (await ask(`ns1.${zone}`, "A")).answers ?? [];
      assert.equal(address?.type === "A" && address.data, "127.0.0.1");
    }
    zones.add({ name: "example.com", type: "NS", value: "ns.other.test", ttl: 60 });
    assert.equal((await ask("example.com", "NS")).answers?.length, 1);
  });

  it("refuses what it does not serve", async () => {
    for (const name of ["example.org", "notexample.com", "com"]) assert.equal((await ask(name, "A")).rcode, "REFUSED");
  });

  it("follows a CNAME, across its own zones, and out of them not", async () => {
    zones.add({ name: "a.example.com", type: "CNAME", value: "b.sub.example.com", ttl: 60 });
    zones.add({ name: "b.sub.example.com", type: "TXT", value: "here", ttl: 60 });
    zones.add({ name: "out.example.com", type: "CNAME", value: "example.org", ttl: 60 });
    zones.add({ name: "loop.example.com", type: "CNAME", value: "loop.example.com", ttl: 60 });
    const reply = await ask("a.example.com", "TXT");
    assert.deepEqual([types(reply.answers), texts(reply)], [["CNAME", "TXT"], ["here"]]);
    assert.deepEqual(types((await ask("out.example.com", "TXT")).answers), ["CNAME"]);
    assert.equal((await ask("loop.example.com", "TXT")).rcode, "NOERROR");
    assert.deepEqual(types((await ask("a.example.com", "CNAME")).answers), ["CNAME"]);
  });

  it("refers to the servers of a delegated zone", async () => {
    zones.add({ name: "far.example.com", type: "NS", value: "ns.far.example.com", ttl: 60 });
    zones.add({ name: "ns.far.example.com", type: "A", value: "192.0.2.7", ttl: 60 });
    zones.add({ name: "www.far.example.com", type: "TXT", value: "not served", ttl: 60 });
    const reply = await ask("www.far.example.com", "TXT");
    assert.deepEqual(
      [reply.flag_aa, reply.answers, types(reply.authorities), types(reply.additionals)],
      [false, [], ["NS"], ["A"]],
    );
  });

  it("does not serve what was written into the zone above", async () => {
    zones.add({ name: "x.sub.example.com", type: "TXT", value: "hidden", ttl: 60, zone: "example.com" });
    assert.equal((await ask("x.sub.example.com", "TXT")).rcode, "NXDOMAIN");
  });

  it("shows a late record late: by clock, by count", async () => {
    zones.add({ name: "a.example.com", type: "TXT", value: "v", ttl: 60, delayMs: 300_000 });
    assert.equal((await ask("a.example.com", "TXT")).rcode, "NXDOMAIN");
    now = new Date("2026-11-22T10:05:00Z");
    assert.deepEqual(texts(await ask("a.example.com", "TXT")), ["v"]);
    zones.add({ name: "b.example.com", type: "TXT", value: "v", ttl: 60, afterQueries: 2 });
    await ask("b.example.com", "A");
    const seen = [
      await ask("b.example.com", "TXT"),
      await ask("b.example.com", "TXT"),
      await ask("b.example.com", "TXT"),
    ];
    assert.deepEqual(seen.map(texts), [[], [], ["v"]]);
  });

  it("cuts what is too long for UDP, and sends it by TCP", async () => {
    const value = "x".repeat(1000);
    zones.add({ name: "long.example.com", type: "TXT", value, ttl: 60 });
    const cut = await ask("long.example.com", "TXT");
    assert.deepEqual([cut.flag_tc, cut.answers], [true, []]);
    const edns = [{ type: "OPT", name: ".", udpPayloadSize: 4096, flags: 0, options: [] } as unknown as Answer];
    const whole = await ask("long.example.com", "TXT", edns);
    assert.deepEqual([whole.flag_tc, texts(whole), types(whole.additionals)], [false, [value], ["OPT"]]);
    const resolver = new Resolver();
    resolver.setServers([`${server.host}:${server.port}`]);
    assert.deepEqual(
      (await resolver.resolveTxt("long.example.com")).map((strings) => strings.join("")),
      [value],
    );
  });

  it("takes several queries on one TCP connection, in pieces too", async () => {
    zones.add({ name: "a.example.com", type: "A", value: "192.0.2.1", ttl: 60 });
    const message = streamEncode(query("a.example.com", "A"));
    const socket = connect(server.port, server.host);
    const expected = 2 * (2 + (await exchange(message.subarray(2))).length);
    let received = 0;
    socket.write(Buffer.concat([message, message.subarray(0, 5)]), () => socket.write(message.subarray(5)));
    for await (const chunk of socket) {
      received += chunk.length;
      if (received >= expected) break;
    }
    assert.equal(received, expected);
  });

  it("survives what is no query", async () => {
    const header = (flags: number, questions: number) =>
      Buffer.from([0x12, 0x67, flags, 0, 0, questions, 0, 0, 0, 0, 0, 0]);
    const rcode = async (message: Buffer) => (await exchange(message)).readUInt8(3) & 0xf;
    assert.equal(await rcode(header(0, 1)), 1);
    assert.equal(await rcode(header(0, 0)), 1);
    assert.equal(await rcode(header(0x20, 0)), 4);
    assert.equal(await rcode(encode(query("example.com", "UNKNOWN_65"))), 0);
    const socket = createSocket("udp4");
    for (const bytes of ["", "x", "not a query at all"]) socket.send(bytes, server.port, server.host);
    socket.send(header(0x80, 1), server.port, server.host);
    assert.equal((await ask("example.com", "SOA")).rcode, "NOERROR");
    socket.close();
  });

  it("refuses records that cannot be served", () => {
    const record = { name: "www.example.com", ttl: 60 };
    assert.throws(() => zones.add({ ...record, type: "A", value: "::1" }), /"::1" is not a valid value/);
    assert.throws(() => zones.add({ ...record, type: "TXT", value: "" }), /not a valid value/);
    assert.throws(() => zones.add({ ...record, type: "SRV", value: "x" }), /type SRV/);
    assert.throws(
      () => zones.add({ ...record, name: "www.example.org", type: "A", value: "192.0.2.1" }),
      /none of the zones/,
    );
  });
});
