import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { Document, isMap, isScalar, isSeq, parse, parseDocument } from "yaml";
import { parsePath } from "../property/path";
import { type PropertyMap, secret } from "../property/value";
import { Unsupported } from "../unsupported";
import { asText, asTheCliReads, coerced, isRecord, json, scalar } from "./configValue";
import { type Project, refuseUnknown } from "./project";
import { Crypter } from "./secrets";

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
    const sealed = new Map<string, unknown>();
    const stack: Record<string, unknown> = parse(this.#document.toString(), asTheCliReads)?.config ?? {};
    for (const [name, given] of Object.entries(stack)) {
      const key = this.#fullKey(name);
      const value = unseal(given, (text) => {
        secretKeys.add(key);
        const clear = crypter.decrypt(text);
        secrets.push(clear);
        return clear;
      });
      found.set(key, value);
      sealed.set(key, given);
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

function unseal(value: unknown, decrypt: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => unseal(item, decrypt));
  if (!isRecord(value)) return value;
  if (typeof value.secure === "string" && Object.keys(value).length === 1) return decrypt(value.secure);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unseal(item, decrypt)]));
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
