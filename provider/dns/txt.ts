import { getServers } from "node:dns";
import { lookup } from "node:dns/promises";
import type { TxtAnswer } from "dns-packet";
import { foldName, isWithin } from "../names";
import { printable } from "../redact";
import { Budget } from "./budget";
import type { Reply } from "./query";
import { query } from "./query";
import type { ServerAddress } from "./serverAddress";
import { splitHostPort } from "./serverAddress";
import type { NameServer, Network } from "./zone";
import { findStartZone, findZoneBelow, NoZone, recordsOf } from "./zone";

/** What one server says about the TXT record. */
export interface ServerAnswer {
  /** Name of the server, or the `host:port` that was given. */
  readonly server: string;
  readonly address: string;
  /**
   * - `present`: one of the values is the one looked for
   * - `missing`: there is no TXT record
   * - `differs`: there are values, and none is the one looked for
   * - `lame`: it replies, but not with authority for this name
   * - `unreachable`: no reply
   */
  readonly state: "present" | "missing" | "differs" | "lame" | "unreachable";
  /** The TXT values it has, split strings joined. */
  readonly values: string[];
  /** Why the server is lame or unreachable. */
  readonly detail?: string;
}

export interface TxtLook {
  /** The zone that holds `name`; undefined when none was found, or when the servers were given. */
  readonly zone?: string;
  /** The name that was asked for in the end, after CNAMEs. */
  readonly name: string;
  /** One per server, or one per address where several addresses of a server reply. */
  readonly answers: ServerAnswer[];
  /** Every server that answers with authority has the value, and at least one does. */
  readonly present: boolean;
  /** No server of the zone could be reached, so nothing is known: port 53 is closed from here, or intercepted. */
  readonly blocked: boolean;
  /** Why there are no answers. */
  readonly detail?: string;
}

export interface LookOptions {
  /** `host:port` list, asked instead of the zone's own servers. */
  readonly servers?: readonly string[] | undefined;
  /** For each attempt at one server; there are two. Default 2000. */
  readonly timeoutMs?: number | undefined;
  /** `host:port` list of recursive resolvers. Default: the system's. */
  readonly resolvers?: readonly string[] | undefined;
  /** Where the name server with this address listens. Default: there, on port 53. */
  readonly endpointOf?: ((address: string) => ServerAddress) | undefined;
}

/**
 * Looks whether `value` is among the TXT records at `name`, on every authoritative server of its zone.
 *
 * Each call finds the zone and its servers again and asks all of them at once. What goes wrong on the way is part of
 * the answer: this never throws.
 */
export async function lookForTxt(name: string, value: string, options: LookOptions = {}): Promise<TxtLook> {
  const budget = new Budget();
  const found = await look(foldName(name), value, MAX_HOPS, askerOf(options, budget));
  if (!budget.isUsedUp) return found;
  // Servers that were not asked may not have the value.
  return { ...found, present: false, detail: "This look at DNS took too many queries or too long, and was given up." };
}

type Ask = (name: string) => Promise<Asked>;

function askerOf(options: LookOptions, budget: Budget): Ask {
  const { servers, timeoutMs = 2000 } = options;
  if (servers !== undefined && servers.length > 0)
    return (name) => askGivenServers(servers, name, { timeoutMs, budget });
  const network = networkOf(options, budget);
  return (name) => askZone(name, network);
}

/** How to reach the servers that a look is for. */
export function networkOf({ timeoutMs = 2000, ...options }: LookOptions, budget: Budget): Network {
  return {
    resolvers: (options.resolvers ?? getServers()).map((resolver) => {
      const { host, port } = splitHostPort(resolver);
      return { address: host, port };
    }),
    endpointOf: options.endpointOf ?? ((address) => ({ address, port: 53 })),
    timeoutMs,
    budget,
  };
}

/** CNAMEs that are followed, one after the other. */
const MAX_HOPS = 8;

/** What each server answered, one line each, for a person to read. */
export function describeLook(look: TxtLook): string {
  const of = look.zone === undefined ? "" : ` at the name servers of ${look.zone}`;
  const lines = [`TXT ${look.name}${of}:`];
  for (const { server, address, state, values, detail } of look.answers) {
    const where = address === "" || server.includes(address) ? server : `${server} (${address})`;
    const text = {
      present: "has the value",
      missing: "has no TXT record at this name",
      differs: `has only ${values.map((value) => JSON.stringify(value)).join(", ")}`,
      lame: `does not answer for this name (lame): ${detail}`,
      unreachable: `cannot be reached: ${detail}`,
    }[state];
    lines.push(`  ${where} ${text}`);
  }
  if (look.detail !== undefined) lines.push(`  ${look.detail}`);
  if (look.blocked)
    lines.push("  The zone's name servers cannot be reached from here; is DNS (port 53) closed or intercepted?");
  return printable(lines.join("\n"));
}

type Limits = Pick<Network, "timeoutMs" | "budget">;

/** One server's reply, or why there is none. */
interface Replied {
  readonly server: string;
  readonly address: string;
  readonly reply?: Reply;
  readonly failure?: string;
}

interface Asked {
  readonly zone?: string;
  readonly replies: Replied[];
  readonly blocked: boolean;
  readonly detail?: string;
  /** A recursive resolver may answer. */
  readonly acceptResolver?: boolean;
}

