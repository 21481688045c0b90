import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { ErrorObject } from "ajv";
import Ajv from "ajv";
import { SETTINGS, settingProblems } from "../config/settings";
import { foldName } from "../dns/query";
import { bucketProblem, endpointProblem, regionProblem } from "../oss/endpoint";
import { certificateProblems } from "../pem";
import { domainProblem } from "../resources/binding";
import { apexAdvice } from "../resources/customDomain/dns";
import * as schema from "./config.schema.json";
import { nearest } from "./nearest";

/** One entry of `oss-cname:domains`, defaults filled in. Fields are `CustomDomain`'s unless they say otherwise. */
export interface DomainDeclaration {
  readonly domain: string;
  readonly bucket: string;
  readonly dns: "alidns" | "manual" | "none" | { readonly alidns: AlidnsDeclaration };
  readonly certificate?: CertificateDeclaration;
  readonly region?: string;
  readonly endpoint?: string;
  /** A name in `oss-cname:accounts`. */
  readonly account?: string;
  readonly cnameRecord?: boolean;
  readonly cnameTarget?: string;
  readonly takeover?: { readonly bucket: string; readonly region?: string; readonly endpoint?: string };
  readonly verification?: "authoritative" | "none";
  readonly dnsTimeoutSeconds?: number;
}

export interface AlidnsDeclaration {
  readonly zone?: string;
  readonly ttl?: number;
  /** Account that owns the zone: a name in `oss-cname:accounts`. */
  readonly account?: string;
}

/** Exactly one of a CertId, two files and two texts; files relative to the program's directory. */
export interface CertificateDeclaration {
  readonly certId?: string;
  readonly certificateFile?: string;
  readonly privateKeyFile?: string;
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly force?: boolean;
  readonly expiryWarningDays?: number;
}

/** An entry of `oss-cname:accounts`. */
export interface AccountDeclaration {
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly securityToken?: string;
}

export interface Declarations {
  readonly domains: DomainDeclaration[];
  readonly accounts: Readonly<Record<string, AccountDeclaration>>;
}

/** The stack's configuration as it came, and where its relative paths start and shall start. */
export interface DeclarationSource {
  readonly domains: unknown;
  readonly defaults: unknown;
  readonly accounts: unknown;
  /** All of the stack's configuration, as its texts. */
  readonly settings: Readonly<Record<string, string>>;
  /** Directory of Pulumi.yaml. */
  readonly rootDirectory: string;
  /** Directory that the program and its resources run in. */
  readonly programDirectory: string;
}

/** Everything that is wrong with a stack's configuration, one line each. */
export class DeclarationError extends Error {
  override readonly name = "DeclarationError";
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
 * @throws DeclarationError with all mistakes at once.
 */
export function readDeclarations(source: DeclarationSource): Declarations {
  const accounts = (isObject(source.accounts) ? source.accounts : {}) as Declarations["accounts"];
  const defaults = isObject(source.defaults) ? source.defaults : {};
  const problems = [
    ...settingFaults(source.settings),
    ...shapeProblems("defaults", source.defaults ?? {}),
    ...shapeProblems("accounts", source.accounts ?? {}),
    ...shapeProblems("domains", source.domains),
  ];
  const domains: DomainDeclaration[] = [];
  const declared = new Map<string, string>();
  for (const [index, entry] of Array.isArray(source.domains) ? source.domains.entries() : []) {
    if (!isObject(entry)) continue;
    const merged = { ...defaults, ...entry } as DomainDeclaration;
    const place = label("domains", [String(index)], source.domains);
    const add = (problem: string) => problems.push({ place, problem });
    for (const problem of meaningProblems(merged, Object.keys(accounts))) add(problem);
    const domain = typeof merged.domain === "string" ? foldName(merged.domain) : "";
    const { certificate } = merged;
    if (isObject(certificate)) for (const fault of certificateFaults(certificate, domain, source)) add(fault);
    const before = declared.get(domain);
    if (before !== undefined) add(`domain: declared twice, first in ${before}`);
    else if (domain !== "") declared.set(domain, place);
    domains.push({
      ...merged,
      domain,
      ...(isObject(certificate) && { certificate: fromProgram(certificate, source) }),
    });
  }
  if (problems.length === 0) return { domains, accounts };
  const places = [...new Set(problems.map(({ place }) => place))].sort(byIndex);
  throw new DeclarationError(
    places.flatMap((place) => problems.filter((one) => one.place === place).map((one) => `${place}: ${one.problem}`)),
  );
}

interface Problem {
  readonly place: string;
  readonly problem: string;
}

function settingFaults(settings: DeclarationSource["settings"]): Problem[] {
  const ours = (keys: readonly string[]) => keys.flatMap((key) => /^oss-cname:(.+)/.exec(key)?.[1] ?? []);
  const known = ["domains", "defaults", "accounts", ...ours(SETTINGS)];
  const unknown = ours(Object.keys(settings)).filter((key) => !known.includes(key));
  return [
    ...unknown.map((key) => ({ place: "oss-cname", problem: unknownName("key", key, known) })),
    ...settingProblems({ get: (key) => settings[key] }).map(([place, problem]) => ({ place, problem })),
  ];
}

/** What only the fields together can tell, or the rules of OSS. The shape may be wrong: that has been said. */
function meaningProblems(entry: Partial<DomainDeclaration>, accounts: string[]): string[] {
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
  if (entry.cnameRecord === true && typeof entry.domain === "string" && (dns === "alidns" || isObject(dns)))
    problems.push(prefixed("cnameRecord", apexAdvice(foldName(entry.domain), isObject(dns) ? dns.zone : undefined)));
  problems.push(account("account", entry.account));
  if (isObject(dns)) problems.push(account("dns.alidns.account", dns.account));
  return problems.filter((problem) => typeof problem === "string");
}

/** An expired certificate is let through: only its resource knows whether it is an old one, which must not stand in the way. */
function certificateFaults(given: CertificateDeclaration, domain: string, source: DeclarationSource): string[] {
  const faults: string[] = [];
  const read = (field: "certificateFile" | "privateKeyFile"): string | undefined => {
    const path = given[field];
    if (typeof path !== "string") return undefined;
    try {
      return readFileSync(resolve(source.rootDirectory, path), "utf8");
    } catch (error) {
      const isAbsent = (error as NodeJS.ErrnoException).code === "ENOENT";
      faults.push(`certificate.${field}: ${isAbsent ? "there is no file" : "cannot read"} ${path}`);
      return undefined;
    }
  };
  const certificate = read("certificateFile") ?? given.certificate;
  const privateKey = read("privateKeyFile") ?? given.privateKey;
  if (typeof certificate !== "string" || typeof privateKey !== "string") return faults;
  return certificateProblems({ certificate, privateKey }, domain, Date.now())
    .filter(({ kind }) => kind !== "expired")
    .map(({ property, reason }) => `certificate.${property}${given.certificateFile ? "File" : ""}: ${reason}`);
}

/** Paths are written relative to Pulumi.yaml and read in the program's directory, so that no state names a directory of this machine. */
function fromProgram(certificate: CertificateDeclaration, source: DeclarationSource): CertificateDeclaration {
  const moved = (path: unknown) =>
    typeof path === "string" ? relative(source.programDirectory, resolve(source.rootDirectory, path)) : undefined;
  const certificateFile = moved(certificate.certificateFile);
  const privateKeyFile = moved(certificate.privateKeyFile);
  return { ...certificate, ...(certificateFile && { certificateFile }), ...(privateKeyFile && { privateKeyFile }) };
}

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).addSchema(schema, "config");

