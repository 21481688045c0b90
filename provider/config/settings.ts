import type * as pulumi from "@pulumi/pulumi";
import { splitHostPort } from "../dns/query";
import { endpointProblem, regionProblem } from "../oss/endpoint";

/** Where settings are looked up: a stack's configuration, as its texts. */
export type Config = Pick<pulumi.dynamic.ConfigureRequest["config"], "get">;

const CHOICES = {
  "oss-cname:signatureVersion": ["v4", "v1"],
  "oss-cname:addressing": ["virtual", "path"],
  "oss-cname:verification": ["authoritative", "none"],
} as const;

/** What is wrong with a value, for every setting that decides where and how to ask. */
const PROBLEMS: Readonly<Record<string, (value: string) => string | undefined>> = {
  "alicloud:region": regionProblem,
  "oss-cname:endpoint": endpointProblem,
  "oss-cname:alidnsEndpoint": endpointProblem,
  ...Object.fromEntries(
    Object.entries(CHOICES).map(([key, allowed]) => [
      key,
      (value) => (chosen(allowed, value) === undefined ? notA(value, allowed.join(" or ")) : undefined),
    ]),
  ),
  "oss-cname:dnsServers": serversProblem,
  "oss-cname:dnsTimeoutSeconds": (value) =>
    Number(value) >= 0 && Number.isFinite(Number(value)) ? undefined : notA(value, "a number of seconds"),
};

/** The keys of all these. */
export const SETTINGS: readonly string[] = Object.keys(PROBLEMS);

let current: Config | undefined;

/** Makes this the configuration of the process. Throws, with all mistakes in it, when it has any. */
export function useConfig(config: Config): void {
  const problems = settingProblems(config).map(([key, problem]) => `${key}: ${problem}`);
  if (problems.length > 0)
    throw new Error(`a mistake in the configuration; nothing was sent.\n  ${problems.join("\n  ")}`);
  current = config;
}

/** What is wrong with the values that are given: key and problem of each. */
export function settingProblems(config: Config): [string, string][] {
  return Object.entries(PROBLEMS).flatMap(([key, problemOf]): [string, string][] => {
    const value = config.get(key);
    const problem = value ? problemOf(value) : undefined;
    return problem === undefined ? [] : [[key, problem]];
  });
}

/**
 * One configuration value as its text (`oss-cname:endpoint`); structured values are JSON. In a process that was not configured, which is
 * a program's own, it is the stack's.
 */
export function setting(key: string): string | undefined {
  if (current === undefined) useConfig(stackConfig());
  return current?.get(key) || undefined;
}

/** A setting that is one of a few. */
export function choice<Key extends keyof typeof CHOICES>(key: Key): (typeof CHOICES)[Key][number] | undefined {
  return chosen(CHOICES[key], setting(key) ?? "");
}

/** The host:port list of `oss-cname:dnsServers`, given as a list or separated by commas. */
export function dnsServers(): string[] | undefined {
  const value = setting("oss-cname:dnsServers");
  return value === undefined ? undefined : readServers(value);
}

/** The stack's own, in a program. Loaded only here: a provider has its configuration given, and the library is slow to load. */
export function stackConfig(): Config {
  const library: typeof pulumi = require("@pulumi/pulumi");
  return { get: library.runtime.getConfig };
}

function readServers(value: string): string[] {
  const list: unknown[] = value.trim().startsWith("[") ? JSON.parse(value) : value.split(",");
  return list.map((server) => String(server).trim()).filter((server) => server !== "");
}

function serversProblem(value: string): string | undefined {
  try {
    readServers(value).forEach(splitHostPort);
    return undefined;
  } catch {
    return notA(value, "a list of host:port");
  }
}

function chosen<T extends string>(allowed: readonly T[], value: string): T | undefined {
  return allowed.find((candidate) => candidate === value.toLowerCase());
}

function notA(value: string, what: string): string {
  return `${JSON.stringify(value)} is not ${what}`;
}
