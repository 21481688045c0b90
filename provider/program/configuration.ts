import { relative, resolve } from "node:path";
import type { z } from "zod";
import { settingProblems, unknownSettings } from "../config/settings";
import { domainProblem, foldName } from "../names";
import { bucketProblem, endpointProblem, regionProblem } from "../oss/endpoint";
import { certificateProblems, isPem, KnownPems } from "../pem";
import { readTextFile } from "../textFile";
import { unknownName } from "../unknownName";
import { domainsFiles, readDomainsFile } from "./domainsFile";
import { shapeProblems } from "./problems";
import type { AccountEntry, AutomaticCertificate, CertificateEntry, DomainEntry, GivenCertificate } from "./schema";
import { SCHEMAS } from "./schema";
import { sizeProblem } from "./size";

/** One entry of `oss-cname:domains` or of a file, defaults filled in. */
export type ConfiguredDomain = Omit<DomainEntry, "certificate"> &
  Required<Pick<DomainEntry, "bucket" | "dns">> & {
    /** `letsEncrypt` as `{acme: {}}`. */
    readonly certificate?: Exclude<CertificateEntry, string>;
  };

export interface Configuration {
  /** Those of `oss-cname:domains`. */
  readonly domains: ConfiguredDomain[];
  /** Those of the files that `oss-cname:domainsFile` names. */
  readonly domainsOfFiles: ConfiguredDomain[];
  readonly accounts: Readonly<Record<string, AccountEntry>>;
}

/** The stack's configuration as it came, and the directories of its relative paths. */
export interface ConfigurationSource {
  readonly domains: unknown;
  readonly domainsFile: unknown;
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
    ...mistakenShape("domains", Array.isArray(source.domains) ? [] : (source.domains ?? [])),
  ];
  const places = new Map<string, string>();
  const read = readFilesOnce(source.rootDirectory);
  const readEntry = ({ entry, place }: Given): ConfiguredDomain[] => {
    const add = (at: readonly PropertyKey[], problem: string) => problems.push({ place: place(at), problem });
    for (const { at, path, text } of shapeProblems(SCHEMAS.domains.element, entry)) add(at, text(path.join(".")));
    if (!isObject(entry)) return [];
    const merged = { ...defaults, ...entry } as ConfiguredDomain;
    const addField = ([field, problem]: FieldProblem) => add(field.split("."), `${field}: ${problem}`);
    mistakenMeaning(merged, Object.keys(accounts)).forEach(addField);
    const domain = typeof merged.domain === "string" ? foldName(merged.domain) : "";
    const given: unknown = merged.certificate;
    const certificate = given === "letsEncrypt" ? { acme: {} } : given;
    if (isObject(certificate)) {
      mistakenCertificate(certificate, domain, read, source.now, knownPems).forEach(addField);
      mistakenAcme(certificate, merged.dns).forEach(addField);
    }
    const before = places.get(domain);
    if (before !== undefined) addField(["domain", `declared twice, first in ${before}`]);
    else if (domain !== "") places.set(domain, place([]));
    return [{ ...merged, domain, ...(isObject(certificate) && { certificate: fromProgram(certificate, source) }) }];
  };
  const domains = givenInConfiguration(source.domains).flatMap(readEntry);
  const domainsOfFiles = givenInFiles(source, problems).flatMap(readEntry);
  if (problems.length === 0) return { domains, domainsOfFiles, accounts };
  throw new ConfigurationError(problems.map(({ place, problem }) => `${place}: ${problem}`));
}

interface Problem {
  /** `oss-cname:domains[0] (www.example.com)` or `domains.yaml:12 (www.example.com)` */
  readonly place: string;
  readonly problem: string;
}

type FieldProblem = readonly [field: string, problem: string];

/** An entry as it was given, and how to name the place of something in it. */
interface Given {
  readonly entry: unknown;
  readonly place: (path: readonly PropertyKey[]) => string;
}

function givenInConfiguration(domains: unknown): Given[] {
  const entries: unknown[] = Array.isArray(domains) ? domains : [];
  return entries.map((entry, index) => ({ entry, place: () => label("domains", [index], entries) }));
}

/** Files that cannot be read are added to the problems. */
function givenInFiles({ domainsFile, rootDirectory }: ConfigurationSource, problems: Problem[]): Given[] {
  if (domainsFile === undefined) return [];
  const names = domainsFiles(domainsFile) ?? [];
  if (names.length === 0)
    problems.push({ place: "oss-cname:domainsFile", problem: "must be the path of a file, or a list of paths" });
  return names.flatMap((name) => {
    const file = readDomainsFile(resolve(rootDirectory, name));
    for (const { line, text } of file.problems)
      problems.push({ place: line === undefined ? name : `${name}:${line}`, problem: text });
    return file.entries.map((entry, index) => {
      const place = (path: readonly PropertyKey[]) => `${name}:${file.lineOf([index, ...path])}${ofDomain(entry)}`;
      return { entry, place };
    });
  });
}

