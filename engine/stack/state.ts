import { createHash } from "node:crypto";
import type { PropertyMap } from "../property/value";
import { Unsupported } from "../unsupported";
import { isDynamic, isStack } from "../urn";
import type { Crypter } from "./secrets";

/** One resource in the state, in the form of the state file but with its secrets in clear. */
export interface Resource {
  readonly urn: string;
  readonly custom: boolean;
  /** Set when another resource with the same URN has replaced this one, which is still to be deleted. */
  readonly delete?: boolean | undefined;
  readonly id?: string | undefined;
  readonly type: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  readonly parent?: string | undefined;
  /** Set when this stack only reads the resource and does not manage it. */
  readonly external?: boolean | undefined;
  readonly dependencies?: readonly string[] | undefined;
  readonly initErrors?: readonly string[] | undefined;
  /** URN and id of the provider resource, joined by `::`. */
  readonly provider?: string | undefined;
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly additionalSecretOutputs?: readonly string[] | undefined;
  readonly customTimeouts?: Readonly<Record<string, number>> | undefined;
  readonly deletedWith?: string | undefined;
  readonly created?: string | undefined;
  readonly modified?: string | undefined;
  readonly ignoreChanges?: readonly string[] | undefined;
  /** Neither delete nor replace the resource. */
  readonly protect?: boolean | undefined;
  /** When the resource is deleted from the stack, what it stands for stays. */
  readonly retainOnDelete?: boolean | undefined;
}

export type OperationType = "creating" | "updating" | "deleting" | "reading";

/** What is, or was, being done to a resource. */
export interface PendingOperation {
  readonly resource: Resource;
  readonly type: OperationType;
}

/** What an update left. */
export interface Deployment {
  readonly resources: readonly Resource[];
  readonly pendingOperations: readonly PendingOperation[];
}

/** A resource in the form of the state file. */
export type RawResource = Partial<Resource> &
  Readonly<Record<string, unknown>> &
  Pick<Resource, "urn" | "custom" | "type">;

/** The deployment in a state file. A stack that the CLI has never updated has none of these. */
interface RawDeployment {
  readonly secrets_providers?: { readonly type: string; readonly state: { readonly salt?: string } };
  readonly resources?: readonly RawResource[];
  readonly pending_operations?: readonly { readonly resource: RawResource; readonly type: OperationType }[];
}

const FIELDS = new Set(
  (
    "urn custom delete id type inputs outputs parent external dependencies initErrors provider propertyDependencies " +
    "additionalSecretOutputs customTimeouts deletedWith created modified ignoreChanges protect retainOnDelete"
  ).split(" "),
);
/** Fields that the next update rewrites or drops in any case. */
const IGNORED_FIELDS = new Set(["sourcePosition", "stackTrace", "aliases", "importID"]);

/** What a state file says, with its secrets still encrypted. */
export class State {
  /** Of the text: its journal names it. */
  readonly digest: string;
  readonly #deployment: RawDeployment;

  /** @throws when the state has something that this engine does not do */
  constructor(text: string, path: string) {
    this.digest = stateDigest(text);
    const { version, checkpoint } = parseJson(text, path);
    if (version !== 3) throw new Unsupported(`${path} is of version ${version}, not 3`);
    this.#deployment = checkpoint.latest ?? {};
    const type = this.#deployment.secrets_providers?.type ?? "passphrase";
    if (type !== "passphrase") throw new Unsupported(`the state's secrets are kept by ${type}, not passphrase`);
    const unsupported = ["snippets", "extensions"].find((field) => field in this.#deployment);
    if (unsupported) throw new Unsupported(`the state has "${unsupported}"`);
  }

  /** The salt of the state's secrets. */
  get salt(): string | undefined {
    return this.#deployment.secrets_providers?.state.salt;
  }

  /** The resources and the pending operations, with their secrets in clear. */
  unseal(crypter: Crypter): Deployment {
    const { resources = [], pending_operations: pending = [] } = this.#deployment;
    const parse = (raw: RawResource) => parseResource(raw, crypter);
    return {
      resources: resources.map(parse),
      pendingOperations: pending.map((operation) => ({ ...operation, resource: parse(operation.resource) })),
    };
  }
}

/** The text of a state file. */
export function stateText(stack: {
  readonly name: string;
  readonly crypter: Crypter;
  readonly resources: readonly Resource[];
  readonly pendingOperations: readonly PendingOperation[];
}): string {
  const { crypter } = stack;
  const pending = stack.pendingOperations.map(({ resource, type }) => ({
    resource: serializeResource(resource, crypter),
    type,
  }));
  return JSON.stringify({
    version: 3,
    checkpoint: {
      stack: stack.name,
      latest: {
        manifest: { time: new Date().toISOString(), magic: "", version: "" },
        secrets_providers: { type: "passphrase", state: { salt: crypter.salt } },
        resources: stack.resources.map((resource) => serializeResource(resource, crypter)),
        pending_operations: pending.length > 0 ? pending : undefined,
        metadata: {},
      },
    },
  });
}

export function stateDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function parseJson(text: string, path: string) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON (${(error as Error).message}): restore it from a backup; nothing was changed`);
  }
}

/** A resource of a state file, with its secrets in clear. @throws when it has something that this engine does not do */
export function parseResource(raw: RawResource, crypter: Crypter): Resource {
  for (const [field, value] of Object.entries(raw)) {
    if (!FIELDS.has(field) && !IGNORED_FIELDS.has(field) && value) {
      throw new Unsupported(`${raw.urn} has "${field}" in its state`);
    }
  }
  if (raw.custom && !isDynamic(raw.type)) throw new Unsupported(`${raw.urn} in the state is not a dynamic resource`);
  const known = Object.entries(raw).filter(([field]) => FIELDS.has(field));
  return {
    ...(Object.fromEntries(known) as unknown as Resource),
    inputs: crypter.unseal(raw.inputs ?? {}),
    outputs: crypter.unseal(raw.outputs ?? {}),
  };
}

/** The resource as the CLI writes it: without its empty fields. */
export function serializeResource(resource: Resource, crypter: Crypter): RawResource {
  const raw = {
    ...resource,
    inputs: crypter.seal(resource.inputs),
    outputs: crypter.seal(resource.outputs),
  };
  const kept = Object.entries(raw).filter(([field, value]) => {
    if (field === "custom") return true;
    if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
    return Boolean(value);
  });
  return Object.fromEntries(kept) as unknown as RawResource;
}

/** The outputs of the stack that has these resources. */
export function stackOutputs(resources: readonly Resource[]): PropertyMap {
  return resources.find(({ urn }) => isStack(urn))?.outputs ?? {};
}
