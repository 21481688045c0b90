import type { PropertyMap } from "../property/value";
import type { StackFile } from "./backend";
import type { Crypter } from "./secrets";
import type { Stack } from "./stack";
import { type OperationType, type PendingOperation, type Resource, type State, stateText } from "./state";

type StackParts = Pick<Stack, "file" | "crypter" | "state">;

export class StackNotFoundError extends Error {
  /** The exit status of the CLI. */
  readonly exitCode = 6;
}

/**
 * The state of a stack while an operation changes it: the resources of the last update, those that this one has dealt
 * with, and the operations under way. It is written before an operation starts and after it ends.
 */
export class Snapshot {
  /** The operations that an earlier update was killed in. */
  readonly interrupted: readonly PendingOperation[];
  #base: readonly Resource[];
  #added: Resource[] = [];
  readonly #gone = new Set<Resource>();
  readonly #pending = new Set<PendingOperation>();
  readonly #file: StackFile;
  readonly #crypter: Crypter;
  #saving: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  private constructor(stack: StackParts, state: ReturnType<State["unseal"]>) {
    this.#file = stack.file;
    this.#crypter = stack.crypter;
    this.#base = state.resources;
    this.interrupted = state.pendingOperations;
    // A resource that was being created may exist without being in the state: the note stays until a refresh by the
    // CLI.
    for (const operation of this.interrupted) if (operation.type === "creating") this.#pending.add(operation);
  }

  /** @throws when the stack does not exist, or its state has something that this engine does not do */
  static open(stack: StackParts): Snapshot {
    if (stack.state) return new Snapshot(stack, stack.state.unseal(stack.crypter));
    const name = stack.file.stack;
    throw new StackNotFoundError(`no stack named ${name} found: create it with "oss-cname engine stack init ${name}"`);
  }

  /** Makes the empty state of a new stack. */
  static async create(stack: StackParts): Promise<void> {
    if (stack.state) throw new Error(`the stack ${stack.file.stack} exists already`);
    await stack.file.initialize();
    await new Snapshot(stack, { resources: [], pendingOperations: [] }).save();
  }

  /** The resources as the last update left them, in the order of their dependencies. */
  get base(): readonly Resource[] {
    return this.#base;
  }

  /** All resources as they are now: those that this operation has dealt with, then the rest. */
  get resources(): readonly Resource[] {
    return [...this.#added, ...this.#base].filter((resource) => !this.#gone.has(resource));
  }

  /** Notes on disk that an operation starts. Call the result when it has ended, before its outcome is recorded. */
  async begin(type: OperationType, resource: Resource): Promise<() => void> {
    const operation = { type, resource };
    const end = () => this.#pending.delete(operation);
    this.#pending.add(operation);
    await this.save().catch((error) => {
      end();
      throw error;
    });
    return end;
  }

  /** Adds a resource, which takes the place of its former state if there is one. */
  add(resource: Resource, old: Resource | undefined): void {
    this.#added.push(resource);
    if (old) this.#gone.add(old);
  }

  /** Adds a resource. The one that it replaces stays, marked for deletion. */
  addReplacement(resource: Resource, replaced: Resource): void {
    this.add(resource, undefined);
    this.#base = this.#base.map((entry) => (entry === replaced ? { ...entry, delete: true } : entry));
  }

  remove(resource: Resource): void {
    this.#gone.add(resource);
  }

  /** Sets the outputs of a resource that this operation has added. */
  setOutputs(urn: string, outputs: PropertyMap): void {
    this.#added = this.#added.map((resource) => (resource.urn === urn ? { ...resource, outputs } : resource));
  }

  /** Takes the resources that a refresh has read for those of the last update. */
  rebase(resources: readonly Resource[]): void {
    this.#base = dropDanglingReferences(resources);
  }

  /** Writes the state as it is by the time that it is written. */
  save(): Promise<void> {
    const next = () => {
      this.#queued = undefined;
      this.#saving = this.#file.write(this.#text());
      return this.#saving;
    };
    // A failed save is reported by its caller; the next one writes everything anyway.
    this.#queued ??= this.#saving.then(next, next);
    return this.#queued;
  }

  #text(): string {
    return stateText({
      name: this.#file.qualifiedName,
      crypter: this.#crypter,
      resources: this.resources,
      pendingOperations: [...this.#pending],
    });
  }
}

/** Removes references to resources that are gone. Children of a resource that is gone get its parent. */
function dropDanglingReferences(resources: readonly Resource[]): Resource[] {
  const present = new Set<string>();
  const parents = new Map<string, string | undefined>();
  const onlyPresent = (urns: readonly string[]) => urns.filter((urn) => present.has(urn));
  return resources.map((resource) => {
    const { parent: oldParent, deletedWith, ...rest } = resource;
    const parent = oldParent && !present.has(oldParent) ? parents.get(oldParent) : oldParent;
    present.add(resource.urn);
    parents.set(resource.urn, parent);
    const propertyDependencies = Object.entries(resource.propertyDependencies ?? {})
      .map(([key, urns]) => [key, onlyPresent(urns)] as const)
      .filter(([, urns]) => urns.length > 0);
    return {
      ...rest,
      parent,
      deletedWith: deletedWith && present.has(deletedWith) ? deletedWith : undefined,
      dependencies: onlyPresent(resource.dependencies ?? []),
      propertyDependencies: Object.fromEntries(propertyDependencies),
    };
  });
}
