import type { PropertyMap } from "../property/value";
import type { Crypter } from "./secrets";
import {
  type Deployment,
  type OperationType,
  type PendingOperation,
  parseResource,
  type RawResource,
  type Resource,
  serializeResource,
  stateDigest,
} from "./state";

/** What a state file holds, in its order. */
export interface Contents {
  /** Resources that the operation has dealt with. */
  readonly added: readonly Resource[];
  /** Resources of the last update. */
  readonly base: readonly Resource[];
  readonly pending: readonly PendingOperation[];
}

/** Each line but the first is one of these. Resources and operations have the numbers in which they appeared. */
type Line =
  | { readonly begin: OperationType; readonly resource: RawResource }
  | { readonly end: number }
  | { readonly add: RawResource; readonly old?: number | undefined; readonly replaced?: number | undefined }
  | { readonly remove: number | undefined }
  | { readonly outputs: PropertyMap; readonly of: number | undefined };

/** The first line. */
interface Header {
  /** SHA-256 of the text of the state file that the journal continues. */
  readonly state: string;
  /** How many resources in it the operation had dealt with. */
  readonly added: number;
}

/**
 * What has changed since the whole state was written, as lines of a file beside it: a state that is written whole at
 * every change takes time in the square of its resources.
 */
export class Journal {
  readonly #crypter: Crypter;
  readonly #stateLength: number;
  readonly #resources = new Map<Resource, number>();
  readonly #operations = new Map<PendingOperation, number>();
  /** How many resources have a number. */
  #numbered = 0;
  #lines: string[];
  #length = 0;

  /** The journal that continues a state; `undefined` for a small one, which is written whole just as soon. */
  static after(text: string, contents: Contents, crypter: Crypter): Journal | undefined {
    return text.length < SMALL_STATE ? undefined : new Journal(text, contents, crypter);
  }

  private constructor(text: string, { added, base, pending }: Contents, crypter: Crypter) {
    this.#crypter = crypter;
    this.#stateLength = text.length;
    for (const resource of [...added, ...base]) this.#resources.set(resource, this.#numbered++);
    for (const operation of pending) this.#operations.set(operation, this.#operations.size);
    const header: Header = { state: stateDigest(text), added: added.length };
    this.#lines = [JSON.stringify(header)];
  }

  /** It has grown so long that the whole state is to be written again. */
  get isFull(): boolean {
    return this.#length > this.#stateLength;
  }

  begin(operation: PendingOperation): void {
    const { type, resource } = operation;
    this.#operations.set(operation, this.#operations.size);
    this.#note({ begin: type, resource: serializeResource(resource, this.#crypter) });
  }

  end(operation: PendingOperation): void {
    const number = this.#operations.get(operation);
    if (number !== undefined) this.#note({ end: number });
  }

  add(resource: Resource, old: Resource | undefined): void {
    this.#add(resource, { old: old && this.#resources.get(old) });
  }

  /** `marked` stands for `replaced` from now on. */
  addReplacement(resource: Resource, replaced: Resource, marked: Resource): void {
    this.#add(resource, { replaced: this.#renumber(replaced, marked) });
  }

  remove(resource: Resource): void {
    this.#note({ remove: this.#resources.get(resource) });
  }

  /** `after` is `before` with other outputs, and stands for it from now on. */
  setOutputs(before: Resource, after: Resource): void {
    this.#note({ outputs: this.#crypter.seal(after.outputs), of: this.#renumber(before, after) });
  }

  /** The lines that have not been taken yet. */
  take(): string {
    const text = this.#lines.map((line) => `${line}\n`).join("");
    this.#lines = [];
    this.#length += text.length;
    return text;
  }

  #add(resource: Resource, where: { readonly old?: number | undefined; readonly replaced?: number | undefined }): void {
    this.#resources.set(resource, this.#numbered++);
    this.#note({ add: serializeResource(resource, this.#crypter), ...where });
  }

  #renumber(before: Resource, after: Resource): number | undefined {
    const number = this.#resources.get(before);
    if (number !== undefined) this.#resources.set(after, number);
    return number;
  }

  #note(line: Line): void {
    this.#lines.push(JSON.stringify(line));
  }
}

/** What a state file holds, with what the journal beside it says where it is the journal of that file. */
export function replay(
  journal: string,
  digest: string,
  { resources, pendingOperations }: Deployment,
  crypter: Crypter,
): Deployment {
  // A kill may have cut the last line short, or the file before its first line ended.
  const [header, ...lines] = journal.split("\n").slice(0, -1);
  const { state, added = 0 }: Partial<Header> = header === undefined ? {} : JSON.parse(header);
  const all: (Resource | undefined)[] = [...resources];
  const pending: (PendingOperation | undefined)[] = [...pendingOperations];
  const change = (number: number | undefined, to: (resource: Resource) => Resource | undefined) => {
    const resource = number === undefined ? undefined : all[number];
    if (number !== undefined && resource !== undefined) all[number] = to(resource);
  };
  for (const text of state === digest ? lines : []) {
    const line: Line = JSON.parse(text);
    if ("begin" in line) {
      pending.push({ type: line.begin, resource: parseResource(line.resource, crypter) });
    } else if ("end" in line) pending[line.end] = undefined;
    else if ("add" in line) {
      change(line.old, () => undefined);
      change(line.replaced, (resource) => ({ ...resource, delete: true }));
      all.push(parseResource(line.add, crypter));
    } else if ("outputs" in line)
      change(line.of, (resource) => ({ ...resource, outputs: crypter.unseal(line.outputs) }));
    else change(line.remove, () => undefined);
  }
  const ordered = [...all.slice(0, added), ...all.slice(resources.length), ...all.slice(added, resources.length)];
  return {
    resources: ordered.filter((resource) => resource !== undefined),
    pendingOperations: pending.filter((operation) => operation !== undefined),
  };
}

/** Characters. Some 100 to 200 resources. */
const SMALL_STATE = 256 * 1024;
