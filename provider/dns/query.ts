import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { DecodedPacket, RecordType } from "dns-packet";
import { decode, encode, RECURSION_DESIRED } from "dns-packet";
import { foldName } from "../names";
import type { ServerAddress } from "./serverAddress";

export interface Question {
  readonly name: string;
  readonly type: RecordType;
  /** Ask the server to resolve the name, as a resolver does. */
  readonly recursive?: boolean;
}

export interface Reply extends DecodedPacket {
  /** `QUERY`, `NOTIFY`, … */
  readonly opcode: string;
  /** `NOERROR`, `NXDOMAIN`, `REFUSED`, … */
  readonly rcode: string;
}

/**
 * Asks one server one question: by UDP, once more if that fails, and by TCP if the reply does not fit.
 *
 * node:dns is not used because it hides the AA bit and, in some versions, caches answers.
 *
 * @param timeoutMs for each attempt
 * @throws Error when no usable reply came; any reply code is a reply
 */
export async function query(server: ServerAddress, question: Question, timeoutMs: number): Promise<Reply> {
  const reply = await overUdp(server, question, timeoutMs).catch(() => overUdp(server, question, timeoutMs));
  return reply === "truncated" ? overTcp(server, question, timeoutMs) : reply;
}

function overUdp(server: ServerAddress, question: Question, timeoutMs: number): Promise<Reply | "truncated"> {
  const id = randomInt(0x10000);
  const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
  return new Promise<Reply | "truncated">((resolve, reject) => {
    const message = encodeQuery(id, question);
    setTimeoutUntilClosed(socket, timeoutMs, reject);
    socket.on("error", reject);
    socket.on("message", (received) => {
      // Bit 9 of the header is TC. A truncated message may not be decodable, so check before decoding.
      if (received.length >= 12 && received.readUInt16BE(0) === id && received.readUInt16BE(2) & 0x0200) {
        resolve("truncated");
      }
      const reply = replyTo(id, question, received);
      if (reply) resolve(reply);
    });
    // A connected socket takes packets from this server only, and fails at once if the port is closed.
    socket.once("connect", () => socket.send(message));
    socket.connect(server.port, server.address);
  }).finally(() => socket.close());
}

function overTcp(server: ServerAddress, question: Question, timeoutMs: number): Promise<Reply> {
  const id = randomInt(0x10000);
  const socket = connect(server.port, server.address);
  let received = Buffer.alloc(0);
  return new Promise<Reply>((resolve, reject) => {
    setTimeoutUntilClosed(socket, timeoutMs, reject);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("connection closed without a reply")));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const reply = replyTo(id, question, received.subarray(2, 2 + received.readUInt16BE(0)));
      if (reply) resolve(reply);
      else reject(new Error("the reply by TCP does not fit the question"));
    });
    const message = encodeQuery(id, question);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
  })
    .catch((error: Error) => {
      throw new Error(`reply too long for UDP, and by TCP: ${error.message}`);
    })
    .finally(() => socket.destroy());
}

function setTimeoutUntilClosed(
  socket: { once(event: "close", listener: () => void): unknown },
  timeoutMs: number,
  reject: (error: Error) => void,
): void {
  const timer = setTimeout(() => reject(new Error(`no reply within ${timeoutMs} ms`)), timeoutMs);
  socket.once("close", () => clearTimeout(timer));
}

function encodeQuery(id: number, { name, type, recursive }: Question): Buffer {
  return encode({ type: "query", id, flags: recursive ? RECURSION_DESIRED : 0, questions: [{ name, type }] });
}

/** The message as a reply to this question; anything else that arrives is noise or forged. */
function replyTo(id: number, { type, name }: Question, message: Buffer): Reply | undefined {
  let reply: Reply;
  try {
    reply = decode(message) as Reply;
  } catch {
    return undefined;
  }
  // The decoder shortens what goes beyond the end of the message.
  const isWhole = decode.bytes <= message.length;
  const [asked, ...more] = reply.questions ?? [];
  const fits =
    isWhole &&
    reply.flag_qr &&
    reply.opcode === "QUERY" &&
    reply.id === id &&
    more.length === 0 &&
    asked?.type === type &&
    asked.class === "IN" &&
    foldName(asked.name) === foldName(name);
  return fits ? reply : undefined;
}
