import { relative, resolve } from "node:path";
import type { z } from "zod";
import { settingProblems, unknownSettings } from "../config/settings";
import { domainProblem, foldName } from "../names";
import { bucketProblem, endpointProblem, regionProblem } from "../oss/endpoint";
import { certificateProblems, isPem, KnownPems } from "../pem";
import { readTextFile } from "../textFile";
import { unknownName } from "../unknownName";
import { shapeProblems } from "./problems";
import type { AccountEntry, CertificateEntry, DomainEntry } from "./schema";
import { SCHEMAS } from "./schema";

/** One entry of `oss-cname:domains`, defaults filled in. */
export type ConfiguredDomain = DomainEntry & Required<Pick<DomainEntry, "bucket" | "dns">>;

export interface Configuration {
  readonly domains: ConfiguredDomain[];
  readonly accounts: Readonly<Record<string, AccountEntry>>;
}

/** The stack's configuration as it came, and the directories of its relative paths. */
export interface ConfigurationSource {
  readonly domains: unknown;
  readonly defaults: unknown;
  readonly accounts: unknown;
  /** All of the stack's configuration, as strings. */
  readonly settings: Readonly<Record<string, string>>;
  /** Directory of Pulumi.yaml, which paths in the configuration are relative to. */
  readonly rootDirectory: string;
  /** Directory that the program and its resources run in. */
  readonly programDirectory: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Everything that is wrong with a stack's configuration, one line each. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  constructor(readonly problems: readonly string[]) {
    super(
      `${problems.length === 1 ? "a mistake" : `${problems.length} mistakes`} in the stack's configuration; nothing was sent.\n` +
        problems.map((problem) => `  ${problem}`).join("\n"),
    );
  }
}

/**
 * Reads the domains that a stack declares.
 *
 * @throws ConfigurationError with all mistakes at once.
 */
export function readConfiguration(source: ConfigurationSource): Configuration {
  const accounts = (isObject(source.accounts) ? source.accounts : {}) as Configuration["accounts"];
  const defaults = isObject(source.defaults) ? source.defaults : {};
  const knownPems = new KnownPems();
  const problems: Problem[] = [
    ...mistakenSettings(source.settings),
    ...mistakenShape("defaults", source.defaults ?? {}),
    ...mistakenShape("accounts", source.accounts ?? {}),
    ...mistakenShape("domains", source.domains),
  ];
  const domains: ConfiguredDomain[] = [];
  const places = new Map<string, string>();
  for (const [index, entry] of Array.isArray(source.domains) ? source.domains.entries() : []) {
    if (!isObject(entry)) continue;
    const merged = { ...defaults, ...entry } as ConfiguredDomain;
    const place = label("domains", [index], source.domains);
    const add = (problem: string) => problems.push({ place, problem });
    for (const problem of mistakenMeaning(merged, Object.keys(accounts))) add(problem);
    const domain = typeof merged.domain === "string" ? foldName(merged.domain) : "";
    const { certificate } = merged;
    if (isObject(certificate))
      for (const problem of mistakenCertificate(certificate, domain, source, knownPems)) add(problem);
    const before = places.get(domain);
    if (before !== undefined) add(`domain: declared twice, first in ${before}`);
    else if (domain !== "") places.set(domain, place);
    domains.push({
      ...merged,
      domain,
      ...(isObject(certificate) && { certificate: fromProgram(certificate, source) }),
    });
  }
  if (problems.length === 0) return { domains, accounts };
  throw new ConfigurationError(inOrder(problems).map(({ place, problem }) => `${place}: ${problem}`));
}

interface Problem {
  /** `oss-cname:domains[0] (www.example.com)` */
  readonly place: string;
  readonly problem: string;
}

