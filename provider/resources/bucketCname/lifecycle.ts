import type * as pulumi from "@pulumi/pulumi";
import { cnameTargetOf } from "../../bucket";
import { resolveLocation } from "../../config/location";
import { bucketProblem, endpointProblem, regionProblem } from "../../oss/endpoint";
import type { BindingInputs } from "../binding";
import { bindingOf, checkBinding, diffBinding } from "../binding";
import type { CheckFailure, Found, ResourceProvider } from "../lifecycle";
import { failuresOf, isUnknown, Lifecycle, PartialFailure, plain, UNKNOWN } from "../lifecycle";
import { locate } from "../locate";
import { preflight } from "../preflight";
import { bindWhenProven } from "./bind";
import { foresee } from "./foresee";
import { BoundNowhere, findBinding, findSource } from "./move";
import type { BucketCnameArgs } from "./resource";

type Inputs = pulumi.Unwrap<BucketCnameArgs> & {
  /** `customTimeouts`, which Pulumi does not pass on to dynamic resources. */
  readonly createTimeoutSeconds?: number;
  readonly updateTimeoutSeconds?: number;
};

interface Outputs extends BindingInputs {
  readonly status: string;
  readonly pendingReason: string;
  readonly cnameTarget: string;
  /** In states of earlier releases there is none. */
  readonly recordState?: string;
  /** Where the domain still is while its move to `bucket` is pending. */
  readonly boundTo?: BindingInputs;
  /** What was learned of OSS while the binding is pending: see `Unproven`. */
  readonly checksProofFirst?: boolean;
}

/** What became of a binding. */
type Bound = Pick<Outputs, "status" | "recordState" | "boundTo" | "checksProofFirst"> & {
  readonly pendingReason?: string;
};

