import { existsSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Document, isMap, parse, parseDocument } from "yaml";
import { type PropertyMap, secret } from "./propertyValue";
import { Crypter } from "./secrets";

/** What Pulumi.yaml says. */
export interface Project {
  readonly name: string;
  /** The directory of Pulumi.yaml. */
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
}

const projectKeys = new Set(
  "name runtime main config stackConfigDir backend description author website license template requiredPulumiVersion".split(
    " ",
  ),
);
const runtimeOptions = new Set(["typescript", "tsconfig", "nodeargs", "packagemanager", "production"]);

/** Finds Pulumi.yaml in a directory or above it and reads it. @throws on whatever this engine would have to ignore */
export async function loadProject(cwd: string): Promise<Project> {
  const file = findProject(resolve(cwd));
  const yaml = parse(await readFile(file, "utf8")) ?? {};
  const root = dirname(file);
  refuseUnknown(file, Object.keys(yaml), projectKeys);
  const runtime = typeof yaml.runtime === "string" ? { name: yaml.runtime } : (yaml.runtime ?? {});
  if (typeof yaml.name !== "string" || yaml.name === "") throw new Error(`${file} has no "name"`);
  if (runtime.name !== "nodejs")
    throw new Error(`${file}: runtime ${runtime.name} is not "nodejs": use the Pulumi CLI`);
  const options = runtime.options ?? {};
  refuseUnknown(`${file}, runtime.options`, Object.keys(options), runtimeOptions);
  const nodeArgs: string = options.nodeargs ?? "";
  if (/["'\\]/.test(nodeArgs))
    throw new Error(`${file}: this engine reads nodeargs without quotes: use the Pulumi CLI`);
  const main = resolve(root, yaml.main ?? ".");
  if (!existsSync(main)) throw new Error(`${file}: main ${main} does not exist`);
  const isDirectory = statSync(main).isDirectory();
  return {
    name: yaml.name,
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
    const path = join(project.configDirectory, `Pulumi.${stack}.yaml`);
    const document = existsSync(path) ? parseDocument(await readFile(path, "utf8")) : new Document({});
    const [error] = document.errors;
    if (error) throw new Error(`${path}: ${error.message}`);
    const top = isMap(document.contents) ? Object.keys(document.toJS()) : [];
    refuseUnknown(path, top, new Set(["config", "encryptionsalt", "secretsprovider"]));
    const provider = document.get("secretsprovider");
    if (provider && provider !== "passphrase") {
      throw new Error(`${path}: secrets provider "${provider}" is not "passphrase": use the Pulumi CLI`);
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

  /** All values, with those that Pulumi.yaml gives for keys that the stack does not set. */
  values(crypter: Crypter): StackConfig {
    const values: Record<string, string> = {};
    const secretKeys = new Set<string>();
    const stack: Record<string, unknown> = this.#document.toJS()?.config ?? {};
    for (const [key, declared] of Object.entries(this.#project.config)) {
      const value = isRecord(declared) ? (declared.value ?? declared.default) : declared;
      if (value !== undefined && value !== null) values[this.#fullKey(key)] = asText(value);
    }
    for (const [key, sealed] of Object.entries(stack)) {
      const value = unseal(sealed, (text) => {
        secretKeys.add(this.#fullKey(key));
        return crypter.decrypt(text);
      });
      values[this.#fullKey(key)] = asText(value);
    }
    return { values, secretKeys };
  }

  /** Sets one value. @param path is the key a path into a structured value, as in `pulumi config set --path`? */
  set(key: string, value: string, options: { readonly secret?: Crypter; readonly path?: boolean } = {}): void {
    const [first = "", ...rest] = options.path ? parsePath(key) : [key];
    const node = options.secret
      ? { secure: options.secret.encrypt(value) }
      : options.path
        ? (parse(value) ?? value)
        : value;
    this.#document.setIn(["config", this.#fullKey(String(first)), ...rest], this.#document.createNode(node));
  }

  async save(): Promise<void> {
    await writeFile(this.path, this.#document.toString({ indentSeq: false }));
  }

  #fullKey(key: string): string {
    const parts = key.split(":");
    if (parts.length === 3 && parts[1] === "config") return `${parts[0]}:${parts[2]}`;
    return parts.length > 1 ? key : `${this.#project.name}:${key}`;
  }
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

function asText(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
