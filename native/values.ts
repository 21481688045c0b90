import { markSecrets, plain, rewrite } from "../engine/property/rewrite";
import { isMap, isSecret, type PropertyMap, type PropertyValue, secret } from "../engine/property/value";
import { fromStruct } from "../engine/rpc";
import { SECRETS } from "./resources";

/** A message's properties: Pulumi's generated code has no type for them outside of its own. */
type Struct = Parameters<typeof fromStruct>[0];

/** Properties as an engine sends them, with marks. */
export function received(struct: Struct): PropertyMap {
  return withoutText(fromStruct(struct));
}

/** Properties for a lifecycle, which knows no secrets. */
export function inClear(properties: PropertyMap): PropertyMap {
  return plain(properties);
}

/**
 * Properties for the engine: secret is what is so in `like`, under the same name, and what always is. Drops fields
 * without a value, for which the wire has no form.
 */
export function marked(properties: object, ...like: readonly PropertyMap[]): PropertyMap {
  const given = withoutText(JSON.parse(JSON.stringify(properties)) as PropertyMap);
  const alike = like.reduce((all, model) => markSecrets(all, model), given);
  const { all } = rewrite({ all: alike }, (part, again) => (isMap(part) ? withSecrets(part, again) : undefined));
  return all as PropertyMap;
}

function withSecrets(part: PropertyMap, again: (value: PropertyValue) => PropertyValue): PropertyMap {
  const fields = Object.entries(part).map(([key, value]) => {
    if (isSecret(value)) return [key, value];
    return [key, SECRETS.includes(key) && value !== null ? secret(value) : again(value)];
  });
  return Object.fromEntries(fields);
}

/** Dynamic resources have the text of their provider in their state, which means nothing here. */
function withoutText({ __provider: _, ...properties }: PropertyMap): PropertyMap {
  return properties;
}
