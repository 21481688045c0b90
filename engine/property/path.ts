import { isMap, isSecret, type PropertyMap, type PropertyValue, secret } from "./value";

/** The parts of a property path: `a.b[0]["c.d"]`. */
export function parsePath(path: string): (string | number)[] {
  const parts = path.match(/\[\d+\]|\["(?:[^"\\]|\\.)*"\]|[^.[\]]+/g) ?? [];
  return parts.map((part) => {
    if (!part.startsWith("[")) return part;
    return JSON.parse(part.slice(1, -1));
  });
}

/** Puts properties back to what they were, at the paths that `ignoreChanges` names; `*` stands for whatever is there. */
export function keepIgnored(inputs: PropertyMap, olds: PropertyMap, paths: readonly string[] = []): PropertyMap {
  if (paths.length === 0) return inputs;
  const kept = structuredClone(inputs);
  for (const path of paths) reset(kept, olds, parsePath(path));
  return kept;
}

type Container = Record<string | number, PropertyValue>;

/** Goes down a path as far as both values have it. `hidden` and `wasHidden`: is a secret around them? */
function reset(
  value: PropertyValue,
  before: PropertyValue,
  [key, ...rest]: readonly (string | number)[],
  hidden = false,
  wasHidden = false,
): void {
  if (key === undefined) return;
  if (isSecret(value) || isSecret(before)) {
    const [inside, inBefore] = [isSecret(value) ? value.value : value, isSecret(before) ? before.value : before];
    reset(inside, inBefore, [key, ...rest], hidden || isSecret(value), wasHidden || isSecret(before));
    return;
  }
  const arrays = Array.isArray(value) && Array.isArray(before);
  const maps = isMap(value) && isMap(before);
  const [now, old] = [value as Container, before as Container];
  let keys: readonly (string | number)[] = [key];
  if (key === "*" && arrays) keys = [...value.keys()];
  else if (key === "*") keys = maps ? Object.keys(rest.length > 0 ? old : { ...now, ...old }) : [];
  for (const at of keys) {
    const fits = typeof at === "number" ? arrays : maps;
    const [has, had] = [fits && Object.hasOwn(now, at), fits && Object.hasOwn(old, at)];
    const last = old?.[at] ?? null;
    if (rest.length > 0 && has && (had || maps)) reset(now[at] ?? null, had ? last : null, rest, hidden, wasHidden);
    else if (rest.length === 0 && had && (has || maps)) now[at] = wasHidden && !hidden ? secret(last) : last;
    // An array keeps its length.
    else if (rest.length === 0 && !had && isMap(value)) delete now[at];
  }
}
