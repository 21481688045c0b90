import { isSecret, type PropertyMap, type PropertyValue, secret } from "../engine/property/value";
import { type CheckFailure, isLoopback, settingProblems, toUrl, unknownSettings } from "../provider/plugin";
import { inClear } from "./values";

/** A plugin's configuration by the keys of the library: the engine gives it the keys of one namespace, `oss-cname`. */
interface Config {
  get(key: string): string | undefined;
}

/** The keys that dynamic resources have in the namespace `alicloud`. */
const CREDENTIALS = ["accessKey", "secretKey", "securityToken", "profile"];
const SECRETS = ["accessKey", "secretKey", "securityToken", "acmeAccountKey"];
/** What the engine itself keeps beside them. */
const ENGINES = ["version", "pluginDownloadURL", "__internal"];

export function configOf(inputs: PropertyMap): Config {
  const values = inClear(inputs);
  return { get: (key) => asText(values[key.replace(/^(oss-cname|alicloud):/, "")]) };
}

/** The inputs of a provider with its credentials marked as secret, and all that is wrong with them. */
export function checkedConfig(inputs: PropertyMap): { inputs: PropertyMap; failures: CheckFailure[] } {
  const keys = Object.keys(inputs).filter((key) => ![...CREDENTIALS, ...ENGINES, "region"].includes(key));
  const problems = [
    ...unknownSettings(keys.map((key) => `oss-cname:${key}`)).map(([, reason]) => ["", reason] as const),
    // Either namespace has the region.
    ...settingProblems(configOf(inputs))
      .filter(([key]) => key !== "alicloud:region")
      .map(([key, reason]) => [key.replace(/^.*:/, ""), reason] as const),
  ];
  return {
    inputs: Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, withMark(key, value)])),
    failures: problems.map(([property, reason]) => ({ property, reason })),
  };
}

/**
 * The credentials that the stack's configuration or the program has in clear. The key of an emulator on this machine
 * opens nothing else.
 */
export function credentialsInClear(inputs: PropertyMap): string[] {
  const endpoint = configOf(inputs).get("oss-cname:endpoint");
  if (endpoint && isLoopback(toUrl(endpoint).hostname)) return [];
  return ["secretKey", "securityToken"].filter((key) => inputs[key] !== undefined && !isSecret(inputs[key]));
}

function withMark(key: string, value: PropertyValue): PropertyValue {
  return SECRETS.includes(key) && !isSecret(value) && value !== null ? secret(value) : value;
}

/** Structured values are JSON, in settings as in what an engine gives a provider. */
function asText(value: PropertyValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}
