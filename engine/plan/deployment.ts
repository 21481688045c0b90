import type { StepExecutor } from "../execute/executor";
import type { Providers } from "../execute/providers";
import { type Report, type Step, Stopped } from "../execute/step";
import type { PropertyMap } from "../property/value";
import type { Snapshot } from "../stack/snapshot";
import type { Resource } from "../stack/state";
import { DYNAMIC_PROVIDER, isProvider, isStack, makeUrn, providerReference } from "../urn";
import { deletionOrder } from "./deletionOrder";
import type { Goal } from "./goal";
import { StepGenerator } from "./stepGenerator";

interface Options {
  readonly project: string;
  readonly stack: string;
  /** The configuration of the default provider. */
  readonly config: PropertyMap;
  readonly snapshot: Snapshot;
  readonly providers: Providers;
  readonly executor: StepExecutor;
  readonly report: Report;
}

/**
 * One operation on a stack: turns what the program registers into steps, and what it no longer registers into
 * deletions. Steps are planned one after another as registrations come in, and carried out side by side.
 */
export class Deployment {
  readonly #project: string;
  readonly #stack: string;
  readonly #config: PropertyMap;
  readonly #snapshot: Snapshot;
  readonly #executor: StepExecutor;
  readonly #report: Report;
  readonly #steps: StepGenerator;
  /** The goals of the resources that are registered and done, by URN. */
  readonly #goals = new Map<string, Goal>();
  #planning: Promise<unknown> = Promise.resolve();
  #defaultProvider: Promise<string> | undefined;
  #stackOutputs: { readonly urn: string; readonly outputs: PropertyMap } | undefined;

  constructor(options: Options) {
    this.#project = options.project;
    this.#stack = options.stack;
    this.#config = options.config;
    this.#snapshot = options.snapshot;
    this.#executor = options.executor;
    this.#report = options.report;
    this.#steps = new StepGenerator(options);
  }

  /** Makes one resource what the program wants it to be. @throws Stopped when the operation stops first */
  async register(wanted: Goal): Promise<Resource> {
    const goal = await this.#complete(wanted);
    const planned: Resource = {
      urn: this.#urn(goal),
      custom: goal.custom,
      type: goal.type,
      inputs: goal.inputs,
      outputs: {},
      parent: goal.parent,
      provider: isProvider(goal) ? undefined : goal.provider,
      deletedWith: goal.deletedWith,
      dependencies: goal.dependencies,
      propertyDependencies: goal.propertyDependencies,
      additionalSecretOutputs: goal.additionalSecretOutputs,
      ignoreChanges: goal.ignoreChanges,
      customTimeouts: goal.customTimeouts,
      protect: goal.protect,
      retainOnDelete: goal.retainOnDelete,
    };
    const step = await this.#plan(planned.urn, () => this.#steps.register(planned, goal));
    const resource = await this.#carryOut(step);
    this.#goals.set(resource.urn, goal);
    return resource;
  }

