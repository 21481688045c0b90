import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Location } from "../../provider/internal";

/** A bucket that a stack's configuration declares domains of. */
export interface DeclaredBucket extends Location {
  readonly bucket: string;
  /** The other account that it belongs to. */
  readonly account?: string;
}

/** The stack configuration files of a directory. */
export function stackFiles(directory: string): string[] {
  return readdirSync(directory).filter((name) => /^Pulumi\..+\.ya?ml$/.test(name));
}

/** The buckets that these files declare, each once, however many stacks and domains it has. */
export function declaredBuckets(files: readonly string[]): DeclaredBucket[] {
  const found = files.flatMap((file) => bucketsIn(readFileSync(file, "utf8")));
  return [...new Map(found.map((bucket) => [JSON.stringify(bucket), bucket])).values()];
}

function bucketsIn(text: string): DeclaredBucket[] {
  const { config = {} } = (parse(text) ?? {}) as { config?: Record<string, unknown> };
  const domains = config["oss-cname:domains"];
  if (!Array.isArray(domains)) return [];
  const stack = { region: config["alicloud:region"], endpoint: config["oss-cname:endpoint"] };
  return domains.flatMap((entry) => {
    const merged: Record<string, unknown> = { ...stack, ...(config["oss-cname:defaults"] as object), ...entry };
    const values = KEYS.flatMap((key) => (typeof merged[key] === "string" ? [[key, merged[key]]] : []));
    const declared: Partial<DeclaredBucket> = Object.fromEntries(values);
    return declared.bucket === undefined ? [] : [declared as DeclaredBucket];
  });
}

const KEYS = ["bucket", "region", "endpoint", "account"] as const;
