import type { PropertyMap } from "../property/value";
import type { StackFile } from "./backend";
import { Journal, replay } from "./journal";
import type { Crypter } from "./secrets";
import type { Stack } from "./stack";
import { type Deployment, type OperationType, type PendingOperation, type Resource, stateText } from "./state";

type StackParts = Pick<Stack, "file" | "crypter" | "state" | "journal">;

export class StackNotFoundError extends Error {
  /** The exit status of the CLI. */
  readonly exitCode = 6;
}

/**
 * The state of a stack while an operation changes it: the resources of the last update, those that this one has dealt
 * with, and the operations under way. It is saved before an operation starts and after it ends, whole or as lines of
 * its journal.
 */
export class Snapshot {
  /** The operations that an earlier update was killed in. */
  readonly interrupted: readonly PendingOperation[];
  #base: readonly Resource[];
  /** The resources of `base` that are not marked for deletion, by URN. */
  #byUrn: Map<string, Resource>;
  #added: Resource[] = [];
  readonly #gone = new Set<Resource>();
  readonly #pending = new Set<PendingOperation>();
  readonly #file: StackFile;
  readonly #crypter: Crypter;
  /** Undefined when the next save is to write the whole state. */
  #journal: Journal | undefined;
  #saving: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  private constructor(stack: StackParts, state: Deployment) {
    this.#file = stack.file;
    this.#crypter = stack.crypter;
    this.#base = state.resources;
    this.#byUrn = byUrn(this.#base);
    this.interrupted = state.pendingOperations;
    // A resource that was being created may exist without being in the state: the note stays until a refresh by the
    // CLI.
    for (const operation of this.interrupted) if (operation.type === "creating") this.#pending.add(operation);
  }

  /** @throws when the stack does not exist, or its state has something that this engine does not do */
  static open(stack: StackParts): Snapshot {
    const { state, journal, crypter } = stack;
    if (state) return new Snapshot(stack, replay(journal, state.digest, state.unseal(crypter), crypter));
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

  /** The resource that the last update left at a URN. */
  old(urn: string): Resource | undefined {
    return this.#byUrn.get(urn);
  }

  /** All resources as they are now: those that this operation has dealt with, then the rest. */
  get resources(): readonly Resource[] {
    return [...this.#left(this.#added), ...this.#left(this.#base)];
  }

  /** Notes on disk that an operation starts. Call the result when it has ended, before its outcome is recorded. */
  async begin(type: OperationType, resource: Resource): Promise<() => void> {
    const operation = { type, resource };
    const end = () => {
      this.#pending.delete(operation);
      this.#journal?.end(operation);
    };
    this.#pending.add(operation);
    this.#journal?.begin(operation);
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
    this.#journal?.add(resource, old);
  }

  /** Adds a resource. The one that it replaces stays, marked for deletion. */
  addReplacement(resource: Resource, replaced: Resource): void {
    const marked = { ...replaced, delete: true };
    this.#added.push(resource);
    this.#base = this.#base.map((entry) => (entry === replaced ? marked : entry));
    this.#byUrn.delete(replaced.urn);
    this.#journal?.addReplacement(resource, replaced, marked);
  }

  remove(resource: Resource): void {
    this.#gone.add(resource);
    this.#journal?.remove(resource);
  }

  /** Sets the outputs of a resource that this operation has added. */
  setOutputs(urn: string, outputs: PropertyMap): void {
    this.#added = this.#added.map((resource) => {
      if (resource.urn !== urn) return resource;
      const changed = { ...resource, outputs };
      this.#journal?.setOutputs(resource, changed);
      return changed;
    });
  }

  /** Takes the resources that a refresh has read for those of the last update. */
  rebase(resources: readonly Resource[]): void {
    this.#base = dropDanglingReferences(resources);
    this.#byUrn = byUrn(this.#base);
    this.#journal = undefined;
  }

  /** Saves the state as it is by the time that it is written. */
  save(): Promise<void> {
    const next = () => {
      this.#queued = undefined;
      this.#saving = this.#write();
      return this.#saving;
    };
    // A failed save is reported by its caller; the next one writes everything.
    this.#queued ??= this.#saving.then(next, next);
    return this.#queued;
  }

  /** Saves the state as one file, which every engine can read. */
  saveWhole(): Promise<void> {
    this.#journal = undefined;
    return this.save();
  }

  async #write(): Promise<void> {
    try {
      if (this.#journal?.isFull === false) await this.#file.appendToJournal(this.#journal.take());
      else await this.#file.write(this.#text());
    } catch (error) {
      this.#journal = undefined;
      throw error;
    }
  }

  /** The whole state. What changes from now on goes into its journal. */
  #text(): string {
    const added = this.#left(this.#added);
    const base = this.#left(this.#base);
    const pending = [...this.#pending];
    const text = stateText({
      name: this.#file.qualifiedName,
      crypter: this.#crypter,
      resources: [...added, ...base],
      pendingOperations: pending,
    });
    this.#journal = Journal.after(text, { added, base, pending }, this.#crypter);
    return text;
  }

  #left(resources: readonly Resource[]): Resource[] {
    return resources.filter((resource) => !this.#gone.has(resource));
  }
}

function byUrn(resources: readonly Resource[]): Map<string, Resource> {
  return new Map(resources.filter((resource) => !resource.delete).map((resource) => [resource.urn, resource]));
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