export class BucketCnameLifecycle extends Lifecycle implements ResourceProvider<Inputs, Outputs> {
  async check(olds: Partial<Inputs>, news: Inputs) {
    const { run } = this;
    const { inputs, failures: ofBinding } = checkBinding(news);
    if (!isUnknown(inputs.domain)) run.declared.bindings.add(inputs.domain);
    const failures = [...ofBinding, ...checkOptions(inputs)];
    const withTarget = { ...inputs, ...this.#foreseenTarget(inputs) };
    return { inputs: withTarget, failures: failures.length > 0 ? failures : await this.foresee(olds, inputs) };
  }

  /** What is in the way of inputs that are right by themselves, where the domain is new. */
  foresee(olds: Partial<Inputs>, inputs: Inputs): Promise<CheckFailure[]> {
    return preflight(this.run, olds, inputs, () => foresee(this.run, inputs));
  }

  async diff(_id: string, olds: Outputs, news: Inputs) {
    const { changes, replaces } = diffBinding(olds, news);
    return { changes: changes || olds.status === "Pending", replaces };
  }

  preview(inputs: Inputs) {
    const { cnameTarget = UNKNOWN } = this.#foreseenTarget(inputs);
    return { ...bindingOf(inputs), status: UNKNOWN, pendingReason: UNKNOWN, recordState: UNKNOWN, cnameTarget };
  }

  toDo(_inputs: Inputs, { pendingReason }: Outputs) {
    return pendingReason ? [pendingReason] : [];
  }

  async create(inputs: Inputs, timeoutSeconds = inputs.createTimeoutSeconds) {
    const id = inputs.domain;
    try {
      return { id, outs: this.#outputs(inputs, await this.#ensure(inputs, timeoutSeconds)) };
    } catch (error) {
      // The next `up` must finish what was begun.
      if (error instanceof BoundNowhere) {
        const outs = this.#outputs(inputs, { status: "Pending", pendingReason: error.message });
        throw new PartialFailure(id, inputs, outs, error);
      }
      throw error;
    }
  }

  async read(id: string, props?: Outputs): Promise<Found<Partial<Inputs>, Outputs>> {
    const recorded = props?.status === undefined ? undefined : props;
    const binding = recorded ? bindingOf(recorded) : await locate(this.run, "BucketCname", id, props);
    const found = await findBinding(this.run, recorded?.boundTo ?? binding);
    if (found !== undefined && props === undefined)
      return { id: binding.domain, props: this.#outputs(binding, found), inputs: binding };
    if (found !== undefined) return { id, props: recorded?.boundTo ? recorded : this.#outputs(binding, found) };
    if (recorded === undefined)
      throw new Error(`No BucketCname ${id}: bucket ${binding.bucket} does not list the domain`);
    if (recorded.status !== "Pending") return { id: "" };
    const { boundTo, ...pending } = recorded;
    return { id, props: pending };
  }

  async update(_id: string, olds: Outputs, news: Inputs, timeoutSeconds = news.updateTimeoutSeconds) {
    return { outs: this.#outputs(news, await this.#ensure(news, timeoutSeconds, olds)) };
  }

  async delete(_id: string, props: Outputs) {
    if (this.run.declared.bindings.has(props.domain)) return;
    const where = props.boundTo ?? props;
    // A domain that somebody else has moved is not ours to unbind where it is now.
    if ((await findBinding(this.run, where)) !== undefined) await this.run.bucket(where).unbind(props.domain);
  }

  /** One flow whether the binding is missing, ours already, or still with another bucket. */
  async #ensure(inputs: Inputs, timeoutSeconds: number | undefined, olds?: Outputs): Promise<Bound> {
    const { run } = this;
    const { domain, token, confirmedToken, unverified = "wait" } = inputs;
    const bucket = run.bucket(inputs);
    const pendingKey = `${bucket.name}/${domain}`;
    run.pendingBindings.delete(pendingKey);
    const found = await bucket.binding(domain, { looks: 2 });
    if (found !== undefined) return found;
    const source = await findSource(run, inputs, olds);
    const seconds = inputs.dnsTimeoutSeconds ?? timeoutSeconds ?? run.settings.dnsTimeoutSeconds;
    const deadline = run.clock.now() + 1000 * seconds;
    const looks = (inputs.verification ?? run.settings.choice("oss-cname:verification")) !== "none";
    try {
      const unproven = await bindWhenProven(run, {
        ...{ domain, bucket, token, source, looks, unverified, deadline, confirmedToken },
        checksProofFirst: olds?.checksProofFirst ?? false,
      });
      if (unproven === undefined) return { status: "Enabled" };
      run.pendingBindings.add(pendingKey);
      return { status: "Pending", ...unproven, ...(source?.ours && { boundTo: source.binding }) };
    } finally {
      run.notices.doneWaiting(domain);
    }
  }

  /** An output that is known beforehand: as an input, previews show it, and can look for what is in the CNAME's way. */
  #foreseenTarget({ bucket, region, endpoint }: Inputs): Partial<Outputs> {
    if ([bucket, region, endpoint].some(isUnknown)) return {};
    const cnameTarget = cnameTargetOf(bucket, resolveLocation({ region, endpoint }, this.run.settings).region);
    return cnameTarget === "" ? {} : { cnameTarget };
  }

  #outputs(
    binding: BindingInputs,
    { status, pendingReason = "", recordState = "", boundTo, checksProofFirst }: Bound,
  ): Outputs {
    // Visitors must still be led to the bucket that has the domain.
    const { cnameTarget } = this.run.bucket(boundTo ?? binding);
    return plain({
      ...{ ...bindingOf(binding), status, pendingReason, recordState, cnameTarget },
      ...(boundTo && { boundTo }),
      ...(checksProofFirst && { checksProofFirst }),
    });
  }
}

function checkOptions({ bucket, verification, unverified, dnsTimeoutSeconds, takeover }: Inputs): CheckFailure[] {
  const oneOf = (allowed: string[]) => (value: string) =>
    allowed.includes(value) ? undefined : `${JSON.stringify(value)} is not ${allowed.join(" or ")}`;
  const failures = failuresOf([
    ["verification", verification, oneOf(["authoritative", "none"])],
    ["unverified", unverified, oneOf(["wait", "pending"])],
    ["dnsTimeoutSeconds", dnsTimeoutSeconds, secondsProblem],
  ]);
  if (takeover === undefined || isUnknown(takeover)) return failures;
  const takeoverProblem = (name: string) =>
    name === bucket ? "it names the bucket that the domain is to be bound to" : bucketProblem(name);
  return [
    ...failures,
    ...failuresOf([
      ["takeover", takeover.bucket ?? "", takeoverProblem],
      ["takeover", takeover.region, regionProblem],
      ["takeover", takeover.endpoint, endpointProblem],
    ]),
  ];
}

function secondsProblem(value: unknown): string | undefined {
  return typeof value === "number" && value >= 0 ? undefined : `${JSON.stringify(value)} is not a number of seconds`;
}
