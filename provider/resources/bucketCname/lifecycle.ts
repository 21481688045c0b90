import * as pulumi from "@pulumi/pulumi";
import type { Bucket } from "../../bucket";
import { bucketAt, observeBinding } from "../../bucket";
import { clock } from "../../clock";
import { configure, regionOf } from "../../config/connection";
import { choice, dnsServers, setting } from "../../config/settings";
import { isDeclared, noteDeclared } from "../../declared";
import { foldName } from "../../dns/query";
import type { TxtLook } from "../../dns/txt";
import { describeLook, lookForTxt } from "../../dns/txt";
import { doneWaiting, notice, waitingFor } from "../../notices";
import { bucketProblem, endpointProblem, publicHost, regionProblem } from "../../oss/endpoint";
import { isOssError } from "../../oss/error";
import type { BindingInputs } from "../binding";
import { bindingOf, checkBinding, diffBinding, txtRecordName } from "../binding";
import { OssDynamicResource } from "../dynamicResource";
import type { CheckFailure } from "../lifecycle";
import { isUnknown, PartialFailure, plain } from "../lifecycle";

/** Another bucket, which a domain is taken from. */
export interface TakeoverArgs {
  readonly bucket: pulumi.Input<string>;
  /** Default: the binding's own region. */
  readonly region?: pulumi.Input<string>;
  /** Default: the binding's own endpoint, when the region is the same. */
  readonly endpoint?: pulumi.Input<string>;
}

/** What a user writes. */
export interface BucketCnameArgs {
  /** Bucket that answers for the domain. Changing it moves the domain, in place: the old binding stands until the new TXT record is seen. */
  readonly bucket: pulumi.Input<string>;
  /** Domain to bind. Changing it replaces the resource. */
  readonly domain: pulumi.Input<string>;
  /** Region of the bucket. Default: the provider's. Changed in place. */
  readonly region?: pulumi.Input<string>;
  /** OSS endpoint. Default: the public one of the region. Changed in place. */
  readonly endpoint?: pulumi.Input<string>;
  /** The token of the domain, when it comes from a `CnameToken`; otherwise OSS is asked for it. Changing it alone changes nothing. */
  readonly token?: pulumi.Input<string>;
  /**
   * How to make sure of the TXT record before binding: `authoritative` (default) asks the zone's own servers, `none` leaves it to OSS.
   * Default: `oss-cname:verification`. Changing it alone changes nothing.
   */
  readonly verification?: pulumi.Input<"authoritative" | "none">;
  /**
   * What to do while the TXT record is not there: `wait` (default) until it is or the time is over, or look once and become
   * `Pending`, a warning and no failure, tried again by every later `up`.
   */
  readonly unverified?: pulumi.Input<"wait" | "pending">;
  /** Seconds to wait for DNS and for OSS to accept it. Default: `customTimeouts`, then `oss-cname:dnsTimeoutSeconds`, then 900. */
  readonly dnsTimeoutSeconds?: pulumi.Input<number>;
  /** Consent to take the domain from another bucket that it is bound to. Refused unless that bucket lists it. */
  readonly takeover?: pulumi.Input<TakeoverArgs>;
}

interface Inputs extends BindingInputs {
  readonly token?: string;
  readonly verification?: "authoritative" | "none";
  readonly unverified?: "wait" | "pending";
  readonly dnsTimeoutSeconds?: number;
  /** `customTimeouts`, which Pulumi does not pass on. */
  readonly createTimeoutSeconds?: number;
  readonly updateTimeoutSeconds?: number;
  readonly takeover?: { readonly bucket: string; readonly region?: string; readonly endpoint?: string };
}

interface Outputs extends BindingInputs {
  readonly status: string;
  readonly pendingReason: string;
  readonly cnameTarget: string;
  /** Where the domain still is while its move to `bucket` is pending. */
  readonly boundTo?: BindingInputs;
}

