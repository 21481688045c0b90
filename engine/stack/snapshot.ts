import type { PropertyMap } from "../property/value";
import { isDynamic, Unsupported } from "../unsupported";
import type { StackFile } from "./backend";
import type { Crypter } from "./secrets";

/** One resource in the state, in the form of the state file but with its secrets in clear. */
export interface Resource {
  urn: string;
  custom: boolean;
  /** Replaced by another of the same URN, and still to be deleted. */
  delete?: boolean;
  id?: string;
  type: string;
  inputs: PropertyMap;
  outputs: PropertyMap;
  parent?: string;
  /** Read only, not managed by this stack. */
  external?: boolean;
  dependencies?: readonly string[];
  initErrors?: readonly string[];
  /** URN and id of the provider resource, joined by `::`. */
  provider?: string;
  propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  additionalSecretOutputs?: readonly string[];
  customTimeouts?: Readonly<Record<string, number>>;
  deletedWith?: string;
  created?: string;
  modified?: string;
  ignoreChanges?: readonly string[];
}

export type OperationType = "creating" | "updating" | "deleting" | "reading";

interface Operation {
  readonly resource: Resource;
  readonly type: OperationType;
}

const fields = new Set(
  (
    "urn custom delete id type inputs outputs parent external dependencies initErrors provider propertyDependencies " +
    "additionalSecretOutputs customTimeouts deletedWith created modified ignoreChanges"
  ).split(" "),
);
/** Notes that the next update rewrites or takes away in any case. */
const passing = new Set(["sourcePosition", "stackTrace", "aliases", "importID"]);

export class StackNotFoundError extends Error {
  /** The status that the CLI exits with. */
  readonly exitCode = 6;
}

/**
 * The state of a stack: the resources of the last update, those that this one has dealt with, and the operations under way. It is
 * on disk before an operation starts and after it ends.
 */
