import { directoryProblem } from "../acme/directories";
import { splitHostPort } from "../dns/serverAddress";
import { bucketProblem, endpointProblem, regionProblem } from "../oss/endpoint";
import { MOST_REQUESTS } from "../pace";
import { isPem } from "../pem";
import { unknownName } from "../unknownName";

/** Where settings are looked up, by keys such as `oss-cname:endpoint`. Structured values are JSON. */
export interface Config {
  get(key: string): string | undefined;
}

const CHOICES = {
  "oss-cname:signatureVersion": ["v4", "v1"],
  "oss-cname:addressing": ["virtual", "path"],
  "oss-cname:verification": ["authoritative", "none"],
  "oss-cname:allowHttp": ["true", "false"],
} as const;

/** What is wrong with a value, for every setting that decides where and how to send requests. */
const PROBLEMS: Readonly<Record<string, (value: string) => string | undefined>> = {
  "alicloud:region": regionProblem,
  "oss-cname:region": regionProblem,
  "oss-cname:endpoint": endpointProblem,
  "oss-cname:alidnsEndpoint": endpointProblem,
  "oss-cname:casEndpoint": endpointProblem,
  "oss-cname:acmeDirectory": directoryProblem,
  "oss-cname:acmeAccountKeyFile": (value) => (isPem(value) ? "is not the path of a file" : undefined),
  ...Object.fromEntries(
    Object.entries(CHOICES).map(([key, allowed]) => [
      key,
      (value) => (findChoice(allowed, value) === undefined ? notA(value, allowed.join(" or ")) : undefined),
    ]),
  ),
  "oss-cname:dnsServers": serversProblem,
  "oss-cname:buckets": bucketsProblem,
  "oss-cname:dnsTimeoutSeconds": (value) =>
    Number(value) >= 0 && Number.isFinite(Number(value)) ? undefined : notA(value, "a number of seconds"),
  "oss-cname:removalLimit": (value) => (/^\d+$/.test(value) ? undefined : notA(value, "a number of domains")),
  "oss-cname:maxConcurrentRequests": (value) =>
    /^[1-9]\d{0,2}$/.test(value) ? undefined : notA(value, "a whole number from 1 to 999"),
};

/** The keys of all these, which an OssAccount inherits. */
export const SETTINGS: readonly string[] = Object.keys(PROBLEMS);

/** A secret that is in the stack's configuration only: an OssAccount, which is in the state, must not have a copy. */
export const ACME_ACCOUNT_KEY = "oss-cname:acmeAccountKey";

/** Keys of `alicloud:*`, and next of `oss-cname:*`, which are all that a plugin gets. */
export const ACCOUNT_KEYS = ["region", "accessKey", "secretKey", "securityToken", "profile"] as const;

/** The structured keys of `oss-cname:*`, which only the program without code reads. */
export const PROGRAM_KEYS = ["domains", "domainsFile", "defaults", "accounts"] as const;

/** Which of the stack's keys are in our namespace and mean nothing: place and problem of each. */
export function unknownSettings(keys: readonly string[]): [string, string][] {
  const ours = (all: readonly string[]) => all.flatMap((key) => /^oss-cname:(.+)/.exec(key)?.[1] ?? []);
  const known = [...PROGRAM_KEYS, ...ACCOUNT_KEYS, ...ours([...SETTINGS, ACME_ACCOUNT_KEY])];
  const unknown = ours(keys).filter((key) => !known.includes(key));
  return unknown.map((key) => ["oss-cname", unknownName("key", key, known)]);
}

/** What is wrong with the values that are given: key and problem of each. */
export function settingProblems(config: Config): [string, string][] {
  return Object.entries(PROBLEMS).flatMap(([key, problemOf]): [string, string][] => {
    const value = config.get(key);
    const problem = value ? problemOf(value) : undefined;
    return problem === undefined ? [] : [[key, problem]];
  });
}

/** Configuration that has been checked. */
export class Settings {
  readonly #config: Config;

  /** Throws where a value is invalid, with all mistakes in one message. */
  constructor(config: Config) {
    const problems = settingProblems(config).map(([key, problem]) => `${key}: ${problem}`);
    if (problems.length > 0)
      throw new Error(`a mistake in the configuration; nothing was sent.\n  ${problems.join("\n  ")}`);
    this.#config = config;
  }

  /** One value as a string; an empty one counts as not set. */
  get(key: string): string | undefined {
    return this.#config.get(key) || undefined;
  }

  /** A setting that is one of a few. */
  choice<Key extends keyof typeof CHOICES>(key: Key): (typeof CHOICES)[Key][number] | undefined {
    return findChoice(CHOICES[key], this.get(key) ?? "");
  }

  /** The `host:port` list of `oss-cname:dnsServers`, given as a list or separated by commas. */
  get dnsServers(): string[] | undefined {
    const value = this.get("oss-cname:dnsServers");
    return value === undefined ? undefined : readList(value);
  }

  /** The buckets of this account among which an import looks for a domain, given like `dnsServers`. */
  get buckets(): string[] {
    return readList(this.get("oss-cname:buckets") ?? "");
  }

  /** Whether signed requests may go over plain http to other machines. */
  get allowHttp(): boolean {
    return this.choice("oss-cname:allowHttp") === "true";
  }

  get dnsTimeoutSeconds(): number {
    return Number(this.get("oss-cname:dnsTimeoutSeconds") ?? DNS_TIMEOUT_SECONDS);
  }

  /** How many domains may go at once; undefined for the default, which depends on how many there are. */
  get removalLimit(): number | undefined {
    const value = this.get("oss-cname:removalLimit");
    return value === undefined ? undefined : Number(value);
  }

  /** How many requests to OSS and Alibaba Cloud DNS may be under way at once. */
  get maxConcurrentRequests(): number {
    return Number(this.get("oss-cname:maxConcurrentRequests") ?? MOST_REQUESTS);
  }
}

const DNS_TIMEOUT_SECONDS = 900;

function readList(value: string): string[] {
  const list: unknown[] = value.trim().startsWith("[") ? JSON.parse(value) : value.split(",");
  return list.map((entry) => String(entry).trim()).filter((entry) => entry !== "");
}

function bucketsProblem(value: string): string | undefined {
  try {
    return readList(value)
      .map(bucketProblem)
      .find((problem) => problem !== undefined);
  } catch {
    return notA(value, "a list of buckets");
  }
}

function serversProblem(value: string): string | undefined {
  try {
    readList(value).forEach(splitHostPort);
    return undefined;
  } catch {
    return notA(value, "a list of host:port");
  }
}

function findChoice<T extends string>(allowed: readonly T[], value: string): T | undefined {
  return allowed.find((candidate) => candidate === value.toLowerCase());
}

function notA(value: string, what: string): string {
  return `${JSON.stringify(value)} is not ${what}`;
}
