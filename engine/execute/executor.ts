import { randomUUID } from "node:crypto";
import { keepIgnored } from "../property/path";
import { equal, isSecret, type PropertyMap, revealed, secret, UNKNOWN } from "../property/value";
import type { OperationType, Resource, Snapshot } from "../stack/snapshot";
import { type ProviderHost, ResourceInitError, Unanswered } from "./providerHost";
import type { Providers } from "./providers";

/** Pulumi's names for what is done to one resource. `replace` and what it consists of are counted once, as `replace`. */
export type Op =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "read"
  | "refresh"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read-replacement"
  | "discard"
  | "discard-replaced";

export interface Step {
  readonly op: Op;
  /** The resource before, where there is one. */
  readonly old?: Resource;
  /** The resource after; a refresh sets it to what it has read, and takes it away when that is gone. */
  new?: Resource;
  /** The properties that force a replacement. */
  readonly keys?: readonly string[];
  /** What a refresh found. */
  result?: "same" | "update" | "delete";
}

/** Hears of each step as it happens. */
export interface StepEvents {
  started(step: Step): void;
  done(step: Step, seconds: number): void;
  failed(step: Step, error: Error, seconds: number): void;
}

/** The operation was stopped before this could be done. */
export class Stopped extends Error {}

/** Carries out steps, as many at once as allowed, and keeps the state on disk in step with the world. */
export class StepExecutor {
  /** URNs that this operation deletes: what is deleted with one of them needs no delete of its own. */
  readonly deletes = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  #free: number;
  readonly #running = new Set<Promise<void>>();
  /** Why no further step may start. */
  stopReason: Error | undefined;
  #terminated = false;
  #signalStop: () => void = () => {};
  /** Resolves when the first step has failed, or the operation was interrupted. */
  readonly stopped = new Promise<void>((resolve) => {
    this.#signalStop = resolve;
  });

  constructor(
    private readonly context: {
      readonly snapshot: Snapshot;
      readonly providers: Providers;
      readonly events: StepEvents;
      readonly dryRun: boolean;
      readonly parallel: number;
    },
  ) {
    this.#free = context.parallel;
  }

  /** Lets no further step start; those under way go on. */
  stop(reason: Error): void {
    this.stopReason ??= reason;
    this.#signalStop();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Gives up on what is under way: its outcome is not known, and the state goes on saying so. */
  terminate(reason: Error): void {
    this.#terminated = true;
    this.stop(reason);
  }

  /** Waits until no step is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Carries out one step. @throws Stopped when it failed or was not begun */
  async run(step: Step): Promise<void> {
    await this.#slot();
    const running = this.#attempt(step).finally(() => this.#release());
    this.#running.add(running);
    await running.finally(() => this.#running.delete(running));
  }

  async #slot(): Promise<void> {
    if (this.stopReason) throw new Stopped();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.stopReason) throw new Stopped();
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }

  async #attempt(step: Step): Promise<void> {
    const started = process.hrtime.bigint();
    const seconds = () => Number(process.hrtime.bigint() - started) / 1e9;
    this.context.events.started(step);
    try {
      await this.#apply(step);
    } catch (caught) {
      const error = caught instanceof Error ? caught : new Error(String(caught));
      if (!this.#terminated) this.context.events.failed(step, error, seconds());
      // What one refresh finds does not depend on another.
      if (step.op !== "refresh") this.stop(error);
      throw new Stopped();
    }
    this.context.events.done(step, seconds());
  }