export class Snapshot {
  /** The resources as the last update left them, in the order of their dependencies. */
  base: Resource[];
  /** What was under way when an earlier update was killed. */
  readonly interrupted: readonly Operation[];
  readonly #produced: Resource[] = [];
  readonly #gone = new Set<Resource>();
  readonly #operations = new Set<Operation>();
  readonly #crypter: Crypter;
  readonly #file: StackFile;
  #saving: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  private constructor(file: StackFile, crypter: Crypter, base: Resource[], interrupted: readonly Operation[]) {
    this.#file = file;
    this.#crypter = crypter;
    this.base = base;
    this.interrupted = interrupted;
    // What was being created may exist without the state knowing: that note stays until somebody has looked.
    for (const operation of interrupted) if (operation.type === "creating") this.#operations.add(operation);
  }

  /** Reads the stack's state. @throws when the stack does not exist, or has something that this engine does not do */
  static async load(file: StackFile, crypter: Crypter): Promise<Snapshot> {
    const latest = await latestDeployment(file);
    if (!latest) {
      throw new StackNotFoundError(
        `no stack named ${file.stack} found: create it with "oss-cname engine stack init ${file.stack}"`,
      );
    }
    const resource = (raw: RawResource) => parse(raw, crypter);
    return new Snapshot(
      file,
      crypter,
      (latest.resources ?? []).map(resource),
      (latest.pending_operations ?? []).map((operation) => ({ ...operation, resource: resource(operation.resource) })),
    );
  }

  /** The salt that a stack's state is sealed with, if there is a stack. */
  static async salt(file: StackFile): Promise<string | undefined> {
    return (await latestDeployment(file))?.secrets_providers?.state.salt;
  }

  /** Makes an empty stack. */
  static async create(file: StackFile, crypter: Crypter): Promise<void> {
    if ((await file.read()) !== undefined) throw new Error(`the stack ${file.stack} exists already`);
    await file.initialize();
    await new Snapshot(file, crypter, [], []).save();
  }

  /** All resources there are now: those dealt with, then the others. */
  get resources(): Resource[] {
    return [...this.#produced, ...this.base].filter((resource) => !this.#gone.has(resource));
  }

  /** Notes on disk that an operation starts. Call the result when it has ended, before `add` or `remove`. */
  async begin(type: OperationType, resource: Resource): Promise<() => void> {
    const operation = { type, resource };
    const end = () => this.#operations.delete(operation);
    this.#operations.add(operation);
    await this.save().catch((error) => {
      end();
      throw error;
    });
    return end;
  }

  /** Puts a resource in, in the place of another if given. */
  add(resource: Resource, old?: Resource): void {
    this.#produced.push(resource);
    if (old) this.#gone.add(old);
  }

  remove(resource: Resource): void {
    this.#gone.add(resource);
  }

  /** Writes the state, and whatever else has changed by the time it is written. */
  save(): Promise<void> {
    const next = () => {
      this.#queued = undefined;
      this.#saving = this.#file.write(this.#text());
      return this.#saving;
    };
    // One that failed is whoever waits for it to report, and for the next to make good.
    this.#queued ??= this.#saving.then(next, next);
    return this.#queued;
  }

  #text(): string {
    const raw = (resource: Resource) => serialize(resource, this.#crypter);
    const operations = [...this.#operations].map(({ resource, type }) => ({ resource: raw(resource), type }));
    return JSON.stringify({
      version: 3,
      checkpoint: {
        stack: this.#file.qualifiedName,
        latest: {
          manifest: { time: new Date().toISOString(), magic: "", version: "" },
          secrets_providers: { type: "passphrase", state: { salt: this.#crypter.salt } },
          resources: this.resources.map(raw),
          ...(operations.length > 0 && { pending_operations: operations }),
          metadata: {},
        },
      },
    });
  }
}

type RawResource = Partial<Resource> & Readonly<Record<string, unknown>> & Pick<Resource, "urn" | "custom" | "type">;

/** What a state file holds of its deployment; there is none in a stack that the CLI has never updated. */
interface RawDeployment {
  readonly secrets_providers?: { readonly type: string; readonly state: { readonly salt?: string } };
  readonly resources?: readonly RawResource[];
  readonly pending_operations?: readonly { readonly resource: RawResource; readonly type: OperationType }[];
}

async function latestDeployment(file: StackFile): Promise<RawDeployment | undefined> {
  const text = await file.read();
  if (text === undefined) return undefined;
  const { version, checkpoint } = parseJson(text, file.path);
  if (version !== 3) throw new Unsupported(`${file.path} is of version ${version}, not 3`);
  const latest: RawDeployment = checkpoint.latest ?? {};
  const type = latest.secrets_providers?.type ?? "passphrase";
  if (type !== "passphrase") throw new Unsupported(`the state's secrets are kept by ${type}, not passphrase`);
  const more = (["snippets", "extensions"] as const).find((field) => field in latest);
  if (more) throw new Unsupported(`the state has "${more}"`);
  return latest;
}

function parseJson(text: string, path: string) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON (${(error as Error).message}): restore it from a backup; nothing was changed`);
  }
}

function parse(raw: RawResource, crypter: Crypter): Resource {
  for (const [field, value] of Object.entries(raw)) {
    if (!fields.has(field) && !passing.has(field) && value) {
      throw new Unsupported(`${raw.urn} has "${field}" in its state`);
    }
  }
  if (raw.custom && !isDynamic(raw.type)) throw new Unsupported(`${raw.urn} in the state is not a dynamic resource`);
  const known = Object.entries(raw).filter(([field]) => fields.has(field));
  return {
    ...(Object.fromEntries(known) as unknown as Resource),
    inputs: crypter.unseal(raw.inputs ?? {}),
    outputs: crypter.unseal(raw.outputs ?? {}),
  };
}

/** As the CLI writes it: what is empty is left out. */
function serialize(resource: Resource, crypter: Crypter): object {
  const raw = { ...resource, inputs: crypter.seal(resource.inputs), outputs: crypter.seal(resource.outputs) };
  return Object.fromEntries(
    Object.entries(raw).filter(([field, value]) => {
      if (field === "custom") return true;
      if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
      return Boolean(value);
    }),
  );
}
