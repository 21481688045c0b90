/**
 * Pulumi's property values, kept in the form they have on the wire: plain JSON, in which an object that has the signature
 * key is something else, and one agreed string stands for a value not known yet.
 */
export type PropertyValue = null | boolean | number | string | readonly PropertyValue[] | PropertyMap;
export interface PropertyMap {
  readonly [key: string]: PropertyValue;
}

export const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e";
const OTHERS: Readonly<Record<string, string>> = {
  c44067f5952c0a294b673a41bacd8c17: "an asset",
  "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
};

/** Stands for a value that is known only after the update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Marks a value as secret. */
export function secret(value: PropertyValue): PropertyMap {
  return { [SIGNATURE]: SECRET, value };
}

export function isObject(value: PropertyValue | undefined): value is PropertyMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object that stands for itself: no secret, no reference. */
export function isMap(value: PropertyValue | undefined): value is PropertyMap {
  return isObject(value) && !(SIGNATURE in value);
}

export function isSecret(value: PropertyValue | undefined): value is PropertyMap & { readonly value: PropertyValue } {
  return isObject(value) && value[SIGNATURE] === SECRET;
}

export function containsSecrets(value: PropertyValue): boolean {
  return some(value, isSecret);
}

export function containsUnknowns(value: PropertyValue): boolean {
  return some(value, (part) => part === UNKNOWN);
}

/** What kind of value is in there that this engine does not carry ("an asset"), if any. */
export function unsupportedValue(value: PropertyValue): string | undefined {
  let found: string | undefined;
  some(value, (part) => {
    found ??= isObject(part) ? OTHERS[String(part[SIGNATURE])] : undefined;
    return found !== undefined;
  });
  return found;
}

/** Are they the same to Pulumi? A property that is null is as good as none. */
export function equal(a: PropertyValue, b: PropertyValue): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => equal(item, b[at]));
  if (!isObject(a) || !isObject(b)) return a === b;
  return Object.keys({ ...a, ...b }).every((key) => equal(a[key] ?? null, b[key] ?? null));
}

/** The values without the marks of secrets. */
export function revealed(map: PropertyMap): PropertyMap {
  return rewriteMap(map, (value) => (isSecret(value) ? value.value : undefined));
}

/** References to resources in the form that states have. */
export function completeReferences(map: PropertyMap): PropertyMap {
  return rewriteMap(map, (value) =>
    isReference(value) && value.packageVersion === undefined ? { ...value, packageVersion: "" } : undefined,
  );
}

/** The values as a provider that knows neither secrets nor resource references gets them: in clear, references by id or URN. */
export function plain(map: PropertyMap): PropertyMap {
  return rewriteMap(map, (value) => {
    if (isSecret(value)) return value.value;
    return isReference(value) ? (value.id ?? value.urn ?? null) : undefined;
  });
}

/** The values without those that are not known yet, at any depth. */
export function known(map: PropertyMap): PropertyMap {
  const without = (value: PropertyValue): PropertyValue => {
    if (Array.isArray(value)) return value.filter((item) => item !== UNKNOWN).map(without);
    return isObject(value) ? known(value) : value;
  };
  const entries = Object.entries(map).filter(([, value]) => value !== UNKNOWN);
  return Object.fromEntries(entries.map(([key, value]) => [key, without(value)]));
}

/**
 * Marks as secret whatever has the name of a secret in `like`: what a provider returns has lost its marks. Objects are compared
 * key by key; an array with one secret in it is wholly secret.
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

/** Copies a map, asking `replace` for each value on the way down; undefined means: keep it and look inside. */
export function rewriteMap(
  map: PropertyMap,
  replace: (value: PropertyValue) => PropertyValue | undefined,
): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, rewrite(value, replace)]));
}

/** The same for one value. What `replace` gives back is looked into again. */
export function rewrite(
  value: PropertyValue,
  replace: (value: PropertyValue) => PropertyValue | undefined,
): PropertyValue {
  const replaced = replace(value);
  if (replaced !== undefined) return rewrite(replaced, replace);
  if (Array.isArray(value)) return value.map((item: PropertyValue) => rewrite(item, replace));
  return isObject(value) ? rewriteMap(value, replace) : value;
}

function isReference(value: PropertyValue): value is PropertyMap {
  return isObject(value) && value[SIGNATURE] === RESOURCE_REFERENCE;
}

function some(value: PropertyValue, test: (value: PropertyValue) => boolean): boolean {
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item: PropertyValue) => some(item, test));
  return isObject(value) && Object.values(value).some((item) => some(item, test));
}
