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

  beforeEach(async () => {
    zones = new Zones(["example.com"]);
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

  it("truncates a long answer on UDP, and sends it whole by EDNS and by TCP", async () => {
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

  it("answers several queries on one TCP connection, even in pieces", async () => {
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

  it("answers malformed queries with an error, and stays up", async () => {
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

  it("refuses names outside its zones", async () => {
    assert.equal((await ask("example.org", "A")).rcode, "REFUSED");
  });
});