  /** Reads a resource that the stack does not manage. */
  async read(id: string, wanted: Goal): Promise<Resource> {
    const provider = wanted.provider ?? (await this.#ensureDefaultProvider());
    const planned: Resource = {
      urn: this.#urn(wanted),
      custom: true,
      id,
      type: wanted.type,
      inputs: wanted.inputs,
      outputs: {},
      external: true,
      provider,
      parent: wanted.parent,
      dependencies: wanted.dependencies,
      additionalSecretOutputs: wanted.additionalSecretOutputs,
    };
    const step = await this.#plan(planned.urn, async () => this.#steps.read(planned));
    return this.#carryOut(step);
  }

  /** Sets the outputs of a component. Those of the stack have to wait for the operation's end. */
  async registerOutputs(urn: string, outputs: PropertyMap): Promise<void> {
    if (!this.#goals.has(urn)) throw new Error(`outputs of ${urn}, which is not registered`);
    if (isStack(urn)) this.#stackOutputs = { urn, outputs };
    else this.#snapshot.setOutputs(urn, outputs);
  }

  /** Sets the outputs of the stack. After a failure, outputs that the program did not get to stay as they were. */
  settleStackOutputs(how: { readonly failed: boolean }): void {
    if (!this.#stackOutputs) return;
    const { urn, outputs } = this.#stackOutputs;
    const old = how.failed ? this.#steps.old(urn)?.outputs : {};
    this.#snapshot.setOutputs(urn, { ...old, ...outputs });
  }

  /** Reads all resources and takes over their state. What cannot be read stays as it was, and fails the operation. */
  async refresh(): Promise<void> {
    const { base } = this.#snapshot;
    for (const { provider } of base) if (provider) this.#steps.loadProvider(provider);
    const results = await Promise.allSettled(base.map((old) => this.#executor.run({ op: "refresh", old })));
    const read = results.map((result, index) =>
      result.status === "fulfilled" ? result.value : { resource: base[index], failure: result.reason },
    );
    this.#snapshot.rebase(read.flatMap(({ resource }) => resource ?? []));
    if (read.some(({ failure }) => failure)) this.#executor.stop(new Error("not all resources could be read"));
    if (this.#executor.stopReason) throw new Stopped();
  }

  /** Deletes what the program has not registered, dependents first. */
  async deleteOthers(): Promise<void> {
    const deletions = await this.#plan("", async () => this.#steps.deletions());
    for (const group of deletionOrder(deletions, this.#snapshot.base)) {
      await Promise.allSettled(group.map((step) => this.#executor.run(step)));
      if (this.#executor.stopReason) throw new Stopped();
    }
  }

  /** Runs planners one after another. The error of one ends the operation. */
  async #plan<Planned>(urn: string, planner: () => Promise<Planned>): Promise<Planned> {
    const planned = this.#planning.then(async () => {
      if (this.#executor.stopReason) throw new Stopped();
      return planner();
    });
    this.#planning = planned.catch(() => {});
    return planned.catch((error) => {
      // Once the operation has stopped, planners may fail because their provider is gone.
      if (!(error instanceof Stopped) && !this.#executor.stopReason) {
        this.#report("error", error.message, urn);
        this.#executor.stop(error);
      }
      throw new Stopped();
    });
  }

  async #carryOut(step: Step): Promise<Resource> {
    const { resource } = await this.#executor.run(step);
    if (!resource) throw new Error(`${step.op} left no resource`);
    // Pulumi shows and counts a replacement as a step of its own.
    if (step.op === "create-replacement" || step.op === "read-replacement")
      await this.#executor.run({ ...step, op: "replace" });
    return resource;
  }

  /** Adds what a resource inherits from its parent, and the default provider where it needs one. */
  async #complete(goal: Goal): Promise<Goal> {
    const parent = goal.parent ? this.#goals.get(goal.parent) : undefined;
    const deletedWith = goal.deletedWith ?? parent?.deletedWith;
    const retainOnDelete = goal.retainOnDelete ?? parent?.retainOnDelete;
    const inherited = goal.provider ?? (goal.custom ? parent?.provider : undefined);
    const needsDefault = goal.custom && !isProvider(goal) && !inherited;
    const provider = needsDefault ? await this.#ensureDefaultProvider() : inherited;
    return { ...goal, deletedWith, retainOnDelete, provider };
  }

  #ensureDefaultProvider(): Promise<string> {
    this.#defaultProvider ??= this.register({
      type: DYNAMIC_PROVIDER,
      name: "default",
      custom: true,
      inputs: this.#config,
      dependencies: [],
      propertyDependencies: {},
      additionalSecretOutputs: [],
      ignoreChanges: [],
      customTimeouts: {},
      protect: false,
    }).then(providerReference);
    return this.#defaultProvider;
  }

  #urn({ type, name, parent }: Goal): string {
    return makeUrn({ stack: this.#stack, project: this.#project, parent, type, name });
  }
}