const DNS_TIMEOUT_SECONDS = 900;
const FIRST_LOOK_PAUSE_MS = 1000;
const LONGEST_LOOK_PAUSE_MS = 10_000;
/** OSS has its own idea of DNS: after a right record it may need a while, and is asked ever more seldom. */
const FIRST_ASK_PAUSE_MS = 5000;
const LONGEST_ASK_PAUSE_MS = 60_000;
/** Without a look at DNS, every question to OSS is a write that fails. */
const BLIND_ASK_PAUSE_MS = 15_000;

const MOVE_PAUSES_MS = [500, 1000, 2000];

/** @internal */
export const bucketCnameProvider: pulumi.dynamic.ResourceProvider<Inputs, Outputs> = {
  configure,

  check(_olds, news) {
    const { inputs, failures } = checkBinding(news);
    failures.push(...checkOptions(inputs));
    if (failures.length === 0) noteDeclared("binding", inputs.domain);
    return Promise.resolve({ inputs, failures });
  },

  diff(_id, olds, news) {
    const { changes, replaces } = diffBinding(olds, news);
    return Promise.resolve({ changes: changes || olds.status === "Pending", replaces });
  },

  async create(inputs) {
    const id = inputs.domain;
    try {
      return { id, outs: await ensure(inputs, inputs.createTimeoutSeconds) };
    } catch (error) {
      // What was begun must be finished by the next `up`.
      if (error instanceof BoundNowhere)
        throw new PartialFailure(id, inputs, outputs(inputs, "Pending", error.message), error);
      throw error;
    }
  },

  async read(id, props) {
    const binding = bindingOf({ ...props, domain: foldName(id) } as BindingInputs);
    const recorded = props?.status === undefined ? undefined : props;
    const found = await observeBinding(recorded?.boundTo ?? binding);
    if (found !== undefined) return { id, props: recorded?.boundTo ? recorded : outputs(binding, found.status) };
    if (recorded === undefined)
      throw new Error(`No BucketCname ${id}: bucket ${binding.bucket} does not list the domain`);
    if (recorded.status !== "Pending") return { id: "" };
    const { boundTo, ...pending } = recorded;
    return { id, props: pending };
  },

  async update(_id, olds, news) {
    return { outs: await ensure(news, news.updateTimeoutSeconds, olds) };
  },

  async delete(_id, props) {
    if (isDeclared("binding", props.domain)) return;
    const where = props.boundTo ?? props;
    // Moved away by somebody else: what is bound there is not ours to unbind.
    if ((await observeBinding(where)) !== undefined) await bucketAt(where).unbind(props.domain);
  },
};

/**
 * A domain bound to a bucket.
 *
 * A domain that the bucket lists already is adopted without a write. Otherwise the TXT record of its token is looked for at the zone's own
 * servers until all of them have it, and then the domain is bound by one PutCname. Destroying it unbinds the domain, unless it has
 * moved to another bucket meanwhile.
 */
export class BucketCname extends OssDynamicResource {
  declare readonly bucket: pulumi.Output<string>;
  declare readonly domain: pulumi.Output<string>;
  /** `Enabled`, `Disabled`, or `Pending` while the TXT record is missing. */
  declare readonly status: pulumi.Output<string>;
  /** What a `Pending` binding waits for, for a person to read; empty otherwise. */
  declare readonly pendingReason: pulumi.Output<string>;
  /** Where a CNAME record of the domain should point. */
  declare readonly cnameTarget: pulumi.Output<string>;

