import * as pulumi from "@pulumi/pulumi";
import type { DnsRecord } from "../../names";
import type { BindingArgs } from "../binding";
import { OssDynamicResource } from "../dynamicResource";

/** Arguments of CnameToken. */
export interface CnameTokenArgs extends BindingArgs {
  /** Bucket that the domain is to be bound to. Changing it asks that bucket for a token, in place. */
  readonly bucket: pulumi.Input<string>;
}

/**
 * The proof that a domain is yours: a token from OSS and the TXT record that must hold it before the domain can be
 * bound. Makes the token and never waits for DNS.
 *
 * The value stays the same while the token is valid, and for ever once the domain is bound. A domain that is bound to
 * the bucket already needs no proof and gets no token.
 */
export class CnameToken extends OssDynamicResource {
  declare readonly bucket: pulumi.Output<string>;
  declare readonly domain: pulumi.Output<string>;
  /** 32 lower-case hex digits; empty when the domain was already bound. */
  declare readonly token: pulumi.Output<string>;
  /** When the token expires (ISO 8601); empty when there is none. */
  declare readonly expireTime: pulumi.Output<string>;
  /** The record that proves ownership. Its value is `already-bound` where the domain needs no proof. */
  declare readonly txtRecord: pulumi.Output<DnsRecord>;
  /** True when the domain was seen bound to the bucket. */
  declare readonly bound: pulumi.Output<boolean>;

  constructor(name: string, args: CnameTokenArgs, opts?: pulumi.CustomResourceOptions) {
    super("cnameToken", "CnameToken", name, ["token", "expireTime", "txtRecord", "bound"], args, opts);
  }

  /**
   * Reads an existing token without writing. `id` is `bucket/domain`. Fails when there is none and the domain is not
   * bound.
   */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: CnameTokenArgs,
    opts?: pulumi.CustomResourceOptions,
  ): CnameToken {
    return new CnameToken(name, args, pulumi.mergeOptions(opts, { id }));
  }
}
