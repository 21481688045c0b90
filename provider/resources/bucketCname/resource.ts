import * as pulumi from "@pulumi/pulumi";
import { programState } from "../../programState";
import type { BindingArgs } from "../binding";
import { OssDynamicResource } from "../dynamicResource";
import { durationSeconds } from "./duration";

/** Another bucket, which a domain is taken from. */
export interface TakeoverArgs {
  /** The bucket that the domain is bound to now. */
  readonly bucket: pulumi.Input<string>;
  /** Default: the binding's own region. */
  readonly region?: pulumi.Input<string>;
  /** Default: the binding's own endpoint, when the region is the same. */
  readonly endpoint?: pulumi.Input<string>;
}

/** Arguments of BucketCname. */
export interface BucketCnameArgs extends BindingArgs {
  /**
   * Bucket that answers for the domain. Changing it moves the domain, in place: the old binding stands until the new
   * TXT record is known to exist.
   */
  readonly bucket: pulumi.Input<string>;
  /**
   * The token of the domain, when it comes from a `CnameToken`; otherwise OSS is asked for it. Changing it alone
   * changes nothing.
   */
  readonly token?: pulumi.Input<string>;
  /**
   * How to make sure of the TXT record before binding: `authoritative` (default) asks the zone's own servers, `none`
   * leaves it to OSS. Default: `oss-cname:verification`. Changing it alone changes nothing.
   */
  readonly verification?: pulumi.Input<"authoritative" | "none">;
  /**
   * What to do while the TXT record does not exist: `wait` (default) until it does or time runs out, or look once and
   * become `Pending`, with a warning and without a failure; every later `up` tries again.
   */
  readonly unverified?: pulumi.Input<"wait" | "pending">;
  /**
   * Seconds to wait for DNS and for OSS to accept it. Default: `customTimeouts`, then `oss-cname:dnsTimeoutSeconds`,
   * then 900.
   */
  readonly dnsTimeoutSeconds?: pulumi.Input<number>;
  /**
   * The token of the domain, if you have made sure of its TXT record yourself. Needed only to move a domain where
   * neither a look at DNS nor OSS can tell whether the record is there; the message says so. No other token counts.
   * Changing it alone changes nothing.
   */
  readonly confirmedToken?: pulumi.Input<string>;
  /** Consent to take the domain from another bucket that it is bound to. Refused unless that bucket lists it. */
  readonly takeover?: pulumi.Input<TakeoverArgs>;
}

type Option = Exclude<keyof BucketCnameArgs, keyof BindingArgs>;

/** The arguments beside the binding: what `CustomDomain` passes on, and nothing else. */
export const BUCKET_CNAME_OPTIONS = Object.keys({
  token: true,
  verification: true,
  unverified: true,
  dnsTimeoutSeconds: true,
  confirmedToken: true,
  takeover: true,
} satisfies Record<Option, true>) as Option[];

/**
 * A domain bound to a bucket.
 *
 * A domain that the bucket lists already is adopted without a write. Otherwise the TXT record of its token is looked
 * for at the zone's own servers until all of them have it, and then the domain is bound by one PutCname. Destroying the
 * resource unbinds the domain, unless it has moved to another bucket meanwhile.
 */
export class BucketCname extends OssDynamicResource {
  declare readonly bucket: pulumi.Output<string>;
  declare readonly domain: pulumi.Output<string>;
  /** `Enabled`, `Disabled`, or `Pending` while the TXT record is missing. */
  declare readonly status: pulumi.Output<string>;
  /** What a `Pending` binding waits for, for a person to read; empty otherwise. */
  declare readonly pendingReason: pulumi.Output<string>;
  /** What is known of the TXT record of a `Pending` binding, in a few words; empty otherwise. */
  declare readonly recordState: pulumi.Output<string>;
  /** Where a CNAME record of the domain should point: the bucket's public name. Empty where the region is not known. */
  declare readonly cnameTarget: pulumi.Output<string>;

  constructor(name: string, args: BucketCnameArgs, opts?: pulumi.CustomResourceOptions) {
    const isDynamic = programState.flavour === "dynamic";
    // The plugin is told of them.
    const timeouts = isDynamic && {
      createTimeoutSeconds: durationSeconds(opts?.customTimeouts?.create),
      updateTimeoutSeconds: durationSeconds(opts?.customTimeouts?.update),
    };
    const inputs = { ...timeouts, ...args };
    super("bucketCname", "BucketCname", name, ["status", "pendingReason", "recordState", "cnameTarget"], inputs, opts);
    // The plugin warns by itself, in every language.
    if (isDynamic) this.warnOfPending();
  }

  /** `CustomDomain` has a table of all records in place of these warnings. */
  protected warnOfPending(): void {
    this.pendingReason.apply((reason) => {
      if (reason) void pulumi.log.warn(reason, this);
    });
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
