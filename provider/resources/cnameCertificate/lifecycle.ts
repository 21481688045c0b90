import * as pulumi from "@pulumi/pulumi";
import { clock } from "../../clock";
import { configure } from "../../config/connection";
import { isDeclared, noteDeclared } from "../../declared";
import { parseDate } from "../../oss/xml";
import type { BindingInputs } from "../binding";
import { bindingOf, checkBinding, diffBinding } from "../binding";
import { OssDynamicResource } from "../dynamicResource";
import { isChanged, isUnknown, plain } from "../lifecycle";
import type { CertificateInputs } from "./declared";
import { checkCertificate, readChainQuietly } from "./declared";
import type { EnsuredCertificate, RecordedCertificate } from "./swap";
import { ensureCertificate, noteChain, observeCertificate, removeCertificate } from "./swap";

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
  /** File with the chain, relative to the directory of the program's entry file. New content is a change. */
  readonly certificateFile?: pulumi.Input<string>;
  /** File with the private key, relative to the directory of the program's entry file. It is read when needed and in no state at all. */
  readonly privateKeyFile?: pulumi.Input<string>;
  /** Overwrite whatever certificate is there. Default false: only the recorded one is. Changing it alone changes nothing. */
  readonly force?: pulumi.Input<boolean>;
  /** Days before the end at which every preview and up warns. Default 30. Changing it alone changes nothing. */
  readonly expiryWarningDays?: pulumi.Input<number>;
}

const EXPIRY_WARNING_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** @internal */
export const cnameCertificateProvider: pulumi.dynamic.ResourceProvider<CertificateInputs, RecordedCertificate> = {
  configure,

  check(olds, news) {
    const checked = checkBinding(news);
    const { failures, ...known } = checkCertificate(olds, checked.inputs);
    const inputs = { ...checked.inputs, ...known };
    if (!isUnknown(inputs.domain)) noteDeclared("certificate", inputs.domain);
    return Promise.resolve({ inputs, failures: [...checked.failures, ...failures] });
  },

  diff(_id, olds, news) {
    noteChain(olds);
    const { changes, replaces } = diffBinding(olds, news);
    const swapped =
      news.certId !== undefined ? isChanged(olds.certId, news.certId) : isChanged(olds.chainDigest, news.chainDigest);
    return Promise.resolve({ changes: changes || swapped || olds.status === "Pending", replaces });
  },

  async create(inputs) {
    return { id: inputs.domain, outs: outputs(inputs, await ensureCertificate(inputs)) };
  },

  async read(id, props) {
    const binding = bindingOf({ ...props, domain: id } as BindingInputs);
    const recorded = props?.status === undefined ? undefined : props;
    const found = await observeCertificate(binding, recorded?.certId ?? "");
    const listed = found?.certificate;
    if (recorded === undefined) {
      if (listed !== undefined) return { id, props: outputs(binding, { listed, chainDigest: "" }) };
      throw new Error(`No CnameCertificate ${id}: bucket ${binding.bucket} lists no certificate on the domain`);
    }
    if (listed === undefined) {
      if (recorded.status === "Pending") return { id, props: recorded };
      return found === undefined ? { id: "" } : { id, props: without(binding, "Removed") };
    }
    if (listed.certId !== recorded.certId) return { id, props: outputs(binding, { listed, chainDigest: "" }) };
    // The fingerprint on record may be whole where the list masks it.
    const fingerprint = recorded.fingerprint || listed.fingerprint;
    return { id, props: outputs(binding, { listed: { ...listed, fingerprint }, chainDigest: recorded.chainDigest }) };
  },

  async update(_id, olds, news) {
    return { outs: outputs(news, await ensureCertificate(news, olds), olds) };
  },

  async delete(_id, props) {
    if (!isDeclared("certificate", props.domain)) await removeCertificate(props, props.certId);
  },
};

/**
 * The certificate of a bound domain: a CertId of Certificate Management Service, or a chain and its private key.
 *
 * Nothing is sent when the domain has it already. Another certificate is swapped in place, and only if the one to be overwritten is the one
 * in the state: a certificate that somebody else put there makes it fail with both fingerprints. A pair for many domains is uploaded
 * once. Destroying the resource takes the certificate off and leaves the domain bound.
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
  /** `Enabled`, `Disabled`, `Pending` with its binding, or `Removed` when a refresh found none. */
  declare readonly status: pulumi.Output<string>;

  constructor(name: string, args: CnameCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "cnameCertificate",
      "CnameCertificate",
      name,
      {
        chainDigest: undefined,
        fingerprint: undefined,
        validFrom: undefined,
        validTo: undefined,
        status: undefined,
        certId: undefined,
        ...args,
        ...(args.privateKey !== undefined && { privateKey: pulumi.secret(args.privateKey) }),
      },
      opts,
    );
    warnBeforeEnd(this, args);
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

/** Without a certificate it is `Pending`, and what was on record is remembered, to be put on the binding when there is one. */
function outputs(
  binding: BindingInputs,
  ensured: EnsuredCertificate | undefined,
  recorded?: RecordedCertificate,
): RecordedCertificate {
  if (ensured === undefined)
    return plain({ ...without(binding, "Pending"), ...recorded, ...bindingOf(binding), status: "Pending" });
  const { listed, chainDigest } = ensured;
  return plain({
    ...bindingOf(binding),
    certId: listed.certId,
    chainDigest,
    fingerprint: listed.fingerprint,
    validFrom: isoDate(listed.validStartDate),
    validTo: isoDate(listed.validEndDate),
    status: listed.status || "Enabled",
  });
}

function without(binding: BindingInputs, status: "Pending" | "Removed"): RecordedCertificate {
  const nothing = { certId: "", chainDigest: "", fingerprint: "", validFrom: "", validTo: "" };
  return { ...bindingOf(binding), ...nothing, status };
}

function isoDate(text: string): string {
  return parseDate(text)?.toISOString() ?? text;
}

const warned = new Set<string>();

/**
 * Warns of an end that is near. It is the program that warns, because only here does a warning belong to a resource: as soon as the
 * end is known, so in previews of new certificates too.
 */
function warnBeforeEnd(resource: CnameCertificate, args: CnameCertificateArgs): void {
  const warn = (key: string, name: string, end: Date, days: number) => {
    const left = Math.floor((end.getTime() - clock.now()) / DAY_MS);
    if (Number.isNaN(left) || left >= days || warned.has(key)) return;
    warned.add(key);
    const when = left < 0 ? "ended on" : `ends in ${left} day${left === 1 ? "" : "s"}, on`;
    void pulumi.log.warn(`the certificate ${name} ${when} ${end.toISOString()}: renew it`, resource);
  };
  pulumi
    .all([args.certificate, args.certificateFile, args.expiryWarningDays])
    .apply(([certificate, certificateFile, days = EXPIRY_WARNING_DAYS]) => {
      const read = readChainQuietly({ certificate, certificateFile });
      if (read !== undefined)
        return warn(read.chainDigest, `for ${read.names.join(", ") || read.commonName}`, read.validTo, days);
      pulumi
        .all([resource.certId, resource.domain, resource.validTo])
        .apply(([certId, domain, end]) => warn(certId, `${certId} of ${domain}`, new Date(end), days));
    });
}
