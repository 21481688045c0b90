import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { isOfAccess, type Values } from "./values";

/** A domain that a stack declares, with the defaults filled in. */
export interface DeclaredDomain {
  readonly domain: string;
  readonly bucket: string;
  /** What its account and its own entry say of where and how to ask for it, the more important last. */
  readonly values: readonly Values[];
}

/** The configuration of a stack, as far as it says where and how to ask for which domains. */
export interface StackFile {
  readonly path: string;
  readonly values: Values;
  /** Of the passphrase that its secrets are encrypted with. */
  readonly salt: string | undefined;
  readonly domains: readonly DeclaredDomain[];
}

/** The stack configuration files of a directory. */
export function stackFiles(directory: string): string[] {
  return readdirSync(directory).filter((name) => /^Pulumi\..+\.ya?ml$/.test(name));
}

/** Reads such a file. What is not as it should be there is left to `pulumi`, and counts as not said. */
export function readStackFile(path: string): StackFile {
  const { config: given, encryptionsalt: salt } = record(parsed(path));
  const config = record(given);
  const entries = config["oss-cname:domains"];
  return {
    path,
    values: Object.fromEntries(Object.entries(config).filter(([key]) => isOfAccess(key))),
    salt: typeof salt === "string" ? salt : undefined,
    domains: (Array.isArray(entries) ? entries : []).flatMap((entry) => declaredDomain(record(entry), config) ?? []),
  };
}

function parsed(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path} could not be read as stack configuration: ${(error as Error).message}`);
  }
}

function declaredDomain(entry: Values, config: Values): DeclaredDomain | undefined {
  const { domain, bucket, account, ...own } = { ...record(config["oss-cname:defaults"]), ...entry };
  if (typeof domain !== "string" || typeof bucket !== "string") return undefined;
  const accounts = record(config["oss-cname:accounts"]);
  return { domain, bucket, values: [account === undefined ? {} : accountValues(accounts, account), keyed(own)] };
}

/** The stack's own key is not for the bucket of an account that the stack does not know. */
function accountValues(accounts: Values, name: unknown): Values {
  const account = accounts[String(name)];
  return account === undefined
    ? { "alicloud:accessKey": new Error(`it belongs to account ${name}, which is not in oss-cname:accounts`) }
    : keyed(record(account));
}

/** An account's or a domain's fields under the keys that a stack has for them. */
function keyed(fields: Values): Values {
  return Object.fromEntries(FIELDS.flatMap(([field, key]) => (field in fields ? [[key, fields[field]]] : [])));
}

const FIELDS = [
  ["region", "alicloud:region"],
  ["endpoint", "oss-cname:endpoint"],
  ["profile", "alicloud:profile"],
  ["accessKey", "alicloud:accessKey"],
  ["secretKey", "alicloud:secretKey"],
  ["securityToken", "alicloud:securityToken"],
] as const;

function record(value: unknown): Values {
  return typeof value === "object" && value !== null ? (value as Values) : {};
}