function mistakenSettings(settings: ConfigurationSource["settings"]): Problem[] {
  const problems = [...unknownSettings(Object.keys(settings)), ...settingProblems({ get: (key) => settings[key] })];
  const size = sizeProblem(settings);
  if (size !== undefined) problems.push(["the stack's configuration", size]);
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
function mistakenMeaning(entry: Partial<ConfiguredDomain>, accounts: string[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const add = (field: string, problem: string | undefined) => problem !== undefined && problems.push([field, problem]);
  const addAccount = (field: string, name: unknown) =>
    typeof name === "string" && !accounts.includes(name) && add(field, unknownName("account", name, accounts));
  if (typeof entry.domain === "string") add("domain", domainProblem(foldName(entry.domain)));
  if (entry.bucket === undefined) add("bucket", "missing");
  else if (typeof entry.bucket === "string") add("bucket", bucketProblem(entry.bucket));
  if (typeof entry.region === "string") add("region", regionProblem(entry.region));
  if (typeof entry.endpoint === "string") add("endpoint", endpointProblem(entry.endpoint));
  if (entry.dns === undefined) add("dns", "missing; it is alidns, manual or none");
  const dns = isObject(entry.dns) ? entry.dns.alidns : entry.dns;
  if (entry.cnameRecord === true && dns === "none") add("cnameRecord", "dns none makes no records");
  addAccount("account", entry.account);
  if (isObject(dns)) addAccount("dns.alidns.account", dns.account);
  return problems;
}

/**
 * An expired certificate passes: only its resource knows whether it is in place already and so must not block the
 * stack.
 */
function mistakenCertificate(
  given: GivenCertificate,
  domain: string,
  read: ReadFile,
  now: number,
  knownPems: KnownPems,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const readField = (field: "certificateFile" | "privateKeyFile"): string | undefined => {
    const path = given[field];
    if (typeof path !== "string") return undefined;
    if (isPem(path)) {
      const text = `holds PEM and not a path: give the PEM as ${field.replace("File", "")}`;
      problems.push([`certificate.${field}`, text]);
      return undefined;
    }
    const text = read(path);
    if (typeof text === "string") return text;
    problems.push([`certificate.${field}`, `${path} ${text.message}`]);
    return undefined;
  };
  const certificate = readField("certificateFile") ?? given.certificate;
  const privateKey = readField("privateKeyFile") ?? given.privateKey;
  if (typeof certificate !== "string" || typeof privateKey !== "string") return problems;
  return certificateProblems({ certificate, privateKey }, domain, now, knownPems)
    .filter(({ kind }) => kind !== "expired")
    .map(({ property, reason }) => [`certificate.${property}${given.certificateFile ? "File" : ""}`, reason]);
}

/** What does not go with the DNS of a domain whose certificate is issued by itself. */
function mistakenAcme({ acme = {} }: Partial<AutomaticCertificate>, dns: unknown): FieldProblem[] {
  const { challenge, wildcard } = acme;
  const isAlidns = dns === "alidns" || isObject(dns);
  if (challenge === "dns-01" && !isAlidns) return [["certificate.acme.challenge", "dns-01 needs dns alidns"]];
  const isThroughBucket = challenge === "http-01" || !isAlidns;
  return wildcard && isThroughBucket ? [["certificate.acme.wildcard", "a wildcard can be proven by dns-01 only"]] : [];
}

type ReadFile = (path: string) => string | Error;

/** Many domains have the same certificate. */
function readFilesOnce(rootDirectory: string): ReadFile {
  const known = new Map<string, string | Error>();
  return (path) => {
    let text = known.get(path);
    if (text === undefined) {
      try {
        text = readTextFile(resolve(rootDirectory, path));
      } catch (error) {
        text = error as Error;
      }
      known.set(path, text);
    }
    return text;
  };
}

/** Paths relative to the directory where they are read, so that no state names a directory of this machine. */
function fromProgram(certificate: GivenCertificate, source: ConfigurationSource): GivenCertificate {
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
  return `oss-cname:domains[${String(first)}]${ofDomain((value as unknown[])[Number(first)])}`;
}

function ofDomain(entry: unknown): string {
  const domain = isObject(entry) && "domain" in entry && entry.domain;
  return typeof domain === "string" ? ` (${domain})` : "";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
