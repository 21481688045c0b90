import * as pulumi from "@pulumi/pulumi";
import { foldName } from "../../dns/query";
import { AlidnsRecord } from "../alidnsRecord/lifecycle";
import type { DnsRecord } from "../cnameToken/lifecycle";
import type { OssAccount } from "../ossAccount";

/** A record that `CustomDomain` wants made. Only its value may have to wait for another resource. */
export interface RecordArgs {
  /** A name for the resource that makes it, unique for the domain and the type. */
  readonly resourceName: string;
  /** Full name without trailing dot: `_dnsauth.www.example.com`. */
  readonly name: string;
  readonly type: DnsRecord["type"];
  readonly value: pulumi.Output<string>;
  /** Seconds. */
  readonly ttl: number;
}

/** Makes one record as a resource. Hand on `opts`: they carry the order of creation and removal. */
export type MakeRecord = (record: RecordArgs, opts: pulumi.CustomResourceOptions) => pulumi.Resource;

/** Who keeps the DNS records of a domain. Made by `alidns()`, `records()`, `manual()`, or `none`. */
export type Dns =
  | {
      readonly kind: "managed";
      readonly make: MakeRecord;
      readonly zone?: string;
      /** The host may take a CNAME record at the top of a zone. */
      readonly flattens: boolean;
    }
  | { readonly kind: "manual" }
  | { readonly kind: "none" };

export interface AlidnsOptions {
  /** Zone that holds the records. Default: the longest one of the account that the name ends in. */
  readonly zone?: string;
  /** Seconds. Default: 600, the least that every edition of Alibaba Cloud DNS takes. */
  readonly ttl?: number;
  /** Account that owns the zone. Default: the stack's own, whatever account the bucket is in (or that of a component around both). */
  readonly provider?: OssAccount;
}

/** Records in Alibaba Cloud DNS. */
export function alidns(options: AlidnsOptions = {}): Dns {
  const { provider, ttl, ...zone } = options;
  return {
    kind: "managed",
    flattens: false,
    ...zone,
    make: ({ resourceName, ...record }, opts) =>
      new AlidnsRecord(
        resourceName,
        { ...record, ttl: ttl ?? record.ttl, ...zone },
        provider ? { ...opts, provider } : opts,
      ),
  };
}

/**
 * Records at any other DNS host that Pulumi has a provider for:
 *
 *     records((record, opts) => new cloudflare.DnsRecord(record.resourceName,
 *       { zoneId, name: record.name, type: record.type, content: record.value, ttl: record.ttl }, opts))
 */
export function records(make: MakeRecord): Dns {
  return { kind: "managed", flattens: true, make };
}

/**
 * Records kept by hand. `up` prints the missing ones as one table, leaves those bindings `Pending` and succeeds; every later `up`
 * carries on from there.
 */
export function manual(): Dns {
  return { kind: "manual" };
}

/** Records that are somebody else's business: neither made nor printed. For domains that are bound already. */
export const none: Dns = { kind: "none" };

/**
 * What to do instead, when a domain is the top of its zone, where DNS allows no CNAME record beside the others that are there;
 * `undefined` elsewhere. Names with two labels are tops; of others only a given zone can tell.
 */
export function apexAdvice(domain: string, zone: string | undefined): string | undefined {
  const isApex = domain.split(".").length === 2 || (zone !== undefined && domain === foldName(zone));
  if (!isApex) return undefined;
  return (
    `${domain} is the top of its zone, where no CNAME record can be: use the ALIAS or CNAME flattening of your DNS host, ` +
    `or serve www.${domain} and redirect to it`
  );
}

const toPrint: DnsRecord[] = [];
let awaited = 0;

/**
 * Prints records that a person has to create, once for the whole program: all domains in one table, when the last of them is known.
 */
export function announce(missing: pulumi.Output<DnsRecord[]>): void {
  awaited++;
  missing.apply((found) => {
    toPrint.push(...found);
    if (--awaited > 0 || toPrint.length === 0) return;
    const batch = toPrint.splice(0);
    return pulumi.log.info(`Create these DNS records, then run \`pulumi up\` again:\n${recordsTable(batch)}`);
  });
}

/** A table of records for a person to copy from. */
export function recordsTable(list: readonly DnsRecord[]): string {
  // Loaded here because few programs print one.
  const Table: typeof import("cli-table3") = require("cli-table3");
  const table = new Table({ head: ["Name", "Type", "Value", "TTL"], style: { head: [], border: [] } });
  table.push(...list.map(({ name, type, value, ttl }) => [name, type, value, ttl]));
  return table.toString();
}
