import * as pulumi from "@pulumi/pulumi";
import { OssDynamicResource } from "./resource";

/** What a user writes: a CertId, or a pair as text, or a pair as files. */
export interface CnameCertificateArgs {
  /** Bucket that the domain is bound to. Changed in place. */
  readonly bucket: pulumi.Input<string>;
  /** Bound domain. Changing it replaces the resource. */
  readonly domain: pulumi.Input<string>;
  readonly region?: pulumi.Input<string>;
  readonly endpoint?: pulumi.Input<string>;
  /** Id of a certificate in Certificate Management Service, with its region: `12345-cn-hangzhou`. Changed in place. */
  readonly certId?: pulumi.Input<string>;
  /** Certificate chain, PEM, leaf first. Changed in place. */
  readonly certificate?: pulumi.Input<string>;
  /** Private key of the leaf, PEM without passphrase. Always kept as a secret. */
  readonly privateKey?: pulumi.Input<string>;
  /** File with the chain, relative to the program's directory. New content is a change. */
  readonly certificateFile?: pulumi.Input<string>;
  /** File with the private key, relative to the program's directory. It is read when needed and in no state at all. */
  readonly privateKeyFile?: pulumi.Input<string>;
  /** Overwrite whatever certificate is there. Default false: only the recorded one is. Changing it alone changes nothing. */
  readonly force?: pulumi.Input<boolean>;
  /** Days before the end at which every preview and up warns. Default 30. Changing it alone changes nothing. */
  readonly expiryWarningDays?: pulumi.Input<number>;
}

export class CnameCertificate extends OssDynamicResource {
  declare readonly bucket: pulumi.Output<string>;
  declare readonly domain: pulumi.Output<string>;
  declare readonly certId: pulumi.Output<string>;
  /** SHA-256 over all certificates of the chain, hex; empty for a CertId. */
  declare readonly chainDigest: pulumi.Output<string>;
  /** SHA-1 of the leaf as OSS shows it. */
  declare readonly fingerprint: pulumi.Output<string>;
  /** ISO 8601. */
  declare readonly validFrom: pulumi.Output<string>;
  /** ISO 8601. */
  declare readonly validTo: pulumi.Output<string>;
  /** `Enabled`, `Disabled`, `Pending` with its binding, or `Removed` when a refresh found none. */
  declare readonly status: pulumi.Output<string>;

  constructor(name: string, args: CnameCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super("cnameCertificate", "CnameCertificate", name, { ...args }, opts);
  }

  /** Reads the certificate of a bound domain. `id` is the domain. Fails when there is none. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: CnameCertificateArgs,
    opts?: pulumi.CustomResourceOptions,
  ): CnameCertificate {
    return new CnameCertificate(name, args, pulumi.mergeOptions(opts, { id }));
  }
}
