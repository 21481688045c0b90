import { diff, isProvider, type Step, type StepExecutor, Stopped } from "../execute/executor";
import type { DiffResult, ProviderHost } from "../execute/providerHost";
import type { Providers } from "../execute/providers";
import { keepIgnored } from "../property/path";
import { equal, type PropertyMap } from "../property/value";
import type { Resource, Snapshot } from "../stack/snapshot";
import { DYNAMIC_PROVIDER, Unsupported } from "../unsupported";

export type Kind = "update" | "refresh" | "destroy";

export const STACK_TYPE = "pulumi:pulumi:Stack";

/** What the program wants of one resource. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly inputs: PropertyMap;
  readonly parent?: string;
  readonly provider?: string;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly additionalSecretOutputs: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly customTimeouts: Readonly<Record<string, number>>;
  readonly deletedWith?: string;
}

export type Report = (severity: "info" | "warning" | "error", message: string, urn?: string) => void;

/**
 * One operation on a stack: turns what the program registers into steps, and what it no longer registers into deletions. Steps
 * are planned one after another, as they come in, and carried out side by side.
 */
export class Deployment {
  readonly #seen = new Set<string>();
  readonly #replaced = new Set<string>();
  readonly #done = new Map<string, Resource>();
  readonly #goals = new Map<string, Goal>();
  #olds = new Map<string, Resource>();
  #planning: Promise<unknown> = Promise.resolve();
  #defaultProvider: Promise<string> | undefined;
  #stackOutputs: { readonly resource: Resource; readonly outputs: PropertyMap } | undefined;

  constructor(
    private readonly context: {
      readonly project: string;
      readonly stack: string;
      readonly config: PropertyMap;
      readonly snapshot: Snapshot;
      readonly providers: Providers;
      readonly executor: StepExecutor;
      readonly report: Report;
    },
  ) {
    this.#indexOlds();
  }

  /** Brings one resource of the program about. Resolves with its state; never, when the operation has been stopped. */
  async register(wanted: Goal): Promise<Resource> {
    const goal = this.#inherit(wanted);
    const provider =
      goal.custom && !isProvider(goal) ? (goal.provider ?? (await this.#ensureDefaultProvider())) : undefined;
    const urn = this.#urn(goal);
    const resource: Resource = {
      urn,
      custom: goal.custom,
      type: goal.type,
      inputs: goal.inputs,
      outputs: {},
      ...(goal.parent && { parent: goal.parent }),
      ...(provider && { provider }),
      ...(goal.deletedWith && { deletedWith: goal.deletedWith }),
      dependencies: goal.dependencies,
      propertyDependencies: goal.propertyDependencies,
      additionalSecretOutputs: goal.additionalSecretOutputs,
      ignoreChanges: goal.ignoreChanges,
      customTimeouts: goal.customTimeouts,
    };
    const steps = await this.#plan(urn, async () => {
      this.#meet(urn);
      return this.#stepsFor(resource, goal);
    });
    for (const step of steps) await this.context.executor.run(step);
    this.#done.set(urn, resource);
    this.#goals.set(urn, { ...goal, ...(provider && { provider }) });
    return resource;
  }

