import { randomUUID } from "node:crypto";
import { equal, isSecret, secret, UNKNOWN } from "../property/value";
import type { Snapshot } from "../stack/snapshot";
import type { OperationType, Resource } from "../stack/state";
import { isProvider, providerReference } from "../urn";
import { diff } from "./diff";
import { ProtectedFromDeletion } from "./protection";
import { type ProviderHost, ResourceInitError, Unanswered } from "./providerHost";
import type { Providers } from "./providers";
import { Semaphore } from "./semaphore";
import { type Deletion, type Events, type Read, type Replacement, type Step, type StepResult, Stopped } from "./step";

interface Options {
  readonly snapshot: Snapshot;
  readonly providers: Providers;
  readonly events: Events;
  /** Change nothing: neither objects nor the state. */
  readonly dryRun: boolean;
  /** How many steps may run at once. */
  readonly parallel: number;
}

/** Carries out steps, several at once, and keeps the state on disk in line with what has been done. */
export class StepExecutor {
  readonly #snapshot: Snapshot;
  readonly #providers: Providers;
  readonly #events: Events;
  readonly #dryRun: boolean;
  readonly #semaphore: Semaphore;
  readonly #running = new Set<Promise<StepResult>>();
  #stopReason: Error | undefined;
  #terminated = false;
  #signalStop: () => void = () => {};
  /** Resolves when the operation is stopped: a step has failed, or it was interrupted. */
  readonly stopped = new Promise<void>((resolve) => {
    this.#signalStop = resolve;
  });

  constructor(options: Options) {
    this.#snapshot = options.snapshot;
    this.#providers = options.providers;
    this.#events = options.events;
    this.#dryRun = options.dryRun;
    this.#semaphore = new Semaphore(options.parallel);
  }

  /** Why no more steps may start. */
  get stopReason(): Error | undefined {
    return this.#stopReason;
  }

  /** Starts no more steps; running ones go on. */
  stop(reason: Error): void {
    this.#stopReason ??= reason;
    this.#signalStop();
  }

  /** Gives up running steps: their outcome is unknown, and the state keeps saying so. */
  terminate(reason: Error): void {
    this.#terminated = true;
    this.stop(reason);
  }

  /** Waits until no step is running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Carries out one step. @throws Stopped when the step failed or was not started */
  async run(step: Step): Promise<StepResult> {
    const running = this.#runInTurn(step);
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  async #runInTurn(step: Step): Promise<StepResult> {
    await this.#semaphore.acquire();
    try {
      if (this.#stopReason) throw new Stopped();
      return await this.#attempt(step);
    } finally {
      this.#semaphore.release();
    }
  }

  async #attempt(step: Step): Promise<StepResult> {
    const started = process.hrtime.bigint();
    const seconds = () => Number(process.hrtime.bigint() - started) / 1e9;
    this.#events.started(step);
    let result: StepResult;
    try {
      result = await this.#apply(step);
    } catch (caught) {
      const error = toError(caught);
      if (!this.#terminated) this.#events.failed(step, error, seconds());
      this.stop(error);
      throw new Stopped();
    }
    if (!result.failure) this.#events.done(step, result, seconds());
    else if (!this.#terminated) this.#events.failed(step, result.failure, seconds());
    return result;
  }

  async #apply(step: Step): Promise<StepResult> {
    switch (step.op) {
      case "same":
        return { resource: this.#same(step.new, step.old) };
      case "create":
        return { resource: await this.#create(step.new, undefined) };
      case "create-replacement":
        return { resource: await this.#create(step.new, step.old) };
      case "update":
        return { resource: await this.#update(step.new, step.old) };
      case "read":
      case "read-replacement":
        return { resource: await this.#read(step) };
      case "refresh":
        return this.#refresh(step.old);
      case "replace":
        // Done already by the creation or the read of the replacement.
        return { resource: step.new };
      default:
        await this.#delete(step);
        return { resource: undefined };
    }
  }

  #same(wanted: Resource, old: Resource): Resource {
    const resource = withSecretOutputs({ ...wanted, ...identity(old), outputs: old.outputs });
    // A provider without changes keeps its present configuration.
    if (isProvider(resource)) this.#providers.register(providerReference(resource), old.inputs);
    // Not saved: nothing outside has changed, and the next save writes it.
    this.#snapshot.add(resource, old);
    return resource;
  }

  #create(wanted: Resource, replaced: Resource | undefined): Promise<Resource> {
    const operate = () =>
      this.#provide(wanted, async (host) => {
        const { id, properties } = await host.create(wanted.inputs);
        return { ...wanted, id, outputs: properties };
      });
    return this.#mutate("creating", wanted, operate, (created) => {
      const now = new Date().toISOString();
      const resource = { ...created, modified: now, created: now };
      if (replaced) this.#snapshot.addReplacement(resource, replaced);
      else this.#snapshot.add(resource, undefined);
      return resource;
    });
  }