async function look(name: string, value: string, hopsLeft: number, ask: Ask): Promise<TxtLook> {
  const asked = await ask(name);
  const answers: ServerAnswer[] = [];
  const targets = new Set<string>();
  for (const replied of asked.replies) {
    const judged = judge(replied, name, value, asked);
    if (typeof judged === "string") targets.add(judged);
    else answers.push(judged);
  }
  // Usually none, or one that all servers name.
  const beyond =
    hopsLeft > 0 ? await Promise.all([...targets].map((target) => look(target, value, hopsLeft - 1, ask))) : [];
  const last = beyond.at(-1);
  const zone = last?.zone ?? asked.zone;
  const detail =
    last?.detail ?? (hopsLeft === 0 && targets.size > 0 ? "the chain of CNAMEs does not end" : asked.detail);
  const all = [...answers, ...beyond.flatMap((next) => next.answers)];
  return {
    ...(zone !== undefined && { zone }),
    name: last?.name ?? name,
    answers: all,
    present:
      all.some(({ state }) => state === "present") &&
      !all.some(({ state }) => state === "missing" || state === "differs") &&
      beyond.every((next) => next.present),
    blocked: asked.blocked,
    ...(detail !== undefined && { detail }),
  };
}

/** What a server's reply means, or the name to ask for next where a CNAME leads elsewhere. */
function judge({ server, address, reply, failure }: Replied, name: string, value: string, asked: Asked) {
  const answer = (state: ServerAnswer["state"], values: string[], detail?: string): ServerAnswer => {
    return { server, address, state, values, ...(detail !== undefined && { detail }) };
  };
  if (reply === undefined) return answer("unreachable", [], failure);
  if (reply.rcode !== "NOERROR" && reply.rcode !== "NXDOMAIN") return answer("lame", [], `it replies ${reply.rcode}`);
  if (!reply.flag_aa && !(asked.acceptResolver && reply.flag_ra)) {
    return answer("lame", [], `its reply is without authority${reply.flag_ra ? ", as a recursive resolver's is" : ""}`);
  }
  let owner = name;
  for (const seen = new Set([owner]); ; seen.add(owner)) {
    const target = recordsOf(reply.answers, owner, "CNAME")[0];
    if (target === undefined) break;
    if (seen.has(target)) return answer("missing", [], "CNAME loop");
    // This server need not know another zone: that zone's own servers are asked.
    if (asked.zone !== undefined && !isWithin(target, asked.zone)) return target;
    owner = target;
  }
  const values = (reply.answers ?? []).flatMap((record) =>
    record.type === "TXT" && foldName(record.name) === owner ? [joined(record)] : [],
  );
  if (values.includes(value)) return answer("present", values);
  if (values.length > 0) return answer("differs", values);
  return owner === name ? answer("missing", []) : owner;
}

/** A TXT record is a list of strings of at most 255 bytes, which count as one. */
function joined({ data }: TxtAnswer): string {
  return Buffer.concat([data].flat().map((part) => Buffer.from(part as Buffer))).toString();
}

/** Asks the servers of the lowest zone that holds `name`. */
async function askZone(name: string, network: Network): Promise<Asked> {
  let blocked = true;
  try {
    let zone = await findStartZone(name, network);
    for (;;) {
      const [replies, below] = await Promise.all([
        askServers(zone.servers, name, network),
        findZoneBelow(zone, name, network),
      ]);
      // If something intercepts port 53, a resolver answers in place of every server.
      if (replies.some(({ reply }) => reply && (reply.flag_aa || !reply.flag_ra))) blocked = false;
      if (below === undefined) return { zone: zone.name, replies, blocked };
      zone = below;
    }
  } catch (error) {
    if (!(error instanceof NoZone)) throw error;
    return { replies: [], blocked: error.blocked, detail: error.message };
  }
}

async function askServers(servers: NameServer[], name: string, network: Network): Promise<Replied[]> {
  const replies = await Promise.all(
    servers.map(async ({ name: server, addresses }): Promise<Replied[]> => {
      if (addresses.length === 0) return [{ server, address: "", failure: "no address found for it" }];
      const all = await Promise.all(
        addresses.map(async (address): Promise<Replied> => {
          return { server, address, ...(await ask(network.endpointOf(address), name, false, network)) };
        }),
      );
      // A machine without IPv6 reaches only some addresses of each server. That is a problem only if none replies.
      const replied = all.filter(({ reply }) => reply !== undefined);
      return replied.length > 0 ? replied : all.slice(0, 1);
    }),
  );
  return replies.flat();
}

/**
 * Asks servers that the user named. They count as authoritative: a hidden primary or a test server sets AA. Where only
 * a resolver can be reached, its reply is the best there is, so one with RA in place of AA is accepted as well.
 */
async function askGivenServers(servers: readonly string[], name: string, limits: Limits): Promise<Asked> {
  const replies = await Promise.all(
    servers.map(async (server): Promise<Replied> => {
      try {
        const { host, port } = splitHostPort(server);
        const { address } = await lookup(host, { order: "ipv4first" });
        return { server, address, ...(await ask({ address, port }, name, true, limits)) };
      } catch (error) {
        return { server, address: "", failure: (error as Error).message };
      }
    }),
  );
  return { replies, blocked: !replies.some(({ reply }) => reply !== undefined), acceptResolver: true };
}

async function ask(
  endpoint: ServerAddress,
  name: string,
  recursive: boolean,
  { timeoutMs, budget }: Limits,
): Promise<{ reply: Reply } | { failure: string }> {
  try {
    budget.spend();
    return { reply: await query(endpoint, { name, type: "TXT", recursive }, timeoutMs) };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}