  constructor(name: string, args: BucketCnameArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "bucketCname",
      "BucketCname",
      name,
      {
        status: undefined,
        pendingReason: undefined,
        cnameTarget: undefined,
        createTimeoutSeconds: seconds(opts?.customTimeouts?.create),
        updateTimeoutSeconds: seconds(opts?.customTimeouts?.update),
        ...args,
      },
      opts,
    );
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

/** Observe, then ensure: one flow whether the binding is missing, ours already, or still with another bucket. */
async function ensure(inputs: Inputs, timeoutSeconds: number | undefined, olds?: Outputs): Promise<Outputs> {
  const { domain } = inputs;
  const bucket = bucketAt(inputs);
  const found = await bucket.findSurely(domain);
  if (found !== undefined) {
    if (olds === undefined) await notice(`${domain} is bound to bucket ${bucket.name} already and was adopted`);
    return outputs(inputs, found.status);
  }
  const source = (await findOwnSource(inputs, olds)) ?? (await findTakeover(inputs, olds));
  const configuredSeconds = Number(setting("oss-cname:dnsTimeoutSeconds") ?? DNS_TIMEOUT_SECONDS);
  const deadline = clock.now() + 1000 * (inputs.dnsTimeoutSeconds ?? timeoutSeconds ?? configuredSeconds);
  const proof = await findProof(bucket, inputs);
  try {
    const reason = await bindWhenProven({ inputs, bucket, proof, deadline, source });
    if (reason === undefined) return outputs(inputs, "Enabled");
    bucket.pending.add(domain);
    return outputs(inputs, "Pending", reason, source?.ours ? source.binding : undefined);
  } finally {
    doneWaiting(domain);
  }
}

/** The bucket that the domain is to be taken from: the one that we bound it to before, or the one that the user named. */
interface Source {
  readonly binding: BindingInputs;
  readonly bucket: Bucket;
  /** True when this resource made that binding: it goes on standing for it while the move is pending. */
  readonly ours: boolean;
}

async function findOwnSource(inputs: Inputs, olds: Outputs | undefined): Promise<Source | undefined> {
  if (olds === undefined || (olds.status === "Pending" && olds.boundTo === undefined)) return undefined;
  const binding = bindingOf(olds.boundTo ?? olds);
  // A bucket has one name, wherever it is reached.
  if (binding.bucket === inputs.bucket || (await observeBinding(binding)) === undefined) return undefined;
  return { binding, bucket: bucketAt(binding), ours: true };
}

async function findTakeover(inputs: Inputs, olds: Outputs | undefined): Promise<Source | undefined> {
  const { domain, takeover } = inputs;
  if (takeover === undefined) return undefined;
  const region = takeover.region ?? inputs.region;
  const endpoint = takeover.endpoint ?? (region === inputs.region ? inputs.endpoint : undefined);
  const binding = plain({ domain, bucket: takeover.bucket, region, endpoint }) as BindingInputs;
  if ((await observeBinding(binding)) !== undefined) return { binding, bucket: bucketAt(binding), ours: false };
  // It may have been unbound there by a takeover that got no further.
  if (olds?.status === "Pending") return undefined;
  throw new Error(
    `Cannot take ${domain} over from bucket ${takeover.bucket}: that bucket does not list it. Nothing was changed. ` +
      "Next: correct takeover, or leave it out if the domain is bound nowhere",
  );
}

/** The value that OSS wants to see in DNS. A token in the inputs that is another one has ended, and so has the record made from it. */
async function findProof(bucket: Bucket, { domain, token }: Inputs): Promise<string> {
  const stale =
    `CnameToken of ${domain} in the state is not valid any more. Next: run \`pulumi refresh\` and then \`pulumi up\`, ` +
    "which gets another and changes the TXT record";
  try {
    const proof = await bucket.proof(domain);
    if (token && token !== proof)
      throw new Error(`Bucket ${bucket.name} expects the token ${proof} of ${domain}, not ${token}: the ${stale}`);
    return proof;
  } catch (error) {
    if (!isOssError(error, "CnameTokenNotFound")) throw error;
    if (token !== undefined) throw new Error(`${error.message} The ${stale}`);
    throw new Error(
      `${error.message} The binding of ${domain} needs a token first. Next: declare a CnameToken for bucket ${bucket.name} and let this resource depend on it`,
    );
  }
}

interface Attempt {
  readonly inputs: Inputs;
  readonly bucket: Bucket;
  readonly proof: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly source: Source | undefined;
}

/** `undefined` when bound; otherwise what a binding that may be pending waits for. */
async function bindWhenProven(attempt: Attempt): Promise<string | undefined> {
  const { inputs, deadline, source } = attempt;
  const looks = (inputs.verification ?? choice("oss-cname:verification")) !== "none";
  const name = txtRecordName(inputs.domain);
  let lookPause = FIRST_LOOK_PAUSE_MS;
  let askPause = FIRST_ASK_PAUSE_MS;
  let lastAsk = Number.NEGATIVE_INFINITY;
  let nextAsk = 0;
  for (;;) {
    const look = looks ? await lookForTxt(name, attempt.proof, { servers: dnsServers() }) : undefined;
    const blind = look === undefined || look.blocked;
    const late = inputs.unverified !== "pending" && clock.now() >= deadline;
    // A domain that is served somewhere is taken from there only when the new record was seen, or the user said not to look.
    const ready = look === undefined || look.present || (source === undefined && (look.blocked || late));
    if (ready && (clock.now() >= nextAsk || (late && !blind && clock.now() > lastAsk))) {
      const refusal = await tryToBind(attempt);
      if (refusal === undefined) return undefined;
      lastAsk = clock.now();
      nextAsk = lastAsk + (blind ? BLIND_ASK_PAUSE_MS : askPause);
      askPause = Math.min(askPause * 2, LONGEST_ASK_PAUSE_MS);
    }
    const asked = lastAsk > 0;
    if (inputs.unverified === "pending") return pendingText(attempt, look, asked);
    if (clock.now() >= deadline) throw new Error(deadlineText(attempt, look, asked));
    waitingFor(inputs.domain, waitText(look, asked, source));
    const pause = ready ? Math.max(nextAsk - clock.now(), FIRST_LOOK_PAUSE_MS) : lookPause;
    lookPause = Math.min(lookPause * 1.5, LONGEST_LOOK_PAUSE_MS);
    await clock.sleep(Math.min(pause, Math.max(deadline - clock.now(), 0)));
  }
}

/** One PutCname, after the domain has been taken from where it was. `undefined` when bound; NeedVerifyDomainOwnership is the one refusal to wait for. */
async function tryToBind({ inputs, bucket, source }: Attempt): Promise<Error | undefined> {
  const { domain } = inputs;
  // After a wait: on a domain that somebody has bound meanwhile, PutCname could cost it its certificate.
  if ((await bucket.find(domain)) !== undefined) return undefined;
  try {
    await (source === undefined ? bucket.bind(domain) : move(source, bucket, domain));
    return undefined;
  } catch (error) {
    if (isOssError(error, "NeedVerifyDomainOwnership")) return error;
    if (!isOssError(error, "CnameAlreadyExists")) throw error;
    // A race, perhaps: only the list tells whether the domain is ours now.
    if ((await bucket.observeSurely(domain)) !== undefined) return undefined;
    throw new Error(
      `${error.message} OSS does not tell which one: \`npx oss-cname list BUCKET\` lists the domains of one. ` +
        "To move the domain from there in one `pulumi up`, name that bucket in takeover",
    );
  }
}

/** A move that was begun left the domain without a bucket. */
class BoundNowhere extends Error {}

/** DeleteCname and PutCname back to back; when the second fails, one attempt to bind back. */
async function move(source: Source, target: Bucket, domain: string): Promise<void> {
  await source.bucket.unbind(domain);
  try {
    await bindInsistently(target, domain);
  } catch (error) {
    const failure = `${domain} was unbound from bucket ${source.bucket.name}, and binding it to bucket ${target.name} failed: ${(error as Error).message}`;
    const next = "Next: `pulumi up` tries again";
    try {
      await source.bucket.bind(domain);
    } catch (backError) {
      const token = await source.bucket.createToken(domain).catch(() => undefined);
      const record = `TXT ${txtRecordName(domain)} = ${token?.token}`;
      throw new BoundNowhere(
        `${failure}\nBinding it back failed as well: ${(backError as Error).message}\nThe domain is bound nowhere now.` +
          `${token ? ` With the record ${record} bucket ${source.bucket.name} would have it again.` : ""} ${next}`,
      );
    }
    throw new Error(`${failure}\nIt was bound back to bucket ${source.bucket.name}, without its certificate. ${next}`);
  }
}

/** The record was seen, so a refusal can only be OSS's own view of DNS, and the domain is down until it is bound. */
async function bindInsistently(bucket: Bucket, domain: string): Promise<void> {
  for (const pause of MOVE_PAUSES_MS) {
    try {
      return await bucket.bind(domain);
    } catch (error) {
      if (!isOssError(error, "NeedVerifyDomainOwnership")) throw error;
      await clock.sleep(pause);
    }
  }
  await bucket.bind(domain);
}

function recordText({ inputs, proof }: Attempt): string {
  return `TXT ${txtRecordName(inputs.domain)} = ${proof}`;
}

function waitText(look: TxtLook | undefined, asked: boolean, source: Source | undefined): string {
  if (look === undefined) return "OSS has not seen the TXT record yet";
  if (look.blocked)
    return `no DNS server can be reached from here${source === undefined ? "; OSS is asked every 15 s" : ""}`;
  return look.present && asked ? "the TXT record is there; OSS has not seen it yet" : "TXT record";
}

function pendingText(attempt: Attempt, look: TxtLook | undefined, asked: boolean): string {
  const { inputs, bucket } = attempt;
  const seen = asked ? "OSS does not see the record yet" : look === undefined ? "" : describeLook(look);
  return `${inputs.domain} is not bound to bucket ${bucket.name} yet: create the record ${recordText(attempt)}, then run \`pulumi up\` again. ${seen}`.trim();
}

function deadlineText(attempt: Attempt, look: TxtLook | undefined, asked: boolean): string {
  const { inputs, bucket, source } = attempt;
  return [
    `${inputs.domain} could not be bound to bucket ${bucket.name} in time: ${asked ? "OSS answered NeedVerifyDomainOwnership" : "its TXT record is not there"}.`,
    `Record to create: ${recordText(attempt)}`,
    ...(look === undefined ? [] : [describeLook(look)]),
    ...(source === undefined ? [] : [`The domain is still bound to bucket ${source.bucket.name}.`]),
    ...(source !== undefined && look?.blocked
      ? ['It is not moved without a look at DNS, unless verification is "none".']
      : []),
    "The next `pulumi up` continues from here; dnsTimeoutSeconds gives it more time",
  ].join("\n");
}

function outputs(binding: BindingInputs, status: string, pendingReason = "", boundTo?: BindingInputs): Outputs {
  const region = regionOf(binding);
  return plain({
    ...bindingOf(binding),
    status,
    pendingReason,
    cnameTarget: region === undefined ? "" : `${binding.bucket}.${publicHost(region)}`,
    ...(boundTo !== undefined && { boundTo }),
  });
}

function checkOptions({ bucket, verification, unverified, dnsTimeoutSeconds, takeover }: Inputs): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const test = (property: string, value: unknown, problemOf: (value: never) => string | undefined) => {
    const reason = value === undefined || isUnknown(value) ? undefined : problemOf(value as never);
    if (reason !== undefined) failures.push({ property, reason });
  };
  const oneOf = (allowed: string[]) => (value: unknown) =>
    allowed.includes(value as string) ? undefined : `${JSON.stringify(value)} is not ${allowed.join(" or ")}`;
  test("verification", verification, oneOf(["authoritative", "none"]));
  test("unverified", unverified, oneOf(["wait", "pending"]));
  test("dnsTimeoutSeconds", dnsTimeoutSeconds, (value: unknown) =>
    typeof value === "number" && value >= 0 ? undefined : `${JSON.stringify(value)} is not a number of seconds`,
  );
  if (takeover === undefined || isUnknown(takeover)) return failures;
  test("takeover", takeover.bucket ?? "", (name: string) =>
    name === bucket ? "it names the bucket that the domain is to be bound to" : bucketProblem(name),
  );
  test("takeover", takeover.region, regionProblem);
  test("takeover", takeover.endpoint, endpointProblem);
  return failures;
}

/** Seconds of a duration as `customTimeouts` takes it: `90s`, `10m`, `1h30m`. */
function seconds(duration: string | undefined): number | undefined {
  if (duration === undefined) return undefined;
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const parts = [...duration.matchAll(/([\d.]+)(ms|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== duration)
    throw new Error(`customTimeouts: ${JSON.stringify(duration)} is not a duration such as 90s or 10m`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? "s"] ?? 1), 0);
}