  #update(goal: Resource, old: Resource): Promise<Resource> {
    const wanted = { ...goal, ...identity(old) };
    const operate = () =>
      this.#provide(wanted, async (host) => ({
        ...wanted,
        outputs: await host.update(old.id ?? "", old.outputs, wanted.inputs),
      }));
    return this.#mutate("updating", wanted, operate, (updated, { unfinished }) => {
      const resource = {
        ...updated,
        inputs: unfinished ? old.inputs : updated.inputs,
        modified: updated.custom ? new Date().toISOString() : updated.modified,
      };
      this.#snapshot.add(resource, old);
      return resource;
    });
  }

  /** Creates or updates what a resource stands for. Providers are only registered, and components need nothing done. */
  async #provide(wanted: Resource, act: (host: ProviderHost) => Promise<Resource>): Promise<Resource> {
    if (isProvider(wanted)) {
      const provider = { ...wanted, id: wanted.id ?? (this.#dryRun ? UNKNOWN : randomUUID()), outputs: wanted.inputs };
      this.#providers.register(providerReference(provider), provider.inputs);
      return provider;
    }
    if (!wanted.custom) return wanted;
    const host = await this.#host(wanted);
    if (this.#dryRun) return { ...wanted, outputs: host ? wanted.inputs : {} };
    return host ? act(host) : wanted;
  }

  async #delete({ op, old, deletedWithOther }: Deletion): Promise<void> {
    // What is replaced is protected no longer: the step generator has made sure of that.
    if (old.protect && op === "delete") throw new ProtectedFromDeletion(old.urn);
    const stays = old.external || old.retainOnDelete || deletedWithOther;
    const operate = async () => {
      if (this.#dryRun || !old.custom || isProvider(old) || stays) return old;
      const host = await this.#host(old);
      await host?.delete(old.id ?? "", old.outputs);
      return old;
    };
    await this.#mutate("deleting", old, operate, () => {
      this.#snapshot.remove(old);
      return old;
    });
  }

  #read(step: Read | Replacement): Promise<Resource> {
    const { old, new: wanted } = step;
    const operate = async () => {
      const host = wanted.id === UNKNOWN ? undefined : await this.#host(wanted);
      if (!host) return wanted;
      const { id, properties } = await host.read(wanted.id ?? "", wanted.inputs, wanted.inputs);
      return { ...wanted, id: id || wanted.id, outputs: properties };
    };
    return this.#mutate("reading", wanted, operate, (read) => {
      const modified = old && (isSame(read, old) ? old.modified : new Date().toISOString());
      const resource = { ...read, created: old?.created, modified };
      if (step.op === "read") this.#snapshot.add(resource, old);
      else this.#snapshot.addReplacement(resource, step.old);
      return resource;
    });
  }

  /** Only reads: the caller puts the results of all refreshes into the state at once. */
  async #refresh(old: Resource): Promise<StepResult> {
    let resource: Resource = old;
    try {
      const host = old.custom && !isProvider(old) ? await this.#host(old) : undefined;
      if (!host) return { resource, found: "same" };
      const { id, inputs = old.inputs, properties } = await host.read(old.id ?? "", old.outputs, old.inputs);
      if (id === "") return { resource: undefined, found: "delete" };
      const { initErrors: _, ...rest } = old;
      resource = withSecretOutputs({ ...rest, id, inputs, outputs: properties });
      if (!isSame(resource, old)) resource = { ...resource, modified: new Date().toISOString() };
      const isChanged = old.external
        ? !equal(resource.outputs, old.outputs)
        : (await diff(host, resource, old.inputs, old.ignoreChanges)).changes === "some";
      return { resource, found: isChanged ? "update" : "same" };
    } catch (caught) {
      return { resource, failure: toError(caught) };
    }
  }

  /**
   * Notes an operation in the state, carries it out, and records its outcome. An object that exists but is not finished
   * is recorded too, and then fails the operation.
   */
  async #mutate(
    type: OperationType,
    resource: Resource,
    operate: () => Promise<Resource>,
    record: (resource: Resource, how: { readonly unfinished: boolean }) => Resource,
  ): Promise<Resource> {
    const end = this.#dryRun ? () => {} : await this.#snapshot.begin(type, resource);
    let result: Resource | undefined;
    let failure: Error | undefined;
    try {
      result = await operate();
    } catch (caught) {
      failure = toError(caught);
      // It may have been done: the note stays.
      if (failure instanceof Unanswered) throw failure;
      result = unfinished(resource, failure);
    }
    end();
    if (result) result = record(withSecretOutputs(result), { unfinished: failure !== undefined });
    if (!this.#dryRun) await this.#snapshot.save();
    if (failure) throw failure;
    return result ?? resource;
  }

  #host(resource: Resource): Promise<ProviderHost | undefined> {
    if (!resource.provider) throw new Error(`${resource.urn} has no provider`);
    return this.#providers.get(resource.provider);
  }
}

/** The resource of an object that exists but is not finished; undefined when a failed operation left no object. */
function unfinished(resource: Resource, failure: Error): Resource | undefined {
  if (!(failure instanceof ResourceInitError)) return undefined;
  // An update never changes an id, and an object without one cannot be kept.
  const id = resource.id || failure.id;
  return id ? { ...resource, id, outputs: failure.properties, initErrors: failure.reasons } : undefined;
}

/** What a resource keeps through all its updates. */
function identity({ id, created, modified }: Resource): Pick<Resource, "id" | "created" | "modified"> {
  return { id, created, modified };
}

function isSame(a: Resource, b: Resource): boolean {
  return equal(a.inputs, b.inputs) && equal(a.outputs, b.outputs);
}

/** Marks the outputs as secret that the program declares so, or that have the name of a secret input. */
function withSecretOutputs(resource: Resource): Resource {
  const outputs = Object.entries(resource.outputs).map(([key, value]) => {
    const declared = resource.additionalSecretOutputs?.includes(key) || isSecret(resource.inputs[key]);
    return [key, declared && !isSecret(value) ? secret(value) : value] as const;
  });
  return { ...resource, outputs: Object.fromEntries(outputs) };
}

function toError(caught: unknown): Error {
  return caught instanceof Error ? caught : new Error(String(caught));
}
