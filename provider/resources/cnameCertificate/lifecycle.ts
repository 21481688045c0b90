import { isoDate } from "../../oss/xml";
import type { BindingInputs } from "../binding";
import { bindingOf, checkBinding, diffBinding } from "../binding";
import type { CheckFailure, Found, ResourceProvider } from "../lifecycle";
import { isChanged, isUnknown, Lifecycle, plain, UNKNOWN } from "../lifecycle";
import { locate } from "../locate";
import type { CertificateInputs } from "./desired";
import { checkCertificate } from "./desired";
import type { EnsuredCertificate } from "./ensure";
import { ensureCertificate, findCertificate, removeCertificate } from "./ensure";
import { findForeign } from "./foreign";
import type { RecordedCertificate } from "./match";
import { expiryWarnings } from "./warnings";

export class CnameCertificateLifecycle
  extends Lifecycle
  implements ResourceProvider<CertificateInputs, RecordedCertificate>
{
  async check(olds: CertificateInputs, news: CertificateInputs) {
    const checked = checkBinding(news);
    const { failures, added } = checkCertificate(olds, checked.inputs, this.run);
    const inputs = { ...checked.inputs, ...added };
    this.note(olds, inputs);
    const all = [...checked.failures, ...failures];
    return { inputs, failures: all.length > 0 ? all : await this.foresee(olds, inputs) };
  }

  /** Notes what the program declares and what the state has. */
  note(olds: Partial<CertificateInputs>, inputs: CertificateInputs): void {
    if (!isUnknown(inputs.domain)) this.run.declared.certificates.add(inputs.domain);
    if (olds.domain !== undefined) this.run.knownCertificates.noteDomainInState(olds.domain);
  }

  /** Somebody else's certificate in the way of inputs that are right by themselves: Pulumi calls no create in a preview. */
  async foresee(olds: Partial<CertificateInputs>, inputs: CertificateInputs): Promise<CheckFailure[]> {
    const foreign = olds.domain === undefined ? await this.#foreign(inputs) : undefined;
    return foreign === undefined ? [] : [{ property: "", reason: foreign.message }];
  }

  async diff(_id: string, olds: RecordedCertificate, news: CertificateInputs) {
    this.run.knownCertificates.noteChain(olds);
    const { changes, replaces } = diffBinding(olds, news);
    const swapped =
      news.certId !== undefined ? isChanged(olds.certId, news.certId) : isChanged(olds.chainDigest, news.chainDigest);
    const isChange = changes || swapped || olds.status === "Pending";
    // Pulumi does not call update in a preview. The new domain of a replacement has been looked at by check.
    const foreign = isChange && replaces.length === 0 ? await this.#foreign(news, olds) : undefined;
    if (foreign !== undefined) throw foreign;
    return { changes: isChange, replaces };
  }

  preview(inputs: CertificateInputs) {
    const { certId = UNKNOWN, validTo = UNKNOWN } = inputs;
    const chainDigest = inputs.chainDigest ?? (inputs.certId === undefined ? UNKNOWN : "");
    const unknown = { fingerprint: UNKNOWN, validFrom: UNKNOWN, status: UNKNOWN };
    return { ...bindingOf(inputs), certId, chainDigest, validTo, ...unknown };
  }

  warnings(inputs: CertificateInputs, outs?: RecordedCertificate) {
    const placed = outs && { name: `${outs.certId} of ${outs.domain}`, validTo: outs.validTo };
    return expiryWarnings(this.run, inputs, placed);
  }

  async create(inputs: CertificateInputs) {
    return { id: inputs.domain, outs: outputs(inputs, await ensureCertificate(this.run, inputs)) };
  }

  async read(id: string, props?: RecordedCertificate): Promise<Found<Partial<CertificateInputs>, RecordedCertificate>> {
    const recorded = props?.status === undefined ? undefined : props;
    const binding = recorded ? bindingOf(recorded) : await locate(this.run, "CnameCertificate", id, props);
    const found = await findCertificate(this.run, binding, recorded?.certId ?? "");
    const listed = found?.certificate;
    if (recorded === undefined) {
      const isImport = props === undefined;
      if (listed !== undefined)
        return {
          id: isImport ? binding.domain : id,
          props: outputs(binding, { listed, chainDigest: "" }),
          ...(isImport && { inputs: { ...binding, certId: listed.certId } }),
        };
      throw new Error(`No CnameCertificate ${id}: bucket ${binding.bucket} lists no certificate on the domain`);
    }
    if (listed === undefined) {
      if (recorded.status === "Pending") return { id, props: recorded };
      return found === undefined ? { id: "" } : { id, props: without(binding, "Removed") };
    }
    if (listed.certId !== recorded.certId) return { id, props: outputs(binding, { listed, chainDigest: "" }) };
    // The fingerprint on record may be complete where the list masks it.
    const fingerprint = recorded.fingerprint || listed.fingerprint;
    return { id, props: outputs(binding, { listed: { ...listed, fingerprint }, chainDigest: recorded.chainDigest }) };
  }

  async update(_id: string, olds: RecordedCertificate, news: CertificateInputs) {
    return { outs: outputs(news, await ensureCertificate(this.run, news, olds), olds) };
  }

  async delete(_id: string, props: RecordedCertificate) {
    if (!this.run.declared.certificates.has(props.domain)) await removeCertificate(this.run, props, props.certId);
  }

  /** Somebody else's certificate in the way of inputs that are all known. */
  async #foreign(inputs: CertificateInputs, olds?: RecordedCertificate) {
    return Object.values(inputs).some(isUnknown) ? undefined : findForeign(this.run, inputs, olds);
  }
}

/**
 * Without a certificate it is `Pending`, and what was on record is kept, to be put on the binding once there is one.
 */
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
  return { ...bindingOf(binding), certId: "", chainDigest: "", fingerprint: "", validFrom: "", validTo: "", status };
}
