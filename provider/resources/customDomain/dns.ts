import type * as pulumi from "@pulumi/pulumi";
import type { DnsRecord } from "../../names";
import { AlidnsRecord } from "../alidnsRecord/resource";
import type { OssAccount } from "../ossAccount";

/** A record for `CustomDomain`. Only its value may have to wait for another resource. */
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

/** Makes one record as a resource. Pass `opts` on: they carry the order of creation and removal. */
export type MakeRecord = (record: RecordArgs, opts: pulumi.CustomResourceOptions) => pulumi.Resource;

/** Who keeps the DNS records of a domain: the result of `alidns()`, `records()` or `manual()`, or `none`. */
export type Dns =
  | {
      readonly kind: "managed";
      readonly make: MakeRecord;
      readonly zone?: string;
      /** Where the records are in Alibaba Cloud DNS. */
      readonly alidns?: AlidnsOptions;
    }
  | { readonly kind: "manual" }
  | { readonly kind: "none" };

/** Options of records in Alibaba Cloud DNS. */
export interface AlidnsOptions {
  /** Zone that holds the records. Default: the longest one of the account that the name ends in. */
  readonly zone?: string;
  /** Seconds. Default: 600, the least that every edition of Alibaba Cloud DNS takes. */
  readonly ttl?: number;
  /**
   * Consent to replace a CNAME record of the domain that leads elsewhere, as for a domain that was served by another
   * bucket, a CDN or another host before. Replaced in place. Default: false, which the preview refuses.
   */
  readonly allowOverwrite?: boolean;
  /**
   * Account that owns the zone. Default: the stack's own, whatever account the bucket is in (or that of a component
   * around both).
   */
  readonly provider?: OssAccount;
}

/** Records in Alibaba Cloud DNS. */
export function alidns(options: AlidnsOptions = {}): Dns {
  const { provider, ttl, allowOverwrite, ...zone } = options;
  return {
    kind: "managed",
    alidns: options,
    ...zone,
    make: ({ resourceName, ...record }, opts) =>
      new AlidnsRecord(
        resourceName,
        {
          ...record,
          ttl: ttl ?? record.ttl,
          ...zone,
          ...(record.type === "CNAME" && allowOverwrite && { allowOverwrite }),
        },
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
  return { kind: "managed", make };
}

/**
 * Records kept by hand. `up` prints the missing ones as one table, leaves those bindings `Pending` and succeeds; every
 * later `up` carries on from there.
 */
export function manual(): Dns {
  return { kind: "manual" };
}

/** Records that are managed elsewhere: neither made nor printed. For domains that are bound already. */
export const none: Dns = { kind: "none" };
