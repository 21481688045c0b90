import { lookup } from "node:dns/promises";
import { foldName } from "../names";
import { Budget } from "./budget";
import type { Reply } from "./query";
import { splitHostPort } from "./serverAddress";
import type { LookOptions } from "./txt";
import { networkOf } from "./txt";
import type { Network } from "./zone";
import { askAny, findStartZone, findZoneBelow, NoZone, targetsIn } from "./zone";

/**
 * Where a domain leads:
 *
 * - `there`: to the target, by a CNAME record or, where the DNS host flattens those, by the same addresses
 * - `elsewhere`: somewhere else
 * - `nowhere`: it has neither a CNAME record nor an address
 * - `unknown`: no server could be asked
 */
export type Direction = "there" | "elsewhere" | "nowhere" | "unknown";

/**
 * Looks where a domain leads, at the servers of its zone: a resolver would go on for a while not to know a record that
 * it was asked for before it was made. An empty target stands for any. Never throws.
 */
export async function lookForCname(domain: string, target: string, options: LookOptions = {}): Promise<Direction> {
  const network = networkOf(options, new Budget());
  try {
    const given = await Promise.all((options.servers ?? []).map(addressOf));
    const resolvers = given.length > 0 ? given : network.resolvers;
    const asked =
      given.length > 0 ? await askAny(given, domain, "A", true, network) : await askZone(foldName(domain), network);
    if (asked === undefined) return "unknown";
    const targets = targetsIn(asked.answers, foldName(domain));
    if (targets.includes(foldName(target))) return "there";
    const addresses = addressesIn(asked);
    if (targets.length === 0 && addresses.length === 0) return "nowhere";
    if (target === "") return "there";
    const resolve = async (name: string) => addressesIn(await askAny(resolvers, name, "A", true, network));
    const own = addresses.length > 0 ? addresses : await resolve(targets.at(-1) ?? domain);
    const wanted = await resolve(target);
    return own.some((address) => wanted.includes(address)) ? "there" : "elsewhere";
  } catch (error) {
    return error instanceof NoZone && !error.blocked ? "nowhere" : "unknown";
  }
}

async function addressOf(server: string) {
  const { host, port } = splitHostPort(server);
  return { address: (await lookup(host, { order: "ipv4first" })).address, port };
}

/** The first reply of a server of the lowest zone that holds the name. */
async function askZone(name: string, network: Network): Promise<Reply | undefined> {
  let zone = await findStartZone(name, network);
  for (let below = await findZoneBelow(zone, name, network); below !== undefined; ) {
    zone = below;
    below = await findZoneBelow(zone, name, network);
  }
  const servers = zone.servers.flatMap(({ addresses }) => addresses.map(network.endpointOf));
  return askAny(servers, name, "A", false, network);
}

function addressesIn(reply: Reply | undefined): string[] {
  return (reply?.answers ?? []).flatMap((record) => (record.type === "A" ? [record.data] : []));
}
