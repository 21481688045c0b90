import type * as pulumi from "@pulumi/pulumi";
import { ActionableError, factsOf } from "../../actionableError";
import type { Bucket } from "../../bucket";
import { foldName } from "../../names";
import { bucketProblem, endpointProblem, regionProblem } from "../../oss/endpoint";
import { isOssError } from "../../oss/error";
import type { BindingInputs } from "../binding";
import { bindingOf, checkBinding, diffBinding } from "../binding";
import type { CheckFailure } from "../lifecycle";
import { failuresOf, isUnknown, Lifecycle, PartialFailure, plain } from "../lifecycle";
import { bindWhenProven } from "./bind";
import type { Source } from "./move";
import { BoundNowhere } from "./move";
import type { BucketCnameArgs } from "./resource";

type Inputs = pulumi.Unwrap<BucketCnameArgs> & {
  /** `customTimeouts`, which Pulumi does not pass on. */
  readonly createTimeoutSeconds?: number;
  readonly updateTimeoutSeconds?: number;
};

interface Outputs extends BindingInputs {
  readonly status: string;
  readonly pendingReason: string;
  readonly cnameTarget: string;
  /** Where the domain still is while its move to `bucket` is pending. */
  readonly boundTo?: BindingInputs;
}

export class BucketCnameLifecycle extends Lifecycle implements pulumi.dynamic.ResourceProvider<Inputs, Outputs> {
  async check(_olds: Inputs, news: Inputs) {
    const { inputs, failures } = checkBinding(news);
    if (!isUnknown(inputs.domain)) this.run.declared.bindings.add(inputs.domain);
    return { inputs, failures: [...failures, ...checkOptions(inputs)] };
  }

  async diff(_id: string, olds: Outputs, news: Inputs) {
    const { changes, replaces } = diffBinding(olds, news);
    return { changes: changes || olds.status === "Pending", replaces };
  }

