import type * as pulumi from "@pulumi/pulumi";
import { ActionableError, factsOf } from "../../actionableError";
import { Cancelled } from "../../cancellation";
import { isCasError } from "../../cas/error";
import { NO_CERTIFICATE } from "../cnameCertificate/desired";
import { isUnknown, Lifecycle, plain } from "../lifecycle";
import { findAdoptable } from "./adopt";
import type { Inputs } from "./declared";
import { checkDeclared } from "./declared";
import type { Reason, RecordedCertificate } from "./due";
import { changeOf, listed, renewalOf } from "./due";
import { issue, recommendation } from "./issue";
import { limitProblem } from "./limits";
import { readyNames } from "./ready";
import { retire } from "./retire";

export class AcmeCertificateLifecycle
  extends Lifecycle
  implements pulumi.dynamic.ResourceProvider<Inputs, RecordedCertificate>
{
  async check(olds: Partial<Inputs>, news: Inputs) {
    const { inputs, failures } = checkDeclared(news, (given) => this.run.acmeDirectory(given));
    if (failures.length > 0 || isAnyUnknown(inputs)) return { inputs, failures };
    const isNew = inputs.names.some((name) => !olds.names?.includes(name)) || olds.directory !== inputs.directory;
    const problem = isNew ? limitProblem(this.run, inputs) : undefined;
    return { inputs, failures: problem === undefined ? [] : [{ property: "names", reason: problem }] };
  }

  async diff(_id: string, olds: RecordedCertificate, news: Inputs) {
    const reason = await this.#reason(olds, news);
    const { notices } = this.run;
    if (reason?.isRenewal) notices.tell(`the certificate for ${listed(olds.covers)} is to be renewed: ${reason.text}`);
    const retires = news.retire === true && olds.superseded.length > 0;
    return { changes: reason !== undefined || olds.status === "Pending" || retires, replaces: [] };
  }

  async create(inputs: Inputs) {
    const [id = ""] = inputs.names;
    return { id, outs: await this.#issue(inputs) };
  }

  /** What was uploaded, as long as it is there; where that may not be looked at, it counts as there. */
  async read(id: string, props?: RecordedCertificate) {
    if (props?.certId === undefined)
      throw new Error("AcmeCertificate cannot be imported: declare it, and a certificate is issued");
    if (props.certId === NO_CERTIFICATE) return { id, props };
    try {
      return (await this.run.cas.describe(props.certId)) === undefined ? { id: "" } : { id, props };
    } catch (error) {
      if (!isCasError(error) || error.status !== 403) throw error;
      await this.run.notices.say(`whether certificate ${props.certId} is there still is not known: ${factsOf(error)}`);
      return { id, props };
    }
  }

  async update(_id: string, olds: RecordedCertificate, news: Inputs) {
    const reason = await this.#reason(olds, news);
    if (reason !== undefined || olds.status === "Pending") return { outs: await this.#reissue(olds, news, reason) };
    // Not where a new one was just ordered: a failure to delete an old one must not keep domains from it.
    if (!news.retire) return { outs: olds };
    return { outs: { ...olds, superseded: await retire(this.run, olds.superseded, news.buckets ?? []) } };
  }

  /** Somebody may have the certificate in use, so it stays where it was uploaded. */
  async delete() {}

  /** A certificate that is valid for a while yet stays, whatever keeps it from being renewed. */
  async #reissue(olds: RecordedCertificate, news: Inputs, reason: Reason | undefined): Promise<RecordedCertificate> {
    try {
      return await this.#issue(news, olds, reason);
    } catch (error) {
      const left = Date.parse(olds.validTo) - this.run.clock.now();
      if (!reason?.isRenewal || left < LEAST_LEFT_MS || error instanceof Cancelled) throw error;
      const problem = `the certificate for ${listed(olds.covers)} could not be renewed. It is valid until ${olds.validTo}, and every \`pulumi up\` tries again. ${(error as Error).message}`;
      return { ...olds, renewalProblem: problem };
    }
  }

  /** Why a certificate is to be ordered. Sends nothing but one question to the CA. */
  async #reason(recorded: RecordedCertificate, inputs: Inputs): Promise<Reason | undefined> {
    if (isAnyUnknown(inputs)) return { isRenewal: false, text: "" };
    const change = changeOf(recorded, inputs);
    if (change !== undefined || recorded.certId === NO_CERTIFICATE) return change;
    const recommended =
      inputs.renewBefore === undefined
        ? await recommendation(this.run, recorded.directory, recorded.renewalId)
        : undefined;
    return renewalOf(recorded, inputs, recommended, this.run.clock.now());
  }

  /** Orders for the names that can be proven; where there is nothing to order, what is on record stays. */
  async #issue(inputs: Inputs, olds?: RecordedCertificate, reason?: Reason): Promise<RecordedCertificate> {
    const { names, directory, profile, keyType } = inputs;
    const isThroughBucket = inputs.challenge === "http-01";
    const { ready, unready } = isThroughBucket
      ? await readyNames(this.run, inputs, { mayWait: !reason?.isRenewal })
      : { ready: [], unready: [] };
    const pending = unready.map(({ why }) => why).join("; ");
    if (pending !== "" && inputs.unready !== "pending") throw unreadyError(pending);
    const provable = isThroughBucket ? ready.map(({ name }) => name) : names;
    const status = pending === "" ? ("Issued" as const) : ("Pending" as const);
    const pendingReason =
      pending === "" ? "" : `waiting for a certificate: ${pending}. Every \`pulumi up\` looks again`;
    const before = olds ?? NOTHING;
    const change = changeOf(before, { ...inputs, names: provable });
    if (provable.length === 0 || (change === undefined && !reason?.isRenewal))
      return { ...before, status, pendingReason };
    const adopted = olds === undefined && pending === "" ? await findAdoptable(this.run, inputs) : undefined;
    const replaces = before.directory === directory && before.renewalId !== "" ? before.renewalId : undefined;
    const issued = adopted ?? (await issue(this.run, { inputs, names: provable, ready, replaces }));
    const superseded = before.certId === NO_CERTIFICATE ? [] : [before.certId];
    return plain({
      ...{ directory, profile, keyType, status, pendingReason, renewalProblem: "", ...issued },
      superseded: [...before.superseded, ...superseded],
    });
  }
}

/** With less than this left, a renewal that fails is an error. */
const LEAST_LEFT_MS = 24 * 60 * 60 * 1000;

const NOTHING: RecordedCertificate = {
  ...{ certId: NO_CERTIFICATE, covers: [], status: "Pending", pendingReason: "", directory: "", keyType: "" },
  ...{ validFrom: "", validTo: "", fingerprint: "", chainDigest: "", renewalId: "", renewAt: "" },
  ...{ renewalProblem: "", superseded: [] },
};

function isAnyUnknown({ names, directory, buckets = [], profile, keyType, renewBefore }: Inputs): boolean {
  return [names, directory, buckets, profile, keyType, renewBefore, ...names].some(isUnknown);
}

function unreadyError(pending: string): ActionableError {
  return new ActionableError(
    `The CA cannot be shown an object in the bucket: ${pending}. Nothing was ordered.`,
    "let the domain lead to the bucket by a CNAME record, or prove it by dns-01",
  );
}