function shapeProblems(key: "domains" | "defaults" | "accounts", value: unknown): Problem[] {
  const validate = ajv.getSchema(`config#/definitions/${key}`);
  if (validate === undefined) throw new Error(`config.schema.json has no definition of ${key}`);
  if (validate(value)) return [];
  const errors = validate.errors ?? [];
  return errors
    .filter((error) => !isEcho(error, errors))
    .map((error) => {
      const path = error.instancePath.split("/").slice(1);
      const field = (key === "defaults" ? path : path.slice(1)).join(".");
      return { place: label(key, path, value), problem: reason(error, field) };
    });
}

/** Errors that repeat, for the whole, what another error says of a part. */
function isEcho(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  if (error.keyword === "if" || /\/oneOf\/\d/.test(error.schemaPath)) return true;
  return error.keyword === "oneOf" && all.some((other) => other !== error && isInside(other, error));
}

function isInside(part: ErrorObject, whole: ErrorObject): boolean {
  return part.instancePath.startsWith(whole.instancePath) && !/\/oneOf/.test(part.schemaPath);
}

function reason(error: ErrorObject, field: string): string {
  const shown = field === "" ? "" : `${field}: `;
  const parent = error.parentSchema as { description?: string; properties?: object } | undefined;
  switch (error.keyword) {
    case "additionalProperties":
      return shown + unknownName("key", error.params.additionalProperty, Object.keys(parent?.properties ?? {}));
    case "required":
      return `${field === "" ? "" : `${field}.`}${error.params.missingProperty}: missing`;
    case "type":
      return `${shown}must be ${kindNames(error.params.type)}${typeof error.data === "number" ? ", so put it in quotes" : ""}`;
    case "enum":
      return `${shown}must be ${error.params.allowedValues.join(", ").replace(/, ([^,]*)$/, " or $1")}`;
    case "oneOf":
      return `${shown}must be ${parent?.description}`;
    default:
      return `${shown}${error.message}`;
  }
}

function kindNames(type: string | string[]): string {
  const names: Record<string, string> = {
    object: "a set of keys",
    array: "a list",
    string: "text",
    boolean: "true or false",
    integer: "a whole number",
    number: "a number",
  };
  return [type]
    .flat()
    .map((one) => names[one] ?? one)
    .join(" or ");
}

function unknownName(what: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const hint = near ? `did you mean ${JSON.stringify(near)}?` : `known: ${known.join(", ") || "none"}`;
  return `unknown ${what} ${JSON.stringify(name)}; ${hint}`;
}

/** Names a place in the configuration so that a person finds it: by key and index, and by the domain where there is one. */
function label(key: string, path: readonly string[], value: unknown): string {
  const [first] = path;
  if (first === undefined || key === "defaults") return `oss-cname:${key}`;
  if (key === "accounts") return `oss-cname:accounts.${first}`;
  const domain = (value as { domain?: unknown }[])[Number(first)]?.domain;
  return `oss-cname:domains[${first}]${typeof domain === "string" ? ` (${domain})` : ""}`;
}

/** Entries in their order, what holds for all of them first. */
function byIndex(one: string, other: string): number {
  const index = (place: string) => Number(/\[(\d+)\]/.exec(place)?.[1] ?? -1);
  return index(one) - index(other);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
