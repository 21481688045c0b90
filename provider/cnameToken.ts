import * as pulumi from "@pulumi/pulumi";
import { OssDynamicResource } from "./resource";

/** What a user writes. */
export interface CnameTokenArgs {
  /** Bucket that the domain is to be bound to. Changing it asks that bucket for a token, in place. */
  readonly bucket: pulumi.Input<string>;
  /** Domain to prove, such as `www.example.com`. Changing it replaces the resource. */
  readonly domain: pulumi.Input<string>;
  /** Region of the bucket, such as `cn-hangzhou`. Default: the provider's. Changed in place. */
  readonly region?: pulumi.Input<string>;
  /** OSS endpoint. Default: the public one of the region. Changed in place. */
  readonly endpoint?: pulumi.Input<string>;
}

/** A DNS record to create: `name` is a full name without trailing dot, `ttl` is in seconds. */
export interface DnsRecord {
  readonly name: string;
  readonly type: "TXT" | "CNAME";
  readonly value: string;
  readonly ttl: number;
}

export class CnameToken extends OssDynamicResource {
  declare readonly bucket: pulumi.Output<string>;
  declare readonly domain: pulumi.Output<string>;
  /** 32 lower-case hex digits; empty when the domain was already bound. */
  declare readonly token: pulumi.Output<string>;
  /** When the token ends (ISO 8601); empty when there is none. */
  declare readonly expireTime: pulumi.Output<string>;
  /** The record that proves ownership. */
  declare readonly txtRecord: pulumi.Output<DnsRecord>;
  /** True when the domain was seen bound to the bucket. */
  declare readonly bound: pulumi.Output<boolean>;

  constructor(name: string, args: CnameTokenArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "cnameToken",
      "CnameToken",
      name,
      { token: undefined, expireTime: undefined, txtRecord: undefined, bound: undefined, ...args },
      opts,
    );
  }

  /** Reads an existing token without writing. `id` is `bucket/domain`. Fails when there is none and the domain is not bound. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: CnameTokenArgs,
    opts?: pulumi.CustomResourceOptions,
  ): CnameToken {
    return new CnameToken(name, args, pulumi.mergeOptions(opts, { id }));
  }
}
