import { resolveLocation } from "../../provider/internal";

/** Configuration by its keys. An encrypted value is `{ secure }`, and what whoever needs a value gets instead an `Error`. */
export type Values = Readonly<Record<string, unknown>>;

const CREDENTIALS = ["alicloud:accessKey", "alicloud:secretKey", "alicloud:securityToken", "alicloud:profile"];

/**
 * `oss-cname:allowHttp` is not among them: whether signed requests go over plain http is for the person to say, not for
 * a file that may have come with a clone.
 */
const OF_ACCESS = [
  ...CREDENTIALS,
  "alicloud:region",
  "oss-cname:endpoint",
  "oss-cname:addressing",
  "oss-cname:signatureVersion",
  "oss-cname:dnsServers",
  "oss-cname:acmeDirectory",
];

/** Whether the command takes this key from a stack's configuration: it says where to ask, how, and with whose key. */
export function isOfAccess(key: string): boolean {
  return OF_ACCESS.includes(key);
}

/**
 * What several sources say together, the more important last, as resources take it from their stack, their account and
 * themselves: a key is always taken whole from one source, and a region goes before an endpoint that names another.
 */
export function merged(sources: readonly Values[]): Values {
  return sources.reduce((below, source) => {
    const hasKey = CREDENTIALS.some((key) => source[key] !== undefined);
    const kept = Object.entries(below).filter(([key]) => !(hasKey && CREDENTIALS.includes(key)));
    return { ...Object.fromEntries(kept), ...source, ...placeOf(source, below) };
  });
}

function placeOf(source: Values, below: Values): Values {
  const given = { region: textOf(source["alicloud:region"]), endpoint: textOf(source["oss-cname:endpoint"]) };
  if (given.region === undefined && given.endpoint === undefined) return {};
  const { region, endpoint } = resolveLocation(given, { get: (key) => textOf(below[key]) });
  return { "alicloud:region": region, "oss-cname:endpoint": endpoint };
}

/** A value as a program gets it; undefined if it is empty. */
export function textOf(value: unknown): string | undefined {
  const text = typeof value === "string" || value === undefined || value === null ? value : JSON.stringify(value);
  return text || undefined;
}
