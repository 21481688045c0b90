import type { Answer, StringAnswer } from "dns-packet";
import { foldName } from "../names";
import { printable } from "../redact";
import type { Budget } from "./budget";
import type { Reply } from "./query";
import { query } from "./query";
import type { ServerAddress } from "./serverAddress";

export interface NameServer {
  readonly name: string;
  /** IPv4 and IPv6; empty when no address could be found. */
  readonly addresses: string[];
}

export interface Zone {
  readonly name: string;
  readonly servers: NameServer[];
}

/** How to reach DNS servers. */
export interface Network {
  /** Recursive resolvers. They only say where to start, and the addresses of name servers. */
  readonly resolvers: ServerAddress[];
  /** Where the name server with this address listens. */
  readonly endpointOf: (address: string) => ServerAddress;
  readonly timeoutMs: number;
  /** Shared by all queries of one look. */
  readonly budget: Budget;
}

/** No zone was found for a name. */
export class NoZone extends Error {
  constructor(
    message: string,
    /** No resolver gave a usable answer, so nothing is known about the name. */
    readonly blocked: boolean,
  ) {
    super(message);
  }
}

/**
 * A zone at or above `name`, with its servers, as the resolvers know it.
 *
 * First only names that must exist are asked for (`example.com`, `com`): a resolver caches a negative answer, and would
 * hide from the user the records that are being created. Zones further down are found by `findZoneBelow`, from the
 * servers themselves. The longer names matter where a resolver knows a private zone and nothing above it.
 *
 * @throws NoZone
 */
export async function findStartZone(name: string, network: Network): Promise<Zone> {
  const [top = "", second = top, ...longer] = suffixes(name);
  for (const candidates of [[second, top], longer]) {
    const replies = await Promise.all(
      candidates.map((candidate) => askAny(network.resolvers, candidate, "NS", true, network)),
    );
    for (const [index, candidate] of candidates.entries()) {
      const names = recordsOf(replies[index]?.answers, candidate, "NS");
      if (names.length > 0) return { name: candidate, servers: await resolveServers(names, [], network) };
    }
    if (candidates !== longer && !replies.some((reply) => reply)) throw new NoZone("No DNS resolver replied.", true);
  }
  throw new NoZone(`No name servers found for ${name} or any domain above it.`, false);
}

/** The next zone cut between `zone` and `name`, as the servers of `zone` know it, or undefined when there is none. */
export async function findZoneBelow(zone: Zone, name: string, network: Network): Promise<Zone | undefined> {
  const endpoints = [
    ...zone.servers.flatMap(({ addresses }) => addresses.slice(0, 1)),
    ...zone.servers.flatMap(({ addresses }) => addresses.slice(1)),
  ].map(network.endpointOf);
  const candidates = suffixes(name).filter((suffix) => suffix.length > zone.name.length);
  const replies = await Promise.all(
    candidates.map(async (candidate) => {
      // Some zones have dozens of servers; a few are enough unless they are down.
      const reply = await askAny(endpoints.slice(0, 3), candidate, "NS", false, network);
      return reply ?? askAny(endpoints.slice(3), candidate, "NS", false, network);
    }),
  );
  for (const [index, candidate] of candidates.entries()) {
    const { answers = [], authorities = [], additionals = [] } = replies[index] ?? {};
    // A server of both zones answers for the lower one; a server of the upper one alone refers to it.
    const names = recordsOf([...answers, ...authorities], candidate, "NS");
    if (names.length > 0) return { name: candidate, servers: await resolveServers(names, additionals, network) };
  }
  return undefined;
}

/** What the records at `name` of one type hold. */
export function recordsOf(records: Answer[] | undefined, name: string, type: StringAnswer["type"]): string[] {
  return (records ?? []).flatMap((record) =>
    record.type === type && foldName(record.name) === foldName(name)
      ? [foldName(printable((record as StringAnswer).data))]
      : [],
  );
}

/** Where the CNAME records of a reply lead from `name`, in order. */
export function targetsIn(records: Answer[] | undefined, name: string): string[] {
  const targets: string[] = [];
  for (let owner: string | undefined = name; owner !== undefined && !targets.includes(owner); ) {
    if (owner !== name) targets.push(owner);
    owner = recordsOf(records, owner, "CNAME")[0];
  }
  return targets;
}

function resolveServers(names: string[], glue: Answer[], network: Network): Promise<NameServer[]> {
  return Promise.all(
    names.map(async (name) => {
      const glued = [...recordsOf(glue, name, "A"), ...recordsOf(glue, name, "AAAA")];
      if (glued.length > 0) return { name, addresses: glued };
      const found = await Promise.all(
        (["A", "AAAA"] as const).map(async (type) => {
          const reply = await askAny(network.resolvers, name, type, true, network);
          // A resolver follows a CNAME by itself, so the owner of the address need not be `name`.
          return (reply?.answers ?? []).flatMap((record) => (record.type === type ? [record.data as string] : []));
        }),
      );
      return { name, addresses: found.flat() };
    }),
  );
}

/** The first reply that says something about the name; one that fails or refuses does not. */
export async function askAny(
  endpoints: ServerAddress[],
  name: string,
  type: "NS" | "A" | "AAAA",
  recursive: boolean,
  { timeoutMs, budget }: Network,
): Promise<Reply | undefined> {
  const replies = endpoints.map(async (endpoint) => {
    budget.spend();
    const reply = await query(endpoint, { name, type, recursive }, timeoutMs);
    if (reply.rcode !== "NOERROR" && reply.rcode !== "NXDOMAIN") throw new Error(reply.rcode);
    return reply;
  });
  return Promise.any(replies).catch(() => undefined);
}

/** `com`, `example.com`, `www.example.com` */
function suffixes(name: string): string[] {
  const labels = foldName(name).split(".");
  return labels.map((_, index) => labels.slice(labels.length - 1 - index).join("."));
}
