import { getServers } from "node:dns";
import { lookup } from "node:dns/promises";
import type { Reply } from "../dns/query";
import { query } from "../dns/query";
import { splitHostPort } from "../dns/serverAddress";
import { targetsIn } from "../dns/zone";
import { regionOfEndpoint } from "../oss/endpoint";

/** Where DNS leads from a domain. */
export interface DnsRoute {
  /** The targets of the CNAME records, in order. */
  readonly targets: readonly string[];
  readonly hasAddress: boolean;
  /** The bucket and region that a target names. */
  readonly bucket?: string;
  readonly region?: string;
}

/** Follows the CNAME records of a domain, as the first of the servers (`host:port`) that answers knows them. */
export async function followCnames(domain: string, servers: readonly string[] = getServers()): Promise<DnsRoute> {
  let failure = new Error("this machine has no DNS resolver");
  for (const server of servers) {
    try {
      const { host, port } = splitHostPort(server);
      const { address } = await lookup(host);
      const reply = await query({ address, port }, { name: domain, type: "A", recursive: true }, TIMEOUT_MS);
      if (reply.rcode !== "NOERROR" && reply.rcode !== "NXDOMAIN") throw new Error(`${server} replies ${reply.rcode}`);
      return routeIn(reply, domain);
    } catch (error) {
      failure = error as Error;
    }
  }
  throw failure;
}

function routeIn({ answers = [] }: Reply, domain: string): DnsRoute {
  const targets = targetsIn(answers, domain);
  const [, bucket, host] = targets.flatMap((target) => PUBLIC_NAME.exec(target) ?? []);
  const region = host === undefined ? undefined : regionOfEndpoint(host);
  const hasAddress = answers.some(({ type }) => type === "A");
  return { targets, hasAddress, ...(bucket && { bucket }), ...(region && { region }) };
}

/** The name of a bucket at the public endpoint of its region. */
const PUBLIC_NAME = /^([a-z0-9-]+)\.(oss-[a-z0-9-]+\.aliyuncs\.com)$/;
const TIMEOUT_MS = 5000;