  async create(inputs: Inputs) {
    const id = inputs.domain;
    try {
      return { id, outs: await this.#ensure(inputs, inputs.createTimeoutSeconds) };
    } catch (error) {
      // The next `up` must finish what was begun.
      if (error instanceof BoundNowhere) {
        const pending = outputs(inputs, this.run.bucket(inputs), "Pending", { pendingReason: error.message });
        throw new PartialFailure(id, inputs, pending, error);
      }
      throw error;
    }
  }

  async read(id: string, props?: Outputs) {
    const binding = bindingOf({ ...props, domain: foldName(id) } as BindingInputs);
    const recorded = props?.status === undefined ? undefined : props;
    const found = await this.#find(recorded?.boundTo ?? binding);
    if (found !== undefined)
      return { id, props: recorded?.boundTo ? recorded : outputs(binding, this.run.bucket(binding), found.status) };
    if (recorded === undefined)
      throw new Error(`No BucketCname ${id}: bucket ${binding.bucket} does not list the domain`);
    if (recorded.status !== "Pending") return { id: "" };
    const { boundTo, ...pending } = recorded;
    return { id, props: pending };
  }

  async update(_id: string, olds: Outputs, news: Inputs) {
    return { outs: await this.#ensure(news, news.updateTimeoutSeconds, olds) };
  }

  async delete(_id: string, props: Outputs) {
    if (this.run.declared.bindings.has(props.domain)) return;
    const where = props.boundTo ?? props;
    // A domain that somebody else has moved is not ours to unbind where it is now.
    if ((await this.#find(where)) !== undefined) await this.run.bucket(where).unbind(props.domain);
  }

  /** One flow whether the binding is missing, ours already, or still with another bucket. */
  async #ensure(inputs: Inputs, timeoutSeconds: number | undefined, olds?: Outputs): Promise<Outputs> {
    const { run } = this;
    const { domain, unverified = "wait" } = inputs;
    const bucket = run.bucket(inputs);
    const pendingKey = `${bucket.name}/${domain}`;
    run.pendingBindings.delete(pendingKey);
    const found = await bucket.binding(domain, { looks: 2 });
    if (found !== undefined) {
      if (olds === undefined)
        await run.notices.say(`${domain} is bound to bucket ${bucket.name} already and was adopted`);
      return outputs(inputs, bucket, found.status);
    }
    const source = (await this.#ownSource(inputs, olds)) ?? (await this.#takeover(inputs, olds));
    const seconds = inputs.dnsTimeoutSeconds ?? timeoutSeconds ?? run.settings.dnsTimeoutSeconds;
    const deadline = run.clock.now() + 1000 * seconds;
    const looks = (inputs.verification ?? run.settings.choice("oss-cname:verification")) !== "none";
    const proof = await findProof(bucket, inputs);
    try {
      const reason = await bindWhenProven(run, { domain, bucket, proof, source, looks, unverified, deadline });
      if (reason === undefined) return outputs(inputs, bucket, "Enabled");
      run.pendingBindings.add(pendingKey);
      return outputs(inputs, bucket, "Pending", {
        pendingReason: reason,
        ...(source?.ours && { boundTo: source.binding }),
      });
    } finally {
      run.notices.doneWaiting(domain);
    }
  }

  /** The binding as OSS lists it; `undefined` also when its bucket is gone. */
  #find(binding: BindingInputs) {
    return this.run.bucket(binding).binding(binding.domain, { looks: 2, bucketMayBeGone: true });
  }

  /** The bucket that this resource bound the domain to before. */
  async #ownSource(inputs: Inputs, olds: Outputs | undefined): Promise<Source | undefined> {
    if (olds === undefined || (olds.status === "Pending" && olds.boundTo === undefined)) return undefined;
    const binding = bindingOf(olds.boundTo ?? olds);
    // A bucket has one name, wherever it is reached.
    if (binding.bucket === inputs.bucket || (await this.#find(binding)) === undefined) return undefined;
    return { binding, bucket: this.run.bucket(binding), ours: true };
  }

  /** The bucket that the user allows us to take the domain from. */
  async #takeover({ domain, takeover, ...place }: Inputs, olds: Outputs | undefined): Promise<Source | undefined> {
    if (takeover === undefined) return undefined;
    const region = takeover.region ?? place.region;
    const endpoint = takeover.endpoint ?? (region === place.region ? place.endpoint : undefined);
    const binding = plain({ domain, bucket: takeover.bucket, region, endpoint }) as BindingInputs;
    if ((await this.#find(binding)) !== undefined) return { binding, bucket: this.run.bucket(binding), ours: false };
    // An earlier takeover that got no further may have unbound it there.
    if (olds?.status === "Pending") return undefined;
    throw new ActionableError(
      `Cannot take ${domain} over from bucket ${takeover.bucket}: that bucket does not list it. Nothing was changed.`,
      "correct takeover, or leave it out if the domain is bound nowhere",
    );
  }
}

/** The value that OSS expects in DNS. A token in the inputs that differs has expired, and so has the record made from it. */
async function findProof(bucket: Bucket, { domain, token }: Inputs): Promise<string> {
  const stale = `the CnameToken of ${domain} in the state is not valid any more.`;
  const refresh = "run `pulumi refresh` and then `pulumi up`, which gets another and changes the TXT record";
  try {
    const proof = await bucket.proof(domain);
    if (!token || token === proof) return proof;
    throw new ActionableError(
      `Bucket ${bucket.name} expects the token ${proof} of ${domain}, not ${token}: ${stale}`,
      refresh,
    );
  } catch (error) {
    if (!isOssError(error, "CnameTokenNotFound")) throw error;
    if (token !== undefined) throw new ActionableError(`${factsOf(error)} This means that ${stale}`, refresh);
    throw new ActionableError(
      `${factsOf(error)} The binding of ${domain} needs a token first.`,
      `declare a CnameToken for bucket ${bucket.name} and let this resource depend on it`,
    );
  }
}

function outputs(
  binding: BindingInputs,
  bucket: Bucket,
  status: string,
  pending: Partial<Pick<Outputs, "pendingReason" | "boundTo">> = {},
): Outputs {
  return plain({
    ...bindingOf(binding),
    status,
    pendingReason: pending.pendingReason ?? "",
    cnameTarget: bucket.cnameTarget,
    ...(pending.boundTo && { boundTo: pending.boundTo }),
  });
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
