import { dirname, relative } from "node:path";
import { Document, isMap, isScalar, isSeq, parse, parseDocument, visit } from "yaml";
import { foldName, readDomainsFiles, sizeProblem } from "../../provider/internal";
import { type Adopted, boundDomains, type Common, type ListedBucket } from "./boundDomains";

/** A file that exists. */
interface ExistingFile {
  readonly path: string;
  readonly text: string;
}

export interface StackConfig extends Adopted {
  /** The whole file. */
  readonly text: string;
  /** The whole file of domains; undefined if they are in the configuration itself. */
  readonly listText?: string;
}

/** Where the domains are to be declared, and which are. */
interface DomainsPlace {
  readonly existing?: ExistingFile | undefined;
  /** File for the domains. Default: the configuration itself. */
  readonly list?: { readonly path: string; readonly text?: string | undefined; readonly stackFile: string } | undefined;
  /** Domains of the files that the configuration names already. */
  readonly declared?: readonly string[] | undefined;
}

/**
 * Stack configuration that declares what is bound, in itself or in a file that it names. Added to existing files, it
 * keeps everything in them, and does not repeat domains that they declare. Throws if a file is not what it should be.
 */
export function stackConfig(
  buckets: readonly ListedBucket[],
  { protect, ...location }: Common,
  { existing, list, declared = [] }: DomainsPlace = {},
): StackConfig {
  const document = existing === undefined ? new Document({}) : readDocument(existing);
  const { config, domains } = configIn(document, existing?.path ?? "");
  const listed = list && listIn(list);
  const entries = [...domains, ...(listed?.entries ?? [])] as readonly { domain?: unknown }[];
  const known = new Set([...entries.map((entry) => foldName(String(entry?.domain))), ...declared]);

  if (!isMap(document.contents)) document.contents = document.createNode({}) as typeof document.contents;
  if (!isMap(document.get("config"))) document.set("config", document.createNode({}));
  // A domain names its region or endpoint only if the stack has another.
  const own: { region?: string; endpoint?: string } = {};
  for (const [name, key] of LOCATION_KEYS) {
    const value = location[name];
    if (value === undefined || config[key] === value) continue;
    if (config[key] === undefined && known.size === 0)
      document.setIn(["config", key], quoted(document.createNode({ value })).get("value", true));
    else own[name] = value;
  }

  const adopted = boundDomains(buckets, { ...own, ...(protect && { protect }) }, known);
  if (list !== undefined && listed !== undefined) {
    listed.document.contents = withEntries(listed.document, listed.document.contents, adopted.added) as never;
    const names = [config["oss-cname:domainsFile"] ?? []].flat();
    const name = relative(dirname(list.stackFile), list.path);
    const all = names.includes(name) ? names : [...names, name];
    document.setIn(["config", "oss-cname:domainsFile"], all.length === 1 ? all[0] : all);
    return { text: textOf(document), listText: textOf(listed.document), ...adopted };
  }
  const path = ["config", "oss-cname:domains"];
  document.setIn(path, withEntries(document, document.getIn(path), adopted.added));
  return { text: textOf(document), ...adopted };
}

/** Why Pulumi could not run a program with this stack configuration, if it is too long. */
export function lengthProblem(text: string): string | undefined {
  const { config } = parse(text) as { readonly config: Readonly<Record<string, unknown>> };
  const asText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return sizeProblem(Object.fromEntries(Object.entries(config).map(([key, value]) => [key, asText(value)])));
}

/** The domains of the files that stack configuration names. */
export async function domainsInFiles(existing: ExistingFile): Promise<string[]> {
  const { config } = configIn(readDocument(existing), existing.path);
  const files = config["oss-cname:domainsFile"];
  if (files === undefined) return [];
  const { entries, problems } = await readDomainsFiles(files, dirname(existing.path));
  if (problems.length > 0) throw new Error(`${existing.path} was left as it is: ${problems.join("; ")}`);
  return entries.map((entry) => foldName(String((entry as { domain?: unknown } | null)?.domain)));
}

/** The list, as a block, with more entries. */
function withEntries(document: Document, list: unknown, entries: readonly object[]): unknown {
  const node = isSeq(list) ? list : document.createNode<unknown[]>([]);
  for (const entry of entries) node.add(quoted(document.createNode(entry)));
  node.flow = false;
  return node;
}

function textOf(document: Document): string {
  return document.toString({ lineWidth: 0 });
}

function listIn({ path, text = "[]" }: { readonly path: string; readonly text?: string | undefined }) {
  const document = readDocument({ path, text });
  const entries = valuesOf(document, path);
  if (!Array.isArray(entries)) throw new Error(`${path} is not a list of domains, and was left as it is`);
  return { document, entries };
}

const LOCATION_KEYS = [
  ["region", "alicloud:region"],
  ["endpoint", "oss-cname:endpoint"],
] as const;

function readDocument({ path, text }: ExistingFile): Document {
  const document = parseDocument(text, { logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`${path} is not YAML, and was left as it is: ${error.message}`);
  return document as Document;
}

/** Everything in a document. An alias of nothing shows only here. */
function valuesOf(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new Error(`${path} is not YAML, and was left as it is: ${(error as Error).message}`);
  }
}

function configIn(
  document: Document,
  path: string,
): { config: Record<string, unknown>; domains: readonly { domain?: unknown }[] } {
  const refuse = (what: string) => new Error(`${path}: ${what}; the file was left as it is`);
  if (document.contents !== null && !isMap(document.contents))
    throw refuse("this is not a YAML mapping, as stack configuration is");
  const config = document.get("config") ?? undefined;
  if (config !== undefined && !isMap(config)) throw refuse("config is not a mapping");
  const values = ((valuesOf(document, path) as { config?: Record<string, unknown> } | null)?.config ?? {}) as Record<
    string,
    unknown
  >;
  const domains = values["oss-cname:domains"] ?? [];
  if (!Array.isArray(domains)) throw refuse("oss-cname:domains is not a list");
  return { config: values, domains };
}

/** Quotes what some readers of YAML take for a number, a date or a truth value: bucket names such as `2020` and `yes`. */
function quoted<Node>(node: Node): Node {
  visit(node as never, {
    Scalar: (key, scalar) => {
      if (key === "value" && isScalar(scalar) && isAmbiguous(String(scalar.value))) scalar.type = "QUOTE_DOUBLE";
    },
  });
  return node;
}

function isAmbiguous(text: string): boolean {
  return /^\d/.test(text) || OLD_TAGS.some((tag) => "test" in tag && tag.test?.test(text));
}

/** What YAML 1.1 knows beside strings. */
const OLD_TAGS = new Document(null, { version: "1.1" }).schema?.tags ?? [];
