import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  type Question,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import type { ServerAddress } from "../../provider/dns/serverAddress";

/** A scripted answer; `silent` is none at all, a Buffer goes out as it is. */
export type Script = (question: Question, via: "udp" | "tcp", query: Packet) => Partial<Packet> | "silent" | Buffer;

export interface DnsServer {
  readonly endpoint: ServerAddress;
  /** What it was asked, as `udp TXT www.example.com`, with ` rd` where recursion was desired. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Starts a DNS server on a loopback port of its own, UDP and TCP. */
export async function startDnsServer(script: Script): Promise<DnsServer> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const answer = (message: Buffer, via: "udp" | "tcp"): Buffer | undefined => {
    const query = decode(message);
    const [question] = query.questions ?? [];
    if (!question) return undefined;
    asked.push(`${via} ${question.type} ${question.name}${query.flag_rd ? " rd" : ""}`);
    const said = script(question, via, query);
    if (said === "silent" || Buffer.isBuffer(said)) return said === "silent" ? undefined : said;
    return encode({ type: "response", id: query.id, questions: [question], ...said });
  };
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", (chunk: Buffer) => {
      const reply = answer(chunk.subarray(2), "tcp");
      if (!reply) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      // In two pieces, as a network may deliver it.
      socket.write(Buffer.concat([length, reply.subarray(0, 5)]), () => socket.end(reply.subarray(5)));
    });
  });
  const udp = createSocket("udp4");
  udp.on("message", (message, { port, address }) => {
    const reply = answer(message, "udp");
    if (reply) udp.send(reply, port, address);
  });
  for (;;) {
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    const { port } = tcp.address() as { port: number };
    const bound = await new Promise<boolean>((resolve) => {
      udp.once("error", () => resolve(false));
      udp.bind(port, "127.0.0.1", () => resolve(true));
    });
    if (!bound) {
      // Another process has this port for UDP.
      await new Promise((resolve) => tcp.close(resolve));
      continue;
    }
    const close = async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([new Promise((resolve) => tcp.close(resolve)), new Promise<void>((r) => udp.close(() => r()))]);
    };
    return { endpoint: { address: "127.0.0.1", port }, asked, close };
  }
}

/** `www.example.com 60 TXT value` as data, without the ttl. */
export type Row = readonly [name: string, type: "NS" | "A" | "AAAA" | "CNAME" | "TXT", data: string | string[]];

/**
 * Answers as a server of `zone` does, with NS rows below the apex as delegations. Rows of other zones are glue.
 * `resolver` makes it answer for every name, with RA in place of AA.
 */
export function zoneScript(zone: string, rows: readonly Row[], role: "authority" | "resolver" = "authority"): Script {
  const records = rows.map(([name, type, data]) => ({ name, type, data, ttl: 60 }) as Answer & { name: string });
  const flags = role === "authority" ? AUTHORITATIVE_ANSWER : RECURSION_AVAILABLE;
  const soa = { name: zone, type: "SOA", data: { mname: zone, rname: zone, minimum: 60 } } as const;
  return ({ name, type }) => {
    const within = (inner: string, outer: string) => inner === outer || inner.endsWith(`.${outer}`);
    if (role === "authority" && !within(name, zone)) return { flags: 5 };
    const cut = records.filter((r) => r.type === "NS" && r.name !== zone && within(name, r.name));
    if (role === "authority" && cut.length > 0) {
      const hosts = cut.map((record) => (record as { data: unknown }).data);
      return { flags: 0, authorities: cut, additionals: records.filter((r) => hosts.includes(r.name)) };
    }
    const answers: Answer[] = [];
    let owner = name;
    for (;;) {
      const here = records.filter((record) => record.name === owner);
      const cname = here.find((record) => record.type === "CNAME");
      answers.push(...here.filter((record) => record.type === type));
      if (!cname || type === "CNAME") break;
      answers.push(cname);
      owner = (cname as { data: string }).data;
    }
    if (answers.length > 0) return { flags, answers };
    const exists = records.some((record) => within(record.name, name));
    return { flags: flags | (exists ? 0 : 3), authorities: [soa] };
  };
}

/** Tells UDP to come back by TCP, and cuts the message in the middle of a record as some servers do. */
export function truncatedOverUdp(script: Script): Script {
  return (question, via, query) => {
    const said = script(question, via, query);
    if (via === "tcp" || typeof said === "string" || Buffer.isBuffer(said)) return said;
    const flags = (said.flags ?? 0) | TRUNCATED_RESPONSE;
    const whole = encode({ type: "response", id: query.id, questions: [question], ...said, flags });
    return said.answers?.length ? whole.subarray(0, whole.length - 4) : whole;
  };
}

/** What may be wrong with a server that has the truth to tell; `isSlow`: it is noticed only after a time-out. */
export const DNS_FAULTS: readonly {
  readonly name: string;
  readonly isSlow?: boolean;
  readonly spoil: (truth: Script) => Script;
}[] = [
  { name: "fails", spoil: () => () => ({ flags: 2 }) },
  { name: "refuses", spoil: () => () => ({ flags: 5 }) },
  {
    name: "has no authority",
    spoil:
      (truth) =>
      (...asked) =>
        withFlags(truth(...asked), 0),
  },
  {
    name: "lies about what is there",
    spoil:
      () =>
      ({ name, type }) => ({ flags: AUTHORITATIVE_ANSWER, answers: lie(name, type) }),
  },
  { name: "lies that nothing is there", spoil: () => () => ({ flags: AUTHORITATIVE_ANSWER | 3 }) },
  { name: "truncates", spoil: truncatedOverUdp },
  { name: "is dead", isSlow: true, spoil: () => () => "silent" },
  {
    name: "answers other questions",
    isSlow: true,
    spoil:
      (truth) =>
      (...asked) =>
        withQuestion(truth(...asked)),
  },
  { name: "sends noise", isSlow: true, spoil: () => () => Buffer.from("noise, and no message of DNS") },
  {
    name: "truncates, and does not answer by TCP",
    isSlow: true,
    spoil: (truth) => (question, via, query) =>
      via === "tcp" ? "silent" : truncatedOverUdp(truth)(question, via, query),
  },
];

type Said = ReturnType<Script>;

function withFlags(said: Said, flags: number): Said {
  return typeof said === "string" || Buffer.isBuffer(said) ? said : { ...said, flags };
}

function withQuestion(said: Said): Said {
  const questions = [{ type: "TXT", name: "another.example.com" } as Question];
  return typeof said === "string" || Buffer.isBuffer(said) ? said : { ...said, questions };
}

function lie(name: string, type: Question["type"]): Answer[] {
  return type === "TXT"
    ? [{ name, type, ttl: 60, data: "0123456789abcdef0123456789abcdef" }]
    : [{ name, type: "CNAME", ttl: 60, data: "elsewhere.example.net" }];
}
