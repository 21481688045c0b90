import { diff } from "../execute/diff";
import { ProtectedFromReplacement } from "../execute/protection";
import type { DiffResult, ProviderHost } from "../execute/providerHost";
import type { Providers } from "../execute/providers";
import type { Deletion, Report, Step } from "../execute/step";
import { keepIgnored } from "../property/path";
import { equal, type PropertyMap } from "../property/value";
import type { Snapshot } from "../stack/snapshot";
import type { Resource } from "../stack/state";
import { Unsupported } from "../unsupported";
import { isProvider, nameOf, providerReference } from "../urn";
import type { Goal } from "./goal";

/** Decides what has to be done to a resource, given its old state and the answers of its provider. */
export class StepGenerator {
  readonly #snapshot: Snapshot;
  readonly #providers: Providers;
  readonly #report: Report;
  readonly #registered = new Set<string>();
  readonly #replaced = new Set<string>();

  constructor(options: { readonly snapshot: Snapshot; readonly providers: Providers; readonly report: Report }) {
    this.#snapshot = options.snapshot;
    this.#providers = options.providers;
    this.#report = options.report;
  }

  /** The step for a resource that the program registers. */
  async register(resource: Resource, goal: Goal): Promise<Step> {
    this.#claim(resource.urn);
    const found = this.old(resource.urn);
    const old = found?.external ? undefined : found;
    const host = await this.#host(resource);
    const inputs = old && goal.custom ? keepIgnored(goal.inputs, old.inputs, goal.ignoreChanges) : goal.inputs;
    const wanted = { ...resource, inputs: await this.#check(host, resource, old?.inputs ?? {}, inputs) };
    if (!found) return { op: "create", new: wanted };
    if (!old) return { op: "create-replacement", old: found, new: wanted };
    const { changes, replaces, deleteBeforeReplace } = await this.#diff(host, wanted, old);
    if (changes !== "some" || replaces.length === 0) {
      const isUpdate = changes === "some" || (old.initErrors?.length ?? 0) > 0;
      return { op: isUpdate ? "update" : "same", old, new: wanted };
    }
    if (deleteBeforeReplace) throw new Unsupported("its provider asks for deletion before replacement");
    if (old.protect && resource.protect) throw new ProtectedFromReplacement(resource.urn);
    this.#replaced.add(resource.urn);
    // The old inputs may have set defaults, which the new object must not get.
    const replacement = {
      ...wanted,
      inputs: host ? await this.#check(host, resource, {}, goal.inputs) : wanted.inputs,
    };
    return { op: "create-replacement", old, new: replacement, keys: replaces };
  }

  /** The step for a resource that the program only reads. */
  read(resource: Resource): Step {
    this.#claim(resource.urn);
    const old = this.old(resource.urn);
    if (!old || old.external || old.id === resource.id) return { op: "read", old, new: resource };
    this.#replaced.add(resource.urn);
    return { op: "read-replacement", old, new: resource };
  }

  /** The steps for what the program has not registered, and for what has been replaced. */
  deletions(): Deletion[] {
    const deleted = this.#snapshot.base.filter((old) => old.delete || !this.#registered.has(old.urn));
    const urns = new Set(deleted.map(({ urn }) => urn));
    return deleted.map((old) => {
      if (old.provider) this.loadProvider(old.provider);
      const op = old.external ? ("discard" as const) : ("delete" as const);
      const deletedWithOther = old.deletedWith !== undefined && urns.has(old.deletedWith);
      return { op: old.delete ? (`${op}-replaced` as const) : op, old, deletedWithOther };
    });
  }

  /** The resource that the last update left at a URN. */
  old(urn: string): Resource | undefined {
    return this.#snapshot.old(urn);
  }

  /** Registers a provider of the last update, which the program may no longer register itself. */
  loadProvider(reference: string): void {
    if (this.#providers.has(reference)) return;
    const provider = this.#snapshot.base.find((resource) => providerReference(resource) === reference);
    if (!provider) throw new Error(`the state has no provider ${reference}`);
    this.#providers.register(reference, provider.inputs);
  }

  #claim(urn: string): void {
    if (this.#registered.has(urn)) throw new Error("two resources have this type and name: give each its own name");
    this.#registered.add(urn);
  }

  /** Has the provider check and complete the inputs; without a provider they stay as they are. */
  async #check(
    host: ProviderHost | undefined,
    { urn }: Resource,
    olds: PropertyMap,
    news: PropertyMap,
  ): Promise<PropertyMap> {
    if (!host) return news;
    const { inputs, failures } = await host.check(olds, news);
    if (failures.length === 0) return inputs;
    const reasons = failures.map(({ property, reason }) => (property ? `property ${property}: ${reason}` : reason));
    throw new Error(`${nameOf(urn)} is not valid: ${reasons.join("; ")}`);
  }

  async #diff(host: ProviderHost | undefined, resource: Resource, old: Resource): Promise<DiffResult> {
    if (resource.deletedWith && this.#replaced.has(resource.deletedWith)) return changed("deletedWith");
    if ((resource.provider === undefined) !== (old.provider === undefined)) return changed("provider");
    if (host) return diff(host, old, resource.inputs, resource.ignoreChanges);
    if (resource.custom && !isProvider(resource)) {
      const message = "its provider's configuration is not known before the update, so neither are its changes";
      this.#report("warning", message, resource.urn);
      return changed();
    }
    // A provider is compared with the configuration that it runs with, a component with its inputs.
    const before = isProvider(resource) ? old.outputs : old.inputs;
    const inputs = keepIgnored(resource.inputs, old.inputs, resource.ignoreChanges);
    return equal(before, inputs) ? { ...changed(), changes: "none" } : changed();
  }

  async #host(resource: Resource): Promise<ProviderHost | undefined> {
    if (!resource.custom || isProvider(resource) || !resource.provider) return undefined;
    this.loadProvider(resource.provider);
    return this.#providers.get(resource.provider);
  }
}

function changed(...replaces: string[]): DiffResult {
  return { changes: "some", replaces, deleteBeforeReplace: false };
}
