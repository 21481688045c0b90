import {
  containsSecrets,
  isArray,
  isMap,
  isObject,
  isReference,
  isSecret,
  type PropertyMap,
  type PropertyValue,
  SIGNATURE,
  secret,
  UNKNOWN,
} from "./value";

/**
 * Decides what a part of a value becomes. Undefined keeps the part, and rewrites what is inside it.
 * @param again rewrites another value in the same way
 */
type Change = (part: PropertyValue, again: (part: PropertyValue) => PropertyValue) => PropertyValue | undefined;

/** Copies a map, changing its values from the outside in. */
export function rewrite(map: PropertyMap, change: Change): PropertyMap {
  return mapValues(map, (value) => rewriteValue(value, change));
}

function rewriteValue(value: PropertyValue, change: Change): PropertyValue {
  const again = (part: PropertyValue) => rewriteValue(part, change);
  const changed = change(value, again);
  if (changed !== undefined) return changed;
  if (isArray(value)) return value.map(again);
  return isObject(value) ? mapValues(value, again) : value;
}

function mapValues(map: PropertyMap, change: (value: PropertyValue) => PropertyValue): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

/** The values with secrets in clear. */
export function revealed(map: PropertyMap): PropertyMap {
  return rewrite(map, (part, again) => (isSecret(part) ? again(part.value) : undefined));
}

/** The values for a provider, which knows neither secrets nor references: in clear, and as an id or a URN. */
export function plain(map: PropertyMap): PropertyMap {
  return rewrite(map, (part, again) => {
    if (isSecret(part)) return again(part.value);
    return isReference(part) ? again(part.id ?? part.urn ?? null) : undefined;
  });
}

/** Gives references to resources the form that they have in the state. */
export function completeReferences(map: PropertyMap): PropertyMap {
  return rewrite(map, (part) =>
    isReference(part) && part.packageVersion === undefined ? { ...part, packageVersion: "" } : undefined,
  );
}

/** Leaves out what is not known yet, at any depth. */
export function known(map: PropertyMap): PropertyMap {
  const isKnown = (value: PropertyValue) => value !== UNKNOWN;
  const knownEntries = (part: PropertyMap) =>
    Object.fromEntries(Object.entries(part).filter(([, value]) => isKnown(value)));
  return rewrite(knownEntries(map), (part, again) => {
    if (isArray(part)) return part.filter(isKnown).map(again);
    return isObject(part) ? mapValues(knownEntries(part), again) : undefined;
  });
}

/** The values as plain data for people. Unknown values and, unless `showSecrets`, secrets are named and not shown. */
export function readable(map: PropertyMap, { showSecrets }: { readonly showSecrets: boolean }): PropertyMap {
  return rewrite(map, (part, again) => {
    if (isSecret(part)) return showSecrets ? again(part.value) : "[secret]";
    if (part === UNKNOWN) return "[unknown]";
    return isObject(part) && SIGNATURE in part ? (part.urn ?? "[reference]") : undefined;
  });
}

/**
 * Marks values as secret when `like` has a secret of the same name: values that a provider returns have lost their
 * marks. Objects are compared key by key; an array with a secret in it is secret as a whole.
 */
export function markSecrets(map: PropertyMap, like: PropertyMap): PropertyMap {
  const marked: Record<string, PropertyValue> = { ...map };
  for (const [key, model] of Object.entries(like)) {
    const value = marked[key];
    if (value === undefined) continue;
    if (isMap(value) && isMap(model)) marked[key] = markSecrets(value, model);
    else if (!isSecret(value) && containsSecrets(model)) marked[key] = secret(value);
  }
  return marked;
}
