import { equal, isArray, isMap, type PropertyMap, type PropertyValue, UNKNOWN } from "../engine/property/value";

/** How one property changes. */
export interface Change {
  readonly kind: "add" | "delete" | "update";
  /** Whether old and new inputs differ, or the old outputs and the new inputs. */
  readonly isInput: boolean;
}

/** What an engine compares to tell of a change. */
interface Compared {
  readonly oldInputs: PropertyMap;
  readonly olds: PropertyMap;
  readonly news: PropertyMap;
  /** What the outputs will be, where that is known beforehand. */
  readonly outputs: PropertyMap;
}

/**
 * The properties that change in an update, by their paths. Where all inputs are as before, those in which what there is
 * differs from them, and if there are none, the outputs that will be learned anew.
 */
export function changesOf({ oldInputs, olds, news, outputs }: Compared): ReadonlyMap<string, Change> {
  const inputs = differences(oldInputs, news);
  if (inputs.length > 0) return asMap(inputs, true);
  const common = Object.keys(news).filter((key) => key in olds);
  const drifted = common.flatMap((key) => differences({ [key]: olds[key] ?? null }, { [key]: news[key] ?? null }));
  if (drifted.length > 0) return asMap(drifted, false);
  const unknown = Object.keys(outputs).filter((key) => outputs[key] === UNKNOWN && key in olds);
  return asMap(
    unknown.map((key) => [key, "update"]),
    false,
  );
}

type Difference = readonly [path: string, kind: Change["kind"]];

function differences(before: PropertyMap, after: PropertyMap, path = ""): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => {
    const at = /^[\w-]+$/.test(key) ? `${path === "" ? "" : `${path}.`}${key}` : `${path}[${JSON.stringify(key)}]`;
    return differencesAt(before[key] ?? null, after[key] ?? null, at);
  });
}

function differencesAt(before: PropertyValue, after: PropertyValue, path: string): Difference[] {
  if (equal(before, after)) return [];
  if (before === null) return [[path, "add"]];
  if (after === null) return [[path, "delete"]];
  if (isMap(before) && isMap(after)) return differences(before, after, path);
  if (isArray(before) && isArray(after) && before.length === after.length)
    return before.flatMap((item, index) => differencesAt(item, after[index] ?? null, `${path}[${index}]`));
  return [[path, "update"]];
}

function asMap(differences: readonly Difference[], isInput: boolean): ReadonlyMap<string, Change> {
  return new Map(differences.map(([path, kind]) => [path, { kind, isInput }]));
}
