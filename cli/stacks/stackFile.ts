import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse } from "yaml";
import { readDomainsFiles } from "../../provider/internal";
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

/**
 * Reads such a file, and the files of domains that it names. What is not as it should be in it is left to `pulumi`, and
 * counts as not said.
 */
export async function readStackFile(path: string): Promise<StackFile> {
  const { config: given, encryptionsalt: salt } = record(parsed(path));
  const config = record(given);
  const inConfiguration = config["oss-cname:domains"];
  const files = config["oss-cname:domainsFile"];
  const entries = [
    ...(Array.isArray(inConfiguration) ? inConfiguration : []),
    ...(files === undefined ? [] : await entriesOf(files, path)),
  ];
  return {
    path,
    values: Object.fromEntries(Object.entries(config).filter(([key]) => isOfAccess(key))),
    salt: typeof salt === "string" ? salt : undefined,
    domains: entries.flatMap((entry) => declaredDomain(record(entry), config) ?? []),
  };
}

/** The entries of files that a stack names. They are beside Pulumi.yaml, where its own file is. */
async function entriesOf(files: unknown, path: string): Promise<unknown[]> {
  const { entries, problems } = await readDomainsFiles(files, dirname(path));
  if (problems.length > 0) throw new Error(`${path} names domains that could not be read: ${problems.join("; ")}`);
  return entries;
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
