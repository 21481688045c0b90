/** Kinds of things in the cloud that two resources may stand for, one after the other, in a single `up`. */
export type DeclaredKind = "binding" | "certificate";

const declared = new Set<string>();

/**
 * Notes that the program of this run declares a thing. Called by `check`, which Pulumi runs for every resource in `up` and for none
 * in `destroy`.
 */
export function noteDeclared(kind: DeclaredKind, key: string): void {
  declared.add(`${kind} ${key}`);
}

/**
 * True when `delete` must leave a thing alone: renaming a resource, `--replace` and taint make Pulumi create the new resource, which
 * adopts the thing, and then delete the old one, which stands for the same thing.
 */
export function isDeclared(kind: DeclaredKind, key: string): boolean {
  return declared.has(`${kind} ${key}`);
}