  async #apply(step: Step): Promise<void> {
    const { old } = step;
    if (step.op === "refresh" && old) return this.#refresh(step, old);
    if (step.op === "replace") return;
    if (old && !step.new) return this.#delete(old);
    if (!step.new) throw new Error(`${step.op} without a resource`);
    if (step.op === "same" && old) return this.#same(step.new, old);
    if (step.op === "update" && old) return this.#update(step.new, old);
    if (step.op.startsWith("read")) return this.#read(step.new, old, step.op === "read-replacement");
    return this.#create(step.new, old);
  }

  async #same(resource: Resource, old: Resource): Promise<void> {
    Object.assign(resource, kept(old), { outputs: old.outputs });
    markSecretOutputs(resource);
    // A provider that sees no difference keeps the configuration it has.
    if (isProvider(resource)) this.context.providers.register(`${resource.urn}::${resource.id}`, old.inputs);
    // Nothing outside has changed: whatever is written next says so too.
    this.context.snapshot.add(resource, old);
  }

  async #create(resource: Resource, replaced?: Resource): Promise<void> {
    await this.#mutate(
      "creating",
      resource,
      () =>
        this.#bringAbout(resource, async (host) => {
          const { id, properties } = await host.create(resource.inputs);
          resource.id = id;
          resource.outputs = properties;
        }),
      () => {
        resource.created = resource.modified = new Date().toISOString();
        if (replaced) replaced.delete = true;
        this.context.snapshot.add(resource);
      },
    );
  }

  async #update(resource: Resource, old: Resource): Promise<void> {
    Object.assign(resource, kept(old));
    await this.#mutate(
      "updating",
      resource,
      () =>
        this.#bringAbout(resource, async (host) => {
          resource.outputs = await host.update(old.id ?? "", old.outputs, resource.inputs);
        }),
      (unfinished) => {
        if (unfinished) resource.inputs = old.inputs;
        if (resource.custom) resource.modified = new Date().toISOString();
        this.context.snapshot.add(resource, old);
      },
    );
  }

  /** Providers are only made known, components are theirs who register them; all else is the provider's to do, in earnest. */
  async #bringAbout(resource: Resource, act: (host: ProviderHost) => Promise<void>): Promise<void> {
    const { dryRun, providers } = this.context;
    if (isProvider(resource)) {
      resource.id ??= dryRun ? UNKNOWN : randomUUID();
      resource.outputs = resource.inputs;
      providers.register(`${resource.urn}::${resource.id}`, resource.inputs);
    } else if (resource.custom) {
      const host = await this.#host(resource);
      if (dryRun) resource.outputs = host ? resource.inputs : {};
      else if (host) await act(host);
    }
  }

  async #delete(old: Resource): Promise<void> {
    await this.#mutate(
      "deleting",
      old,
      async () => {
        const deletedWithHost = old.deletedWith !== undefined && this.deletes.has(old.deletedWith);
        if (this.context.dryRun || !old.custom || old.external || isProvider(old) || deletedWithHost) return;
        const host = await this.#host(old);
        await host?.delete(old.id ?? "", old.outputs);
      },
      () => this.context.snapshot.remove(old),
    );
  }

  async #read(resource: Resource, old: Resource | undefined, replacing: boolean): Promise<void> {
    await this.#mutate(
      "reading",
      resource,
      async () => {
        const host = resource.id === UNKNOWN ? undefined : await this.#host(resource);
        if (!host) return;
        const found = await host.read(resource.id ?? "", resource.inputs, resource.inputs);
        if (found.id) resource.id = found.id;
        resource.outputs = found.properties;
      },
      () => {
        if (old) {
          const { id: _, ...times } = kept(old);
          Object.assign(resource, times);
          if (!same(resource, old)) resource.modified = new Date().toISOString();
        }
        if (replacing && old) old.delete = true;
        this.context.snapshot.add(resource, replacing ? undefined : old);
      },
    );
  }

  /** Only looks: the caller puts the results of all refreshes into the state at once. */
  async #refresh(step: Step, old: Resource): Promise<void> {
    step.result = "same";
    if (!old.custom || isProvider(old)) return;
    const host = await this.#host(old);
    if (!host) return;
    const found = await host.read(old.id ?? "", old.outputs, old.inputs);
    if (found.id === "") {
      delete step.new;
      step.result = "delete";
      return;
    }
    const { initErrors: _, ...rest } = old;
    const refreshed: Resource = {
      ...rest,
      id: found.id,
      inputs: found.inputs ?? old.inputs,
      outputs: found.properties,
    };
    markSecretOutputs(refreshed);
    if (!same(refreshed, old)) refreshed.modified = new Date().toISOString();
    step.new = refreshed;
    const changed = old.external
      ? !equal(refreshed.outputs, old.outputs)
      : (await diff(host, refreshed, old.inputs, old.ignoreChanges)).changes === "some";
    if (changed) step.result = "update";
  }

  /** Notes an operation in the state, does it, and notes the outcome. An object that is there but unfinished is kept. */
  async #mutate(
    type: OperationType,
    resource: Resource,
    operate: () => Promise<void>,
    record: (unfinished: boolean) => void,
  ): Promise<void> {
    const end = this.context.dryRun ? () => {} : await this.context.snapshot.begin(type, resource);
    let failure: Error | undefined;
    try {
      await operate();
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    // It may have been done all the same: the note stays.
    if (failure instanceof Unanswered) throw failure;
    // What has no id cannot be kept, and none gets another by an update.
    const unfinished = failure instanceof ResourceInitError && (resource.id || failure.id) ? failure : undefined;
    if (unfinished) {
      resource.id ||= unfinished.id;
      resource.outputs = unfinished.properties;
      resource.initErrors = unfinished.reasons;
    }
    if (type !== "deleting") markSecretOutputs(resource);
    end();
    if (!failure || unfinished) record(unfinished !== undefined);
    if (!this.context.dryRun) await this.context.snapshot.save();
    if (failure) throw failure;
  }

  #host(resource: Resource): Promise<ProviderHost | undefined> {
    if (!resource.provider) throw new Error(`${resource.urn} has no provider`);
    return this.context.providers.get(resource.provider);
  }
}

export function isProvider(resource: { readonly type: string }): boolean {
  return resource.type.startsWith("pulumi:providers:");
}

/** Asks the provider; what it leaves open is settled by comparing inputs, as Pulumi does. */
export async function diff(host: ProviderHost, old: Resource, inputs: PropertyMap, ignoreChanges?: readonly string[]) {
  const answer = await host.diff(old.id ?? "", old.outputs, inputs);
  if (answer.changes !== "unknown") return answer;
  const changed = !equal(revealed(old.inputs), revealed(keepIgnored(inputs, old.inputs, ignoreChanges)));
  return { ...answer, changes: changed ? ("some" as const) : ("none" as const) };
}

/** What a resource keeps through all its updates. */
function kept({ id, created, modified }: Resource): Partial<Resource> {
  return { ...(id && { id }), ...(created && { created }), ...(modified && { modified }) };
}

function same(a: Resource, b: Resource): boolean {
  return equal(a.inputs, b.inputs) && equal(a.outputs, b.outputs);
}

/** Outputs that the program calls secret, or that have the name of a secret input. */
function markSecretOutputs(resource: Resource): void {
  const outputs = { ...resource.outputs };
  for (const [key, value] of Object.entries(outputs)) {
    const declared = resource.additionalSecretOutputs?.includes(key) || isSecret(resource.inputs[key]);
    if (declared && !isSecret(value)) outputs[key] = secret(value);
  }
  resource.outputs = outputs;
}
