import { existsSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { Document, isMap, isScalar, isSeq, parse, parseDocument, Scalar, type ScalarTag } from "yaml";
import { type PropertyMap, secret } from "./propertyValue";
import { Crypter } from "./secrets";
import { Unsupported } from "./unsupported";

/** What Pulumi.yaml says. */
export interface Project {
  readonly name: string;
  /** Pulumi.yaml, and its directory. */
  readonly file: string;
  readonly root: string;
  /** Where the program runs: the directory of its entry. */
  readonly directory: string;
  /** The program's file in `directory`, or `.` */
  readonly entry: string;
  readonly typescript: boolean;
  readonly tsconfig?: string;
  readonly nodeArgs: readonly string[];
  /** The backend that Pulumi.yaml names; the environment goes first. */
  readonly backend?: string;
  /** Where Pulumi.<stack>.yaml is. */
  readonly configDirectory: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** The configuration of one stack: each value as its text, structured ones as JSON. */
export interface StackConfig {
  readonly values: Readonly<Record<string, string>>;
  /** The keys whose values are secret, wholly or in part. */
  readonly secretKeys: ReadonlySet<string>;
  /** Each secret in clear. */
  readonly secrets: readonly string[];
  /** The same for the stack's history: structures as such, and what is secret as ciphertext. */
  readonly sealed: Readonly<Record<string, unknown>>;
}

const projectKeys = new Set(
  "name runtime main config stackConfigDir backend description author website license template".split(" "),
);
const runtimeOptions = new Set(["typescript", "tsconfig", "nodeargs", "packagemanager", "production"]);

/** Finds Pulumi.yaml in a directory or above it and reads it. @throws on whatever this engine would have to ignore */
export async function loadProject(cwd: string): Promise<Project> {
  const file = findProject(resolve(cwd));
  const yaml = parse(await readFile(file, "utf8"), asTheCliReads) ?? {};
  const root = dirname(file);
  refuseUnknown(file, Object.keys(yaml), projectKeys);
  const runtime = typeof yaml.runtime === "string" ? { name: yaml.runtime } : (yaml.runtime ?? {});
  if (typeof yaml.name !== "string" || yaml.name === "") throw new Error(`${file} has no "name"`);
  if (runtime.name !== "nodejs") throw new Unsupported(`${file} has the runtime ${runtime.name}, not nodejs`);
  const options = runtime.options ?? {};
  refuseUnknown(`${file}, runtime.options`, Object.keys(options), runtimeOptions);
  const nodeArgs: string = options.nodeargs ?? "";
  if (/["'\\]/.test(nodeArgs)) throw new Unsupported(`${file} has nodeargs with quotes`);
  const main = resolve(root, yaml.main ?? ".");
  if (!existsSync(main)) throw new Error(`${file}: main ${main} does not exist`);
  const isDirectory = statSync(main).isDirectory();
  return {
    name: yaml.name,
    file,
    root,
    directory: isDirectory ? main : dirname(main),
    entry: isDirectory ? "." : basename(main),
    typescript: options.typescript ?? true,
    ...(options.tsconfig && { tsconfig: options.tsconfig }),
    nodeArgs: nodeArgs.split(/\s+/).filter(Boolean),
    ...(yaml.backend?.url && { backend: yaml.backend.url }),
    configDirectory: resolve(root, typeof yaml.config === "string" ? yaml.config : (yaml.stackConfigDir ?? ".")),
    config: typeof yaml.config === "string" ? {} : (yaml.config ?? {}),
  };
}

/** Pulumi.<stack>.yaml: configuration, and the salt that its secrets and those of the state are sealed with. */
export class StackConfigFile {
  readonly path: string;
  readonly #project: Project;
  readonly #document: Document;

  private constructor(path: string, project: Project, document: Document) {
    this.path = path;
    this.#project = project;
    this.#document = document;
  }

  static async load(project: Project, stack: string): Promise<StackConfigFile> {
    const path = join(project.configDirectory, `Pulumi.${stack}${extname(project.file)}`);
    const text = existsSync(path) ? await readFile(path, "utf8") : "{}";
    const document = text.trim() === "{}" ? new Document({}) : parseDocument(text, { intAsBigInt: true });
    const [error] = document.errors;
    if (error) throw new Error(`${path}: ${error.message}`);
    const top = isMap(document.contents) ? Object.keys(document.toJS()) : [];
    refuseUnknown(path, top, new Set(["config", "encryptionsalt", "secretsprovider"]));
    const provider = document.get("secretsprovider");
    if (provider && provider !== "passphrase") {
      throw new Unsupported(`${path} has the secrets provider ${provider}, not passphrase`);
    }
    return new StackConfigFile(path, project, document);
  }

  /**
   * Makes the stack's crypter. A file without a salt gets that of the state, or a new one; `save` writes it.
   * @param stateSalt the salt that the state is sealed with, if there is a state
   */
  async crypter(passphrase: string, stateSalt: string | undefined): Promise<Crypter> {
    const salt: unknown = this.#document.get("encryptionsalt") ?? stateSalt;
    if (stateSalt !== undefined && salt !== stateSalt) {
      throw new Error(`${this.path} and the stack's state have different encryption salts: use the Pulumi CLI`);
    }
    const crypter = await (typeof salt === "string" ? Crypter.open(passphrase, salt) : Crypter.create(passphrase));
    this.#document.set("encryptionsalt", crypter.salt);
    return crypter;
  }

  /** All values, with those that Pulumi.yaml gives for keys that the stack does not set. @throws on what Pulumi.yaml does not allow */
  values(crypter: Crypter): StackConfig {
    const found = new Map<string, unknown>();
    const secretKeys = new Set<string>();
    const secrets: string[] = [];
    const stack: Record<string, unknown> = parse(this.#document.toString(), asTheCliReads)?.config ?? {};
    for (const [key, sealed] of Object.entries(stack)) {
      const value = unseal(sealed, (text) => {
        secretKeys.add(this.#fullKey(key));
        const clear = crypter.decrypt(text);
        secrets.push(clear);
        return clear;
      });
      found.set(this.#fullKey(key), value);
    }
    const missing: string[] = [];
    for (const [name, given] of Object.entries(this.#project.config)) {
      const key = this.#fullKey(name);
      const declared: Declaration = isRecord(given) ? given : { default: given };
      const value = found.get(key) ?? declared.default ?? declared.value;
      if (value !== undefined) found.set(key, value);
      if (value === undefined && key.startsWith(`${this.#project.name}:`)) missing.push(name);
      else if (declared.type !== undefined && !isOfType(value, declared))
        throw new Error(`${this.path}: ${name} must be of type ${declared.type}, as ${this.#project.file} says`);
      else if (declared.type !== undefined && declared.secret && !secretKeys.has(key))
        throw new Error(`${this.path}: ${name} must be encrypted, as ${this.#project.file} says: set it with --secret`);
    }
    if (missing.length > 0)
      throw new Error(`${this.path} has no value for ${missing.join(", ")}, which the project needs`);
    const special = [...found.keys()].find((key) => key.startsWith("pulumi:") && key !== "pulumi:tags");
    if (special) throw new Unsupported(`the configuration has ${special}`);
    const sealed = new Map(Object.entries(stack).map(([key, value]) => [this.#fullKey(key), value]));
    const forHistory = ([key, value]: [string, unknown]) => {
      const kept = sealed.get(key) ?? value;
      return [key, Array.isArray(kept) || isRecord(kept) ? JSON.parse(json(kept)) : asText(kept)];
    };
    return {
      values: Object.fromEntries([...found].map(([key, value]) => [key, asText(value)])),
      secretKeys,
      secrets,
      sealed: Object.fromEntries([...found].map(forHistory)),
    };
  }

  /** Sets one value. @param path is the key a path into a structured value, as in `pulumi config set --path`? */
  set(key: string, value: string, options: { readonly secret?: Crypter; readonly path?: boolean } = {}): void {
    const [first = "", ...rest] = options.path ? parsePath(key) : [key];
    const top = ["config", this.#fullKey(String(first))];
    const path = [...top, ...rest];
    if (!isMap(this.#document.get("config"))) this.#document.set("config", this.#document.createNode({}));
    if (rest.length > 0 && isScalar(this.#document.getIn(top, true))) this.#document.deleteIn(top);
    const list = this.#document.getIn(path.slice(0, -1), true);
    if (isSeq(list) && Number(rest.at(-1)) > list.items.length) throw new Error(`${key}: array index out of range`);
    const old = this.#document.getIn(path, true);
    const node = options.secret
      ? this.#document.createNode({ secure: options.secret.encrypt(value) })
      : scalar(rest.length > 0 ? coerced(value) : value, isScalar(old) ? old : undefined);
    this.#document.setIn(path, node);
  }

  async save(): Promise<void> {
    const style = { singleQuote: true, lineWidth: 0, flowCollectionPadding: false };
    await writeFile(this.path, this.#document.toString(style));
  }

  #fullKey(key: string): string {
    const parts = key.split(":");
    if (parts.length === 3 && parts[1] === "config") return `${parts[0]}:${parts[2]}`;
    if (parts.length > 2) throw new Error(`${key} is no configuration key: it should be <namespace>:<name>`);
    return parts.length > 1 ? key : `${this.#project.name}:${key}`;
  }
}

/** What Pulumi.yaml says of one configuration value. */
interface Declaration {
  readonly type?: string;
  readonly items?: Declaration;
  readonly value?: unknown;
  readonly default?: unknown;
  readonly secret?: boolean;
}

/** The configuration as the default provider gets it: everything, and what is secret marked so. */
export function providerConfig(config: StackConfig): PropertyMap {
  return Object.fromEntries(
    Object.entries(config.values).map(([key, value]) => [key, config.secretKeys.has(key) ? secret(value) : value]),
  );
}

/** The parts of a property path: `a.b[0]["c.d"]`. */
export function parsePath(path: string): (string | number)[] {
  const parts = path.match(/\[\d+\]|\["(?:[^"\\]|\\.)*"\]|[^.[\]]+/g) ?? [];
  return parts.map((part) => {
    if (!part.startsWith("[")) return part;
    return JSON.parse(part.slice(1, -1));
  });
}

function findProject(from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    for (const name of ["Pulumi.yaml", "Pulumi.yml"]) {
      if (existsSync(join(directory, name))) return join(directory, name);
    }
    if (directory === dirname(directory)) throw new Error(`no Pulumi.yaml in ${from} or above it`);
  }
}

function refuseUnknown(where: string, keys: readonly string[], known: ReadonlySet<string>): void {
  const unknown = keys.filter((key) => !known.has(key));
  if (unknown.length === 0) return;
  throw new Error(
    `${where} has ${unknown.map((key) => `"${key}"`).join(", ")}, which this engine does not know: use the Pulumi CLI`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unseal(value: unknown, decrypt: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => unseal(item, decrypt));
  if (!isRecord(value)) return value;
  if (typeof value.secure === "string" && Object.keys(value).length === 1) return decrypt(value.secure);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unseal(item, decrypt)]));
}

/** Go reads a date without quotes as a time, and gives the program this text of it. */
const date: ScalarTag = {
  tag: "tag:yaml.org,2002:timestamp",
  default: true,
  test: /^\d{4}-\d\d?-\d\d?(?:[Tt ].*)?$/,
  resolve: (text, onError) => {
    const [year = "", month = "", day = ""] = text.split("-");
    if (!/^\d+$/.test(day)) onError(`${text} is read as a time by the Pulumi CLI: put it in quotes`);
    return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")} 00:00:00 +0000 UTC`;
  },
};
const asTheCliReads = { intAsBigInt: true, merge: true, customTags: [date] };

/** The text that a program gets for a value: Go's, which sorts keys and knows numbers of 64 bits. */
function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  if (typeof value === "bigint" && BigInt.asUintN(64, value) === value) return String(value);
  return json(value);
}

function json(value: unknown): string {
  if (typeof value === "bigint") return String(BigInt.asIntN(64, value) === value ? value : Number(value));
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (isRecord(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${json(key)}:${json(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

/** Is this what Pulumi.yaml wants for the value? The text of a number or a boolean is one. */
function isOfType(value: unknown, { type, items }: Declaration): boolean {
  if (type === "string") return typeof value !== "object";
  if (type === "integer") return /^[-+]?\d+$/.test(String(value));
  if (type === "boolean") return /^(true|false)$/.test(String(value));
  if (type === "object") return isRecord(value);
  return (
    type === "array" && items !== undefined && Array.isArray(value) && value.every((item) => isOfType(item, items))
  );
}

/** What a value of `config set --path` is: true, false and whole numbers are no strings. */
function coerced(value: string): string | boolean | bigint {
  if (value === "true" || value === "false") return value === "true";
  return /^(0|[-+]?[1-9]\d*)$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)
    ? BigInt(value)
    : value;
}

/** A node that is written as the CLI writes it: in double quotes where Go would take the text for something else. */
function scalar(value: string | boolean | bigint, old: Scalar | undefined): Scalar {
  const node = new Scalar<unknown>(value);
  if (old?.comment) node.comment = old.comment;
  if (typeof value !== "string") return node;
  const other = (["1.1", "1.2"] as const).some((version) => {
    const { contents } = parseDocument(value, { version });
    return isScalar(contents) && typeof contents.value !== "string" && contents.source === value;
  });
  if (old?.type?.startsWith("QUOTE")) node.type = old.type;
  else if (other || value === "" || value.includes("\t")) node.type = "QUOTE_DOUBLE";
  return node;
}
