import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_DESIRED,
  type RecordType,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import type { DnsRecord, Zones } from "./zones";

export interface DnsServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };
const EDNS = { udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] };
const OPT: Answer = { type: "OPT", name: ".", ...EDNS };

/** Serves the zones with authority on loopback, on the same port for UDP and TCP; a free one unless given. */
export async function startDnsServer(zones: Zones, port = 0): Promise<DnsServer> {
  // The free UDP port that the system picks may be taken for TCP.
  for (let attempt = 1; ; attempt++) {
    try {
      return await listen(zones, port);
    } catch (error) {
      if (port !== 0 || attempt === 10) throw error;
    }
  }
}

async function listen(zones: Zones, requestedPort: number): Promise<DnsServer> {
  const udp = createSocket("udp4");
  udp.bind(requestedPort, HOST);
  await once(udp, "listening");
  const { port } = udp.address();
  udp.on("message", (message, peer) => {
    const reply = answer(zones, message, "udp");
    if (reply) udp.send(reply, peer.port, peer.address);
  });
  udp.on("error", () => {}); // A reply that cannot be sent is a lost packet.

  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let size = messageSize(pending); size !== undefined; size = messageSize(pending)) {
        const reply = answer(zones, pending.subarray(2, 2 + size), "tcp");
        pending = pending.subarray(2 + size);
        if (!reply) return socket.destroy();
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
      }
    });
  });
  try {
    tcp.listen(port, HOST);
    await once(tcp, "listening");
  } catch (error) {
    udp.close();
    throw error;
  }

  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([
      new Promise<void>((done) => udp.close(done)),
      new Promise<void>((done) => tcp.close(() => done())),
    ]);
  };
  return { host: HOST, port, close };
}

/** Returns the size of the next complete message. On TCP its length precedes each message, in two bytes. */
function messageSize(stream: Buffer): number | undefined {
  if (stream.length < 2) return undefined;
  const size = stream.readUInt16BE(0);
  return stream.length >= 2 + size ? size : undefined;
}

function answer(zones: Zones, message: Buffer, transport: "udp" | "tcp"): Buffer | undefined {
  if (message.length < 12) return undefined;
  const isResponse = message.readUInt8(2) >= 0x80;
  if (isResponse) return undefined;
  const id = message.readUInt16BE(0);
  let query: Packet;
  try {
    query = decode(message);
  } catch {
    return encodeReply({ id }, RCODE.FORMERR);
  }
  try {
    return answerQuery(zones, query, (message.readUInt8(2) >> 3) & 0xf, transport);
  } catch {
    return encodeReply({ id }, RCODE.SERVFAIL); // The packet library reads names and types that it cannot write.
  }
}

function answerQuery(zones: Zones, query: Packet, opcode: number, transport: "udp" | "tcp"): Buffer {
  const [question, ...more] = query.questions ?? [];
  if (opcode !== 0) return encodeReply(query, RCODE.NOTIMP);
  if (!question || more.length > 0) return encodeReply(query, RCODE.FORMERR);

  const opt = query.additionals?.find(({ type }) => type === "OPT");
  const edns = opt ? [OPT] : [];
  const { rcode, authoritative, ...reply } = zones.answer(question);
  const answers = reply.answers.map(toAnswer);
  const authorities = reply.authorities?.map(toAnswer) ?? [];
  const additionals = reply.additionals?.map(toAnswer) ?? [];
  const code = RCODE[rcode];
  const flags = authoritative ? AUTHORITATIVE_ANSWER : 0;
  const whole = encodeReply({ ...query, answers, authorities, additionals: [...additionals, ...edns] }, code, flags);
  const limit = transport === "tcp" ? 65_535 : Math.max(512, opt?.type === "OPT" ? opt.udpPayloadSize : 0);
  if (whole.length <= limit) return whole;
  const truncated = { ...query, answers: [], authorities: [], additionals: edns };
  return encodeReply(truncated, code, flags | TRUNCATED_RESPONSE);
}

function encodeReply(packet: Packet, rcode: number, flags = 0): Buffer {
  const recursion = (packet.flags ?? 0) & RECURSION_DESIRED;
  return encode({ ...packet, type: "response", flags: flags | recursion | rcode });
}

function toAnswer({ name, type, value, ttl }: DnsRecord): Answer {
  const owner = { name, ttl, class: "IN" as const };
  switch (type) {
    case "TXT":
      return { ...owner, type: "TXT", data: [value].flat().flatMap(strings) };
    case "SOA": {
      const timers = { serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: ttl };
      return { ...owner, type: "SOA", data: { mname: String(value), rname: `hostmaster.${name}`, ...timers } };
    }
    default:
      return { ...owner, type: type as Exclude<RecordType, "OPT">, data: String(value) } as Answer;
  }
}

/** Splits a text into strings of at most 255 bytes, the limit of the wire format. */
function strings(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) pieces.push(bytes.subarray(at, at + 255));
  return pieces;
}
