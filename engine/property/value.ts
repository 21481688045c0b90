/**
 * Pulumi's property values in their wire form: plain JSON, where an object with the signature key is something special
 * (a secret, a resource reference, an asset) and one agreed string stands for a value that is not known yet.
 */
export type PropertyValue = null | boolean | number | string | readonly PropertyValue[] | PropertyMap;
export interface PropertyMap {
  readonly [key: string]: PropertyValue;
}

export const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e";
const UNSUPPORTED: Readonly<Record<string, string>> = {
  c44067f5952c0a294b673a41bacd8c17: "an asset",
  "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
};

/** Stands for a value that is known only after the update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Marks a value as secret. */
export function secret(value: PropertyValue): PropertyMap {
  return { [SIGNATURE]: SECRET, value };
}

export function isArray(value: PropertyValue | undefined): value is readonly PropertyValue[] {
  return Array.isArray(value);
}

export function isObject(value: PropertyValue | undefined): value is PropertyMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An ordinary object, without a signature. */
export function isMap(value: PropertyValue | undefined): value is PropertyMap {
  return isObject(value) && !(SIGNATURE in value);
}

export function isSecret(value: PropertyValue | undefined): value is PropertyMap & { readonly value: PropertyValue } {
  return isObject(value) && value[SIGNATURE] === SECRET;
}

export function isReference(value: PropertyValue): value is PropertyMap {
  return isObject(value) && value[SIGNATURE] === RESOURCE_REFERENCE;
}

export function containsSecrets(value: PropertyValue): boolean {
  return [...partsOf(value)].some(isSecret);
}

export function containsUnknowns(value: PropertyValue): boolean {
  return [...partsOf(value)].includes(UNKNOWN);
}

/** What this engine cannot handle in the value ("an asset"); undefined when it can handle all of it. */
export function unsupportedValue(value: PropertyValue): string | undefined {
  for (const part of partsOf(value)) {
    const name = isObject(part) ? UNSUPPORTED[String(part[SIGNATURE])] : undefined;
    if (name) return name;
  }
  return undefined;
}

/** Are the values equal to Pulumi? It takes a null property for a missing one. */
export function equal(a: PropertyValue, b: PropertyValue): boolean {
  if (isArray(a) && isArray(b)) return a.length === b.length && a.every((item, index) => equal(item, b[index] ?? null));
  if (!isObject(a) || !isObject(b)) return a === b;
  return Object.keys({ ...a, ...b }).every((key) => equal(a[key] ?? null, b[key] ?? null));
}

/** The value itself, and everything inside it. */
function* partsOf(value: PropertyValue): Generator<PropertyValue> {
  yield value;
  if (isArray(value) || isObject(value)) for (const part of Object.values(value)) yield* partsOf(part);
}
