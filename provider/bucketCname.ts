import * as pulumi from "@pulumi/pulumi";
import { OssDynamicResource } from "./resource";

/** Another bucket, which a domain is taken from. */
export interface TakeoverArgs {
  readonly bucket: pulumi.Input<string>;
  /** Default: the binding's own region. */
  readonly region?: pulumi.Input<string>;
  /** Default: the binding's own endpoint, when the region is the same. */
  readonly endpoint?: pulumi.Input<string>;
}

/** What a user writes. */
export interface BucketCnameArgs {
  /** Bucket that answers for the domain. Changing it moves the domain, in place: the old binding stands until the new TXT record is seen. */
  readonly bucket: pulumi.Input<string>;
  /** Domain to bind. Changing it replaces the resource. */
  readonly domain: pulumi.Input<string>;
  /** Region of the bucket. Default: the provider's. Changed in place. */
  readonly region?: pulumi.Input<string>;
  /** OSS endpoint. Default: the public one of the region. Changed in place. */
  readonly endpoint?: pulumi.Input<string>;
  /** The token of the domain, when it comes from a `CnameToken`; otherwise OSS is asked for it. Changing it alone changes nothing. */
  readonly token?: pulumi.Input<string>;
  /**
   * How to make sure of the TXT record before binding: `authoritative` (default) asks the zone's own servers, `none` leaves it to OSS.
   * Default: `oss-cname:verification`. Changing it alone changes nothing.
   */
  readonly verification?: pulumi.Input<"authoritative" | "none">;
  /**
   * What to do while the TXT record is not there: `wait` (default) until it is or the time is over, or look once and become
   * `Pending`, a warning and no failure, tried again by every later `up`.
   */
  readonly unverified?: pulumi.Input<"wait" | "pending">;
  /** Seconds to wait for DNS and for OSS to accept it. Default: `customTimeouts`, then `oss-cname:dnsTimeoutSeconds`, then 900. */
  readonly dnsTimeoutSeconds?: pulumi.Input<number>;
  /** Consent to take the domain from another bucket that it is bound to. Refused unless that bucket lists it. */
  readonly takeover?: pulumi.Input<TakeoverArgs>;
}

export class BucketCname extends OssDynamicResource {
  declare readonly bucket: pulumi.Output<string>;
  declare readonly domain: pulumi.Output<string>;
  /** `Enabled`, `Disabled`, or `Pending` while the TXT record is missing. */
  declare readonly status: pulumi.Output<string>;
  /** What a `Pending` binding waits for, for a person to read; empty otherwise. */
  declare readonly pendingReason: pulumi.Output<string>;
  /** Where a CNAME record of the domain should point. */
  declare readonly cnameTarget: pulumi.Output<string>;

  constructor(name: string, args: BucketCnameArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "bucketCname",
      "BucketCname",
      name,
      { status: undefined, pendingReason: undefined, cnameTarget: undefined, ...args },
      opts,
    );
  }

  /** Reads an existing binding. `id` is the domain. Fails when the bucket does not list it. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: BucketCnameArgs,
    opts?: pulumi.CustomResourceOptions,
  ): BucketCname {
    return new BucketCname(name, args, pulumi.mergeOptions(opts, { id }));
  }
}
