import * as pulumi from "@pulumi/pulumi";
import type { BindingArgs } from "../binding";
import { OssDynamicResource } from "../dynamicResource";
import { warnOfExpiry } from "./expiry";

/** Arguments of CnameCertificate: a CertId, or a pair of PEM strings, or a pair of files. */
export interface CnameCertificateArgs extends BindingArgs {
  /** Bucket that the domain is bound to. Changed in place. */
  readonly bucket: pulumi.Input<string>;
  /**
   * Id of a certificate in Certificate Management Service, with its region: `12345-cn-hangzhou`. Changed in place.
   * `pending`, as AcmeCertificate gives it before there is a certificate, leaves the domain as it is.
   */
  readonly certId?: pulumi.Input<string>;
  /** Certificate chain, PEM, leaf first. Changed in place. */
  readonly certificate?: pulumi.Input<string>;
  /** Private key of the leaf, PEM without passphrase. Always kept as a secret. */
  readonly privateKey?: pulumi.Input<string>;
  /** File with the chain, relative to the directory of the program's entry file. New content is a change. */
  readonly certificateFile?: pulumi.Input<string>;
  /**
   * File with the private key, relative to the directory of the program's entry file. It is read when needed and in no
   * state at all.
   */
  readonly privateKeyFile?: pulumi.Input<string>;
  /**
   * Overwrite any certificate that is there. Default false: only the recorded one is, and on create none. Changing it
   * alone changes nothing.
   */
  readonly force?: pulumi.Input<boolean>;
  /**
   * Every preview and up warns this many days before the certificate expires. Default 30. Changing it alone changes
   * nothing.
   */
  readonly expiryWarningDays?: pulumi.Input<number>;
}

/**
 * The certificate of a bound domain: a CertId of Certificate Management Service, or a chain and its private key.
 *
 * Nothing is sent when the domain has it already. Another certificate is swapped in place, and only if the one to be
 * overwritten is the one in the state: a certificate that somebody else put there, before the resource was created or
 * since, makes the preview and `up` fail with both fingerprints.
 * A pair for many domains is uploaded once. Destroying the resource takes the certificate off and leaves the domain
 * bound.
 */
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
  /** `Enabled`, `Disabled`, `Pending` with its binding or its certificate, or `Removed` when a refresh found none. */
  declare readonly status: pulumi.Output<string>;

  constructor(name: string, args: CnameCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    const { privateKey } = args;
    super(
      "cnameCertificate",
      "CnameCertificate",
      name,
      ["chainDigest", "fingerprint", "validFrom", "validTo", "status", "certId"],
      { ...args, ...(privateKey !== undefined && { privateKey: pulumi.secret(privateKey) }) },
      opts,
    );
    const placed = pulumi.all([this.certId, this.domain, this.validTo]);
    warnOfExpiry(
      this,
      args,
      placed.apply(([certId, domain, validTo]) => ({ certId, name: `${certId} of ${domain}`, validTo })),
    );
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
