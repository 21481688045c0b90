import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { Document, isMap, isScalar, isSeq, parse, parseDocument } from "yaml";
import { parsePath } from "../property/path";
import { type PropertyMap, secret } from "../property/value";
import { Unsupported } from "../unsupported";
import { configText, goJson, isRecord, scalar, typedValue, YAML_OPTIONS } from "./configValue";
import { type Project, refuseUnknown } from "./project";
import { replaceFile } from "./replaceFile";
import { Crypter } from "./secrets";

/** The configuration of one stack. Values are strings, structured ones JSON. */
export interface StackConfig {
  readonly values: Readonly<Record<string, string>>;
  /** The keys whose values are secret, wholly or in part. */
  readonly secretKeys: ReadonlySet<string>;
  /** Each secret in clear. */
  readonly secrets: readonly string[];
  /** The values for the stack's history: structures as such, secrets encrypted. */
  readonly sealed: Readonly<Record<string, unknown>>;
}

/** A configuration value that Pulumi.yaml declares. */
interface Declaration {
  readonly type?: string;
  readonly items?: Declaration;
  readonly value?: unknown;
  readonly default?: unknown;
  readonly secret?: boolean;
}

const STACK_KEYS = new Set(["config", "encryptionsalt", "secretsprovider"]);
const OUTPUT_STYLE = { singleQuote: true, lineWidth: 0, flowCollectionPadding: false };

/** Pulumi.<stack>.yaml: the configuration, and the salt for its secrets and those of the state. */
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
    refuseUnknown(path, isMap(document.contents) ? Object.keys(document.toJS()) : [], STACK_KEYS);
    const provider = document.get("secretsprovider");
    if (provider && provider !== "passphrase") {
      throw new Unsupported(`${path} has the secrets provider ${provider}, not passphrase`);
    }
    return new StackConfigFile(path, project, document);
  }

  /**
   * Makes the stack's crypter. A file without a salt gets the state's or a new one, which `save` writes.
   * @param stateSalt the salt of the state's secrets, if there is a state
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

  /** All values, with the defaults of Pulumi.yaml. @throws when a value is not as Pulumi.yaml declares it */
  values(crypter: Crypter): StackConfig {
    const values = new Map<string, unknown>();
    const sealed = new Map<string, unknown>();
    const secretKeys = new Set<string>();
    const secrets: string[] = [];
    const stack: Record<string, unknown> = parse(this.#document.toString(), YAML_OPTIONS)?.config ?? {};
    for (const [name, given] of Object.entries(stack)) {
      const key = this.#fullKey(name);
      const decrypt = (ciphertext: string) => {
        const clear = crypter.decrypt(ciphertext);
        secretKeys.add(key);
        secrets.push(clear);
        return clear;
      };
      values.set(key, unseal(given, decrypt));
      sealed.set(key, given);
    }
    this.#applyDeclarations(values, secretKeys);
    const special = [...values.keys()].find((key) => key.startsWith("pulumi:") && key !== "pulumi:tags");
    if (special) throw new Unsupported(`the configuration has ${special}`);
    const entries = [...values];
    return {
      values: Object.fromEntries(entries.map(([key, value]) => [key, configText(value)])),
      secretKeys,
      secrets,
      sealed: Object.fromEntries(entries.map(([key, value]) => [key, historyValue(sealed.get(key) ?? value)])),
    };
  }

  /** One value as the file has it: a secret is encrypted, and Pulumi.yaml adds nothing. */
  get(key: string): unknown {
    return this.#document.getIn(["config", this.#fullKey(key)]);
  }

  /** Sets one value. With `path`, the key is a path into a structured value, as in `pulumi config set --path`. */
  set(
    key: string,
    value: string,
    options: { readonly secret?: Crypter | undefined; readonly path?: boolean | undefined } = {},
  ): void {
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
      : scalar(rest.length > 0 ? typedValue(value) : value, isScalar(old) ? old : undefined);
    this.#document.setIn(path, node);
  }

  async save(): Promise<void> {
    await replaceFile(this.path, this.#document.toString(OUTPUT_STYLE), 0o644);
  }

  /** Adds the defaults that Pulumi.yaml declares, and holds the values to its types. */
  #applyDeclarations(values: Map<string, unknown>, secretKeys: ReadonlySet<string>): void {
    const { config, file, name: project } = this.#project;
    const missing: string[] = [];
    for (const [name, given] of Object.entries(config)) {
      const key = this.#fullKey(name);
      const declared: Declaration = isRecord(given) ? given : { default: given };
      const value = values.get(key) ?? declared.default ?? declared.value;
      if (value !== undefined) values.set(key, value);
      if (value === undefined && key.startsWith(`${project}:`)) missing.push(name);
      else if (declared.type !== undefined && !isOfType(value, declared))
        throw new Error(`${this.path}: ${name} must be of type ${declared.type}, as ${file} says`);
      else if (declared.type !== undefined && declared.secret && !secretKeys.has(key))
        throw new Error(`${this.path}: ${name} must be encrypted, as ${file} says: set it with --secret`);
    }
    if (missing.length > 0)
      throw new Error(`${this.path} has no value for ${missing.join(", ")}, which the project needs`);
  }

  #fullKey(key: string): string {
    const parts = key.split(":");
    if (parts.length === 3 && parts[1] === "config") return `${parts[0]}:${parts[2]}`;
    if (parts.length > 2) throw new Error(`${key} is not a configuration key: it should be <namespace>:<name>`);
    return parts.length > 1 ? key : `${this.#project.name}:${key}`;
  }
}

/** The configuration of the default provider: all values, secret ones marked. */
export function providerConfig(config: StackConfig): PropertyMap {
  return Object.fromEntries(
    Object.entries(config.values).map(([key, value]) => [key, config.secretKeys.has(key) ? secret(value) : value]),
  );
}

function historyValue(value: unknown): unknown {
  return Array.isArray(value) || isRecord(value) ? JSON.parse(goJson(value)) : configText(value);
}

function unseal(value: unknown, decrypt: (ciphertext: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => unseal(item, decrypt));
  if (!isRecord(value)) return value;
  if (typeof value.secure === "string" && Object.keys(value).length === 1) return decrypt(value.secure);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unseal(item, decrypt)]));
}

/** Is the value of the declared type? Numbers and booleans may also be given as strings. */
function isOfType(value: unknown, { type, items }: Declaration): boolean {
  if (type === "string") return typeof value !== "object";
  if (type === "integer") return /^[-+]?\d+$/.test(String(value));
  if (type === "boolean") return /^(true|false)$/.test(String(value));
  if (type === "object") return isRecord(value);
  if (type !== "array" || items === undefined) return false;
  return Array.isArray(value) && value.every((item) => isOfType(item, items));
}
