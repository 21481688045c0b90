import type * as pulumi from "@pulumi/pulumi";
import { OssDynamicResource } from "../dynamicResource";

export interface ManualRecordArgs {
  /** The name of the record, without trailing dot. Changing it replaces the resource. */
  readonly name: string;
  /** Where it has to lead. Empty where that is not known: anywhere then. */
  readonly target: pulumi.Input<string>;
}

/**
 * A CNAME record that a person makes: nothing is written, DNS is only looked at. Once the record was seen, an `up`
 * looks no more until the target changes or `refresh`.
 */
export class ManualRecord extends OssDynamicResource {
  /** What is wrong with the record, for a person to read; empty once it was seen. */
  declare readonly missing: pulumi.Output<string>;

  constructor(name: string, args: ManualRecordArgs, opts?: pulumi.CustomResourceOptions) {
    super("manualRecord", "ManualRecord", name, ["missing"], args, opts);
  }
}
