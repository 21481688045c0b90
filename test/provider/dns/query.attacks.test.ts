import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { AUTHORITATIVE_ANSWER, encode, type Packet, type Question, TRUNCATED_RESPONSE } from "dns-packet";
import { query } from "../../../provider/dns/query";
import { type DnsServer, type Script, startDnsServer, truncatedOverUdp } from "../../support/dnsServer";

const name = "_dnsauth.www.example.com";
const TIMEOUT_MS = 40;

/** A reply to the question, but for what is given. */
function reply(question: Question, { id = 0 }: Packet, but: Partial<Packet> = {}): Buffer {
  const answers = [{ type: "TXT", name, data: "forged" } as const];
  return encode({ type: "response", id, flags: AUTHORITATIVE_ANSWER, questions: [question], answers, ...but });
}

/** The bytes after the question of a good reply, in place of its answers. */
function withAnswerBytes(question: Question, packet: Packet, count: number, bytes: readonly number[]): Buffer {
  const message = reply(question, packet, { answers: [] });
  message.writeUInt16BE(count, 6);
  return Buffer.concat([message, Buffer.from(bytes)]);
}

const TXT_IN = [0, 16, 0, 1, 0, 0, 0, 60];
const SELF = 12 + name.length + 2 + 4;

describe("a forged or broken DNS message", () => {
  let server: DnsServer;
  afterEach(() => server.close());
  const ask = async (script: Script) => {
    server = await startDnsServer(script);
    return query(server.endpoint, { name, type: "TXT" }, TIMEOUT_MS);
  };

  const overUdp: Readonly<Record<string, (question: Question, packet: Packet) => Buffer>> = {
    "of another transaction": (question, packet) => reply(question, packet, { id: ((packet.id ?? 0) + 1) & 0xffff }),
    "for another name": (question, packet) => reply({ ...question, name: "www.example.com" }, packet),
    "for a name below": (question, packet) => reply({ ...question, name: `x.${name}` }, packet),
    "for another type": (question, packet) => reply({ ...question, type: "CNAME" }, packet),
    "for another class": (question, packet) => reply({ ...question, class: "CH" }, packet),
    "without a question": (question, packet) => reply(question, packet, { questions: [] }),
    "with two questions": (question, packet) => reply(question, packet, { questions: [question, question] }),
    "that is a question itself": (question, packet) => reply(question, packet, { type: "query" }),
    "of another operation": (question, packet) => reply(question, packet, { flags: AUTHORITATIVE_ANSWER | (5 << 11) }),
    "of no bytes": () => Buffer.alloc(0),
    "of a header alone": (question, packet) => reply(question, packet).subarray(0, 12),
    "cut in its answer": (question, packet) => reply(question, packet).subarray(0, -3),
    "with a name that points to itself": (question, packet) =>
      withAnswerBytes(question, packet, 1, [0xc0, SELF, ...TXT_IN, 0, 2, 1, 97]),
    "with a name that points ahead": (question, packet) =>
      withAnswerBytes(question, packet, 1, [0xff, 0xff, ...TXT_IN, 0, 2, 1, 97]),
    "with a label that is too long": (question, packet) =>
      withAnswerBytes(question, packet, 1, [0x7f, ...Buffer.alloc(127, 97), 0, ...TXT_IN, 0, 2, 1, 97]),
    "with data beyond its end": (question, packet) =>
      withAnswerBytes(question, packet, 1, [0xc0, 12, ...TXT_IN, 0xff, 0xff, 1, 97]),
    "with a count of 65535": (question, packet) =>
      withAnswerBytes(question, packet, 0xffff, [0xc0, 12, ...TXT_IN, 0, 2, 1, 97]),
    "that was cut for another transaction": (question, packet) =>
      reply(question, packet, { id: ((packet.id ?? 0) + 1) & 0xffff, flags: TRUNCATED_RESPONSE }),
  };
  for (const [what, forge] of Object.entries(overUdp))
    it(`is not a reply by UDP: ${what}`, async () => {
      const attack: Script = (question, _via, packet) => forge(question, packet);
      await assert.rejects(ask(attack), { message: `no reply within ${TIMEOUT_MS} ms` });
      assert.ok(!server.asked.some((line) => line.startsWith("tcp")), "it does not ask by TCP");
    });
  for (const [what, forge] of Object.entries(overUdp))
    it(`is not a reply by TCP: ${what}`, async () => {
      const attack: Script = (question, via, packet) =>
        via === "tcp" ? forge(question, packet) : truncatedOverUdp(() => ({ flags: 0 }))(question, via, packet);
      await assert.rejects(ask(attack), /^Error: reply too long for UDP, and by TCP: /);
    });

  it("does not keep the good one after it from being read", async () => {
    server = await startDnsServer(() => "silent");
    const flood = createSocket("udp4");
    await new Promise<void>((resolve) => flood.bind(0, "127.0.0.1", resolve));
    flood.on("message", (message, { port }) => {
      const packet = { id: message.readUInt16BE(0) };
      const question = { type: "TXT", name } as const;
      for (const forge of Object.values(overUdp)) flood.send(forge(question, packet), port, "127.0.0.1");
      flood.send(reply(question, packet, { answers: [{ type: "TXT", name, data: "good" }] }), port, "127.0.0.1");
    });
    try {
      const endpoint = { address: "127.0.0.1", port: flood.address().port };
      const { answers } = await query(endpoint, { name, type: "TXT" }, 2000);
      assert.equal(String((answers?.[0] as { data?: unknown } | undefined)?.data), "good");
    } finally {
      flood.close();
    }
  });

  it("has ids and ports to guess that are random", async () => {
    const seen: { readonly id: number; readonly port: number }[] = [];
    server = await startDnsServer(() => "silent");
    const listening = createSocket("udp4");
    await new Promise<void>((resolve) => listening.bind(0, "127.0.0.1", resolve));
    listening.on("message", (message, { port }) => {
      const id = message.readUInt16BE(0);
      seen.push({ id, port });
      listening.send(reply({ type: "TXT", name }, { id }), port, "127.0.0.1");
    });
    const { port } = listening.address();
    try {
      for (let count = 0; count < 100; count++)
        await query({ address: "127.0.0.1", port }, { name, type: "TXT" }, 2000);
    } finally {
      listening.close();
    }
    for (const what of ["id", "port"] as const) {
      const values = seen.map((question) => question[what]);
      const steps = values.slice(1).map((value, index) => value - (values[index] ?? 0));
      assert.ok(new Set(values).size > 90, `${new Set(values).size} different values of ${what} in 100`);
      assert.ok(new Set(steps).size > 90, `${what} goes by steps: ${steps.slice(0, 5)}`);
    }
  });
});
