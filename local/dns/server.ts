import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet, RECURSION_DESIRED, TRUNCATED_RESPONSE } from "dns-packet";
import type { Zones } from "./zones";

export interface DnsServerOptions {
  /** 127.0.0.1 when left out. */
  readonly host?: string | undefined;
  /** The same for UDP and TCP; a free one when left out. */
  readonly port?: number | undefined;
}

export interface DnsServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const Rcode = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

/** Serves the zones with authority over UDP and TCP. */
export async function startDnsServer(zones: Zones, options: DnsServerOptions = {}): Promise<DnsServer> {
  const { host = "127.0.0.1", port = 0 } = options;
  // The system picks a free UDP port; now and then its TCP twin is taken.
  for (let tries = 1; ; tries++) {
    try {
      return await listen(zones, host, port);
    } catch (error) {
      if (port !== 0 || tries === 10) throw error;
    }
  }
}

async function listen(zones: Zones, host: string, wanted: number): Promise<DnsServer> {
  const udp = createSocket(host.includes(":") ? "udp6" : "udp4");
  udp.bind(wanted, host);
  await once(udp, "listening");
  const { port } = udp.address();
  udp.on("message", (message, peer) => {
    const reply = answer(zones, message, "udp");
    if (reply) udp.send(reply, peer.port, peer.address);
  });
  udp.on("error", () => {}); // A reply that could not be sent is a lost packet.

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
    tcp.listen(port, host);
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
  return { host, port, close };
}

/** Size of the next whole message on a TCP stream, which puts two bytes of length before each. */
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
    return encodeReply({ id }, Rcode.FORMERR);
  }
  try {
    return answerQuery(zones, query, (message.readUInt8(2) >> 3) & 0xf, transport);
  } catch {
    return encodeReply({ id }, Rcode.SERVFAIL); // A name or type that the wire library reads but does not write.
  }
}

function answerQuery(zones: Zones, query: Packet, opcode: number, transport: "udp" | "tcp"): Buffer {
  const [question, ...more] = query.questions ?? [];
  if (opcode !== 0) return encodeReply(query, Rcode.NOTIMP);
  if (!question || more.length > 0) return encodeReply(query, Rcode.FORMERR);

  const opt = query.additionals?.find((each) => each.type === "OPT");
  const edns: Packet["additionals"] = opt
    ? [
        {
          type: "OPT",
          name: ".",
          udpPayloadSize: 1232,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ]
    : [];
  const { rcode, authoritative, answers, authorities, additionals } = zones.answer(question);
  const code = Rcode[rcode];
  const flags = authoritative ? AUTHORITATIVE_ANSWER : 0;
  const sections = { answers: [...answers], authorities: [...authorities], additionals: [...additionals, ...edns] };
  const whole = encodeReply({ ...query, ...sections }, code, flags);
  const limit = transport === "tcp" ? 65_535 : Math.max(512, opt?.type === "OPT" ? opt.udpPayloadSize : 0);
  if (whole.length <= limit) return whole;
  const empty = { answers: [], authorities: [], additionals: edns };
  return encodeReply({ ...query, ...empty }, code, flags | TRUNCATED_RESPONSE);
}

function encodeReply(packet: Packet, rcode: number, flags = 0): Buffer {
  const asked = (packet.flags ?? 0) & RECURSION_DESIRED;
  return encode({ ...packet, type: "response", flags: flags | asked | rcode });
}