  /** Reads a resource that the stack does not manage. */
  async read(id: string, wanted: Goal): Promise<Resource> {
    const provider = wanted.provider ?? (await this.#ensureDefaultProvider());
    const urn = this.#urn(wanted);
    const resource: Resource = {
      urn,
      custom: true,
      id,
      type: wanted.type,
      inputs: wanted.inputs,
      outputs: {},
      external: true,
      provider,
      ...(wanted.parent && { parent: wanted.parent }),
      dependencies: wanted.dependencies,
      additionalSecretOutputs: wanted.additionalSecretOutputs,
    };
    const [step] = await this.#plan(urn, async (): Promise<Step[]> => {
      this.#meet(urn);
      const old = this.#olds.get(urn);
      const replacing = old && !old.external && old.id !== id;
      if (replacing) this.#replaced.add(urn);
      return [{ op: replacing ? "read-replacement" : "read", new: resource, ...(old && { old }) }];
    });
    if (step) await this.context.executor.run(step);
    if (step?.op === "read-replacement") await this.context.executor.run({ ...step, op: "replace" });
    return resource;
  }

  /** Takes the outputs of a component; those of the stack count only when all has gone well. */
  async registerOutputs(urn: string, outputs: PropertyMap): Promise<void> {
    const resource = this.#done.get(urn);
    if (!resource) throw new Error(`outputs of ${urn}, which is not registered`);
    if (resource.type === STACK_TYPE) {
      this.#stackOutputs = { resource, outputs };
      return;
    }
    resource.outputs = outputs;
  }

  /** Settles the outputs of the stack; after a failure, what the program did not say again stays as it was. */
  settleStackOutputs(failed: boolean): PropertyMap | undefined {
    if (!this.#stackOutputs) return undefined;
    const { resource, outputs } = this.#stackOutputs;
    const old = this.#olds.get(resource.urn)?.outputs ?? {};
    resource.outputs = failed ? { ...old, ...outputs } : outputs;
    return resource.outputs;
  }

  /** Reads all resources again and takes their state over; what cannot be read stays as it was, and fails the operation. */
  async refresh(): Promise<void> {
    const { snapshot, executor } = this.context;
    const steps = snapshot.base.map((old): Step => ({ op: "refresh", old, new: old }));
    for (const { provider } of snapshot.base) if (provider) this.#loadProvider(provider);
    const results = await Promise.allSettled(steps.map((step) => executor.run(step)));
    snapshot.base = withoutDangling(steps.flatMap((step) => step.new ?? []));
    this.#indexOlds();
    if (results.some(({ status }) => status === "rejected"))
      executor.stop(new Error("not all resources could be read"));
    if (executor.stopReason) throw new Stopped();
  }

  /** Deletes what the program has not registered, dependents first. */
  async deleteOthers(): Promise<void> {
    const { snapshot, executor } = this.context;
    const steps = await this.#plan("", async () => {
      const steps: Step[] = [];
      for (const old of snapshot.base) {
        if (old.delete) steps.push({ op: old.external ? "discard-replaced" : "delete-replaced", old });
        else if (!this.#seen.has(old.urn)) steps.push({ op: old.external ? "discard" : "delete", old });
        else continue;
        executor.deletes.add(old.urn);
        if (old.provider) this.#loadProvider(old.provider);
      }
      return steps;
    });
    for (const group of deletionOrder(steps, snapshot.base)) {
      await Promise.allSettled(group.map((step) => executor.run(step)));
      if (executor.stopReason) throw new Stopped();
    }
  }

  /** Runs planners one after another. What one throws ends the operation. */
  async #plan(urn: string, planner: () => Promise<Step[]>): Promise<Step[]> {
    const { executor, report } = this.context;
    const planned = this.#planning.then(async () => {
      if (executor.stopReason) throw new Stopped();
      return planner();
    });
    this.#planning = planned.catch(() => {});
    return planned.catch((error) => {
      // What is planned while the operation is stopped for another reason loses its provider.
      if (!(error instanceof Stopped) && !executor.stopReason) {
        report("error", error.message, urn);
        executor.stop(error);
      }
      throw new Stopped();
    });
  }

  async #stepsFor(resource: Resource, goal: Goal): Promise<Step[]> {
    const { urn } = resource;
    const found = this.#olds.get(urn);
    const old = found?.external ? undefined : found;
    if (old && goal.custom) resource.inputs = keepIgnored(resource.inputs, old.inputs, goal.ignoreChanges);
    const host = goal.custom && !isProvider(goal) ? await this.#host(resource) : undefined;
    if (host) resource.inputs = await this.#check(host, resource, old?.inputs ?? {}, resource.inputs);
    if (!old) {
      const create: Step = { op: found ? "create-replacement" : "create", new: resource, ...(found && { old: found }) };
      return found ? [create, { op: "replace", old: found, new: resource }] : [create];
    }
    const change = await this.#diff(host, resource, old);
    if (change.changes === "some" && change.replaces.length > 0) {
      if (change.deleteBeforeReplace) {
        throw new Unsupported("its provider asks for deletion before replacement");
      }
      this.#replaced.add(urn);
      // Defaults that came from the old object do not hold for the new one.
      if (host) resource.inputs = await this.#check(host, resource, {}, goal.inputs);
      const both = { old, new: resource, keys: change.replaces };
      return [
        { op: "create-replacement", ...both },
        { op: "replace", ...both },
      ];
    }
    const update = change.changes === "some" || (old.initErrors?.length ?? 0) > 0;
    return [{ op: update ? "update" : "same", old, new: resource }];
  }

  async #check(host: ProviderHost, { urn }: Resource, olds: PropertyMap, news: PropertyMap): Promise<PropertyMap> {
    const { inputs, failures } = await host.check(olds, news);
    if (failures.length === 0) return inputs;
    const lines = failures.map(({ property, reason }) => (property ? `property ${property}: ${reason}` : reason));
    throw new Error(`${nameOf(urn)} is not valid: ${lines.join("; ")}`);
  }

  async #diff(host: ProviderHost | undefined, resource: Resource, old: Resource): Promise<DiffResult> {
    const some = (...replaces: string[]): DiffResult => ({ changes: "some", replaces, deleteBeforeReplace: false });
    if (resource.deletedWith && this.#replaced.has(resource.deletedWith)) return some("deletedWith");
    if ((resource.provider === undefined) !== (old.provider === undefined)) return some("provider");
    if (host) return diff(host, old, resource.inputs, resource.ignoreChanges);
    if (resource.custom && !isProvider(resource)) {
      const message = "its provider's configuration is not known before the update, so neither are its changes";
      this.context.report("warning", message, resource.urn);
      return some();
    }
    // Providers are compared by the configuration they run with, components by their inputs.
    const before = isProvider(resource) ? old.outputs : old.inputs;
    const inputs = keepIgnored(resource.inputs, old.inputs, resource.ignoreChanges);
    return equal(before, inputs) ? { ...some(), changes: "none" } : some();
  }

  async #host(resource: Resource): Promise<ProviderHost | undefined> {
    if (!resource.provider) return undefined;
    this.#loadProvider(resource.provider);
    return this.context.providers.get(resource.provider);
  }

  /** Makes a provider of the last update available, for resources that the program no longer registers. */
  #loadProvider(reference: string): void {
    const { providers, snapshot } = this.context;
    if (providers.has(reference)) return;
    const found = snapshot.base.find((resource) => `${resource.urn}::${resource.id}` === reference);
    if (!found) throw new Error(`the state has no provider ${reference}`);
    providers.register(reference, found.inputs);
  }

  #ensureDefaultProvider(): Promise<string> {
    this.#defaultProvider ??= this.register({
      type: DYNAMIC_PROVIDER,
      name: "default",
      custom: true,
      inputs: this.context.config,
      dependencies: [],
      propertyDependencies: {},
      additionalSecretOutputs: [],
      ignoreChanges: [],
      customTimeouts: {},
    }).then(({ urn, id }) => `${urn}::${id}`);
    return this.#defaultProvider;
  }

  /** Some options hold for a parent's children too. */
  #inherit(goal: Goal): Goal {
    const parent = goal.parent ? this.#goals.get(goal.parent) : undefined;
    const deletedWith = goal.deletedWith ?? parent?.deletedWith;
    const provider = goal.provider ?? (goal.custom ? parent?.provider : undefined);
    return { ...goal, ...(deletedWith && { deletedWith }), ...(provider && { provider }) };
  }

  #urn({ type, name, parent }: Goal): string {
    const parentType = parent?.split("::")[2] ?? STACK_TYPE;
    const qualified = parentType === STACK_TYPE ? type : `${parentType}$${type}`;
    return `urn:pulumi:${this.context.stack}::${this.context.project}::${qualified}::${name}`;
  }

  #meet(urn: string): void {
    if (this.#seen.has(urn)) throw new Error("two resources have this type and name: give each its own name");
    this.#seen.add(urn);
  }

  #indexOlds(): void {
    this.#olds = new Map(this.context.snapshot.base.filter((old) => !old.delete).map((old) => [old.urn, old]));
  }
}