/** By place; what concerns all entries first. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const index = ({ place }: Problem) => Number(/\[(\d+)\]/.exec(place)?.[1] ?? -1);
  const places = problems.map(({ place }) => place);
  return [...problems].sort((a, b) => index(a) - index(b) || places.indexOf(a.place) - places.indexOf(b.place));
}

function mistakenSettings(settings: ConfigurationSource["settings"]): Problem[] {
  const problems = [...unknownSettings(Object.keys(settings)), ...settingProblems({ get: (key) => settings[key] })];
  return problems.map(([place, problem]) => ({ place, problem }));
}

function mistakenShape(key: keyof typeof SCHEMAS, value: unknown): Problem[] {
  const schema: z.ZodType = SCHEMAS[key];
  return shapeProblems(schema, value).map(({ path, text }) => {
    const field = (key === "defaults" ? path : path.slice(1)).join(".");
    return { place: label(key, path, value), problem: text(field) };
  });
}

/** What only the fields together or the rules of OSS can tell. A wrong shape has been reported already. */
function mistakenMeaning(entry: Partial<ConfiguredDomain>, accounts: string[]): string[] {
  const problems: (string | false | undefined)[] = [];
  const prefixed = (field: string, problem: string | undefined) => problem && `${field}: ${problem}`;
  const account = (field: string, name: unknown) =>
    typeof name === "string" && !accounts.includes(name) && `${field}: ${unknownName("account", name, accounts)}`;
  if (typeof entry.domain === "string") problems.push(prefixed("domain", domainProblem(foldName(entry.domain))));
  if (entry.bucket === undefined) problems.push("bucket: missing");
  else if (typeof entry.bucket === "string") problems.push(prefixed("bucket", bucketProblem(entry.bucket)));
  if (typeof entry.region === "string") problems.push(prefixed("region", regionProblem(entry.region)));
  if (typeof entry.endpoint === "string") problems.push(prefixed("endpoint", endpointProblem(entry.endpoint)));
  if (entry.dns === undefined) problems.push("dns: missing; it is alidns, manual or none");
  const dns = isObject(entry.dns) ? entry.dns.alidns : entry.dns;
  if (entry.cnameRecord === true && dns === "none") problems.push("cnameRecord: dns none makes no records");
  problems.push(account("account", entry.account));
  if (isObject(dns)) problems.push(account("dns.alidns.account", dns.account));
  return problems.filter((problem) => typeof problem === "string");
}

/**
 * An expired certificate passes: only its resource knows whether it is in place already and so must not block the
 * stack.
 */
function mistakenCertificate(
  given: CertificateEntry,
  domain: string,
  source: ConfigurationSource,
  knownPems: KnownPems,
): string[] {
  const problems: string[] = [];
  const read = (field: "certificateFile" | "privateKeyFile"): string | undefined => {
    const path = given[field];
    if (typeof path !== "string") return undefined;
    if (isPem(path)) {
      problems.push(`certificate.${field}: holds PEM and not a path: give the PEM as ${field.replace("File", "")}`);
      return undefined;
    }
    try {
      return readTextFile(resolve(source.rootDirectory, path));
    } catch (error) {
      problems.push(`certificate.${field}: ${path} ${(error as Error).message}`);
      return undefined;
    }
  };
  const certificate = read("certificateFile") ?? given.certificate;
  const privateKey = read("privateKeyFile") ?? given.privateKey;
  if (typeof certificate !== "string" || typeof privateKey !== "string") return problems;
  return certificateProblems({ certificate, privateKey }, domain, source.now, knownPems)
    .filter(({ kind }) => kind !== "expired")
    .map(({ property, reason }) => `certificate.${property}${given.certificateFile ? "File" : ""}: ${reason}`);
}

/** Paths relative to the directory where they are read, so that no state names a directory of this machine. */
function fromProgram(certificate: CertificateEntry, source: ConfigurationSource): CertificateEntry {
  const moved = (path: unknown) =>
    typeof path === "string" ? relative(source.programDirectory, resolve(source.rootDirectory, path)) : undefined;
  const certificateFile = moved(certificate.certificateFile);
  const privateKeyFile = moved(certificate.privateKeyFile);
  return { ...certificate, ...(certificateFile && { certificateFile }), ...(privateKeyFile && { privateKeyFile }) };
}

/**
 * Names a place in the configuration so that a person finds it: by key and index, and by the domain where there is one.
 */
function label(key: string, path: readonly PropertyKey[], value: unknown): string {
  const [first] = path;
  if (first === undefined || key === "defaults") return `oss-cname:${key}`;
  if (key === "accounts") return `oss-cname:accounts.${String(first)}`;
  const domain = (value as { domain?: unknown }[])[Number(first)]?.domain;
  return `oss-cname:domains[${String(first)}]${typeof domain === "string" ? ` (${domain})` : ""}`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
