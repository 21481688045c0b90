import { isArray, isMap, isSecret, type PropertyMap, type PropertyValue, secret } from "./value";

/** The parts of a property path such as `a.b[0]["c.d"]`. */
export function parsePath(path: string): (string | number)[] {
  const parts = path.match(/\[\d+\]|\["(?:[^"\\]|\\.)*"\]|[^.[\]]+/g) ?? [];
  return parts.map((part) => (part.startsWith("[") ? JSON.parse(part.slice(1, -1)) : part));
}

/** Restores old values at the paths that `ignoreChanges` names; `*` matches every key or index. */
export function keepIgnored(inputs: PropertyMap, olds: PropertyMap, paths: readonly string[] = []): PropertyMap {
  if (paths.length === 0) return inputs;
  const result = structuredClone(inputs);
  for (const path of paths) restore({ value: result, old: olds }, parsePath(path));
  return result;
}

/** A value and its predecessor at one place, and whether a secret encloses each of them. */
interface Place {
  readonly value: PropertyValue;
  readonly old: PropertyValue;
  readonly secret?: boolean;
  readonly oldSecret?: boolean;
}

type Container = Record<string | number, PropertyValue>;

/** Follows a path as far as both values have it, and restores the old value at its end. */
function restore(place: Place, path: readonly (string | number)[]): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  const { value, old } = place;
  if (isSecret(value) || isSecret(old)) {
    const inside: Place = {
      value: isSecret(value) ? value.value : value,
      old: isSecret(old) ? old.value : old,
      secret: place.secret || isSecret(value),
      oldSecret: place.oldSecret || isSecret(old),
    };
    restore(inside, path);
    return;
  }
  const areArrays = isArray(value) && isArray(old);
  const areMaps = isMap(value) && isMap(old);
  const [news, olds] = [value as Container, old as Container];
  let keys: readonly (string | number)[] = [key];
  if (key === "*" && areArrays) keys = [...value.keys()];
  else if (key === "*") keys = areMaps ? Object.keys(rest.length > 0 ? olds : { ...news, ...olds }) : [];
  for (const at of keys) {
    const fits = typeof at === "number" ? areArrays : areMaps;
    const [has, had] = [fits && Object.hasOwn(news, at), fits && Object.hasOwn(olds, at)];
    const before = olds?.[at] ?? null;
    if (rest.length > 0 && has && (had || areMaps)) {
      restore({ ...place, value: news[at] ?? null, old: had ? before : null }, rest);
    } else if (rest.length === 0 && had && (has || areMaps)) {
      news[at] = place.oldSecret && !place.secret ? secret(before) : before;
    } else if (rest.length === 0 && !had && isMap(value)) {
      // Only from maps: an array keeps its length.
      delete news[at];
    }
  }
}
