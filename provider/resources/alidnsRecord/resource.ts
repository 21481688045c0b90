import * as pulumi from "@pulumi/pulumi";
import type { RecordType } from "../../names";
import { OssDynamicResource } from "../dynamicResource";

/** Arguments of AlidnsRecord. */
export interface AlidnsRecordArgs {
  /** Full name, such as `_dnsauth.www.example.com`. Changing it replaces the record. */
  readonly name: pulumi.Input<string>;
  /** Changing it replaces the record. */
  readonly type: pulumi.Input<RecordType>;
  /** Text, or the name that a CNAME points to. Changed in place. */
  readonly value: pulumi.Input<string>;
  /** Seconds. Default 600, the least that the free plan allows. Changed in place. */
  readonly ttl?: pulumi.Input<number>;
  /**
   * Zone of the account that takes the record. Default: the longest that holds the name. Another one replaces the
   * record.
   */
  readonly zone?: pulumi.Input<string>;
  /**
   * Consent to replace, in place, a CNAME record of this name that leads elsewhere: visitors are served throughout, and
   * the record is this resource's own from then on. Default: false, which the preview refuses. Changing it alone changes
   * nothing.
   */
  readonly allowOverwrite?: pulumi.Input<boolean>;
}

/**
 * A TXT or CNAME record in Alibaba Cloud DNS.
 *
 * A record that exists already, with the same value, is adopted: it is not written, and not deleted when this resource
 * is. It becomes this resource's own once it is changed from here: its TTL, or the value of a CNAME. Another TXT value
 * is added beside it. A CNAME that somebody else gives another value is theirs. A CNAME beside another record of that
 * name, or a TXT record beside a CNAME, is refused by the preview, except for what Alibaba Cloud DNS allows at the top of
 * a zone. Several TXT values at one name are respected.
 *
 * A TXT record with the value that `CnameToken` gives for a domain that needs no proof, `already-bound`, is not made.
 */
export class AlidnsRecord extends OssDynamicResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly type: pulumi.Output<string>;
  declare readonly value: pulumi.Output<string>;
  declare readonly ttl: pulumi.Output<number>;
  /** Zone that holds the record. */
  declare readonly zone: pulumi.Output<string>;
  /** Name inside the zone, `@` for the zone itself. */
  declare readonly rr: pulumi.Output<string>;
  /** Empty where no record is needed. */
  declare readonly recordId: pulumi.Output<string>;
  /** True when somebody else wrote the record as it is, so that it stays when this resource is deleted. */
  declare readonly adopted: pulumi.Output<boolean>;

  constructor(name: string, args: AlidnsRecordArgs, opts?: pulumi.CustomResourceOptions) {
    super("alidnsRecord", "AlidnsRecord", name, ["ttl", "zone", "rr", "recordId", "adopted"], args, opts);
  }

  /** Reads an existing record without writing. `id` is its RecordId. Fails when it is not at this name. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: AlidnsRecordArgs,
    opts?: pulumi.CustomResourceOptions,
  ): AlidnsRecord {
    return new AlidnsRecord(name, args, pulumi.mergeOptions(opts, { id }));
  }
}