export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Resources that are left after a refresh no longer refer to those that are gone. */
function withoutDangling(resources: Resource[]): Resource[] {
  const there = new Set<string>();
  const parents = new Map<string, string | undefined>();
  const present = (urns: readonly string[]) => urns.filter((urn) => there.has(urn));
  return resources.map((resource) => {
    const { parent: formerParent, deletedWith, ...rest } = resource;
    const parent = formerParent && !there.has(formerParent) ? parents.get(formerParent) : formerParent;
    there.add(resource.urn);
    parents.set(resource.urn, parent);
    return {
      ...rest,
      ...(parent && { parent }),
      ...(deletedWith && there.has(deletedWith) && { deletedWith }),
      dependencies: present(resource.dependencies ?? []),
      propertyDependencies: Object.fromEntries(
        Object.entries(resource.propertyDependencies ?? {})
          .map(([key, urns]) => [key, present(urns)] as const)
          .filter(([, urns]) => urns.length > 0),
      ),
    };
  });
}

/** Groups of deletions: within a group side by side, group after group, what others depend on last. */
function deletionOrder(steps: readonly Step[], resources: readonly Resource[]): Step[][] {
  const groups: Step[][] = [];
  let left = steps;
  while (left.length > 0) {
    const condemned = new Set(left.map((step) => step.old));
    const needs = (step: Step) =>
      step.old && dependenciesOf(step.old, resources).some((needed) => condemned.has(needed));
    const free = left.filter((step) => !needs(step));
    groups.unshift(free);
    left = left.filter((step) => !free.includes(step));
  }
  return groups;
}

/** The resources before this one that it needs: dependencies with their children, its provider, its parent. */
function dependenciesOf(resource: Resource, resources: readonly Resource[]): Resource[] {
  const before = resources.slice(0, resources.indexOf(resource));
  const urns = new Set([
    ...(resource.dependencies ?? []),
    ...Object.values(resource.propertyDependencies ?? {}).flat(),
    resource.deletedWith,
    resource.provider?.split("::").slice(0, -1).join("::"),
  ]);
  const components = new Set(before.filter(({ urn, custom }) => !custom && urns.has(urn)).map(({ urn }) => urn));
  for (const { urn, parent } of before) if (parent && components.has(parent)) components.add(urn);
  return before.filter(({ urn }) => urns.has(urn) || components.has(urn) || urn === resource.parent);
}
