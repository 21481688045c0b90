import { Document, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
import { foldName } from "../../provider/internal";
import { type Adopted, boundDomains, type Common, type ListedBucket } from "./boundDomains";

/** A file that exists. */
interface ExistingFile {
  readonly path: string;
  readonly text: string;
}

export interface StackConfig extends Adopted {
  /** The whole file. */
  readonly text: string;
}

/**
 * Stack configuration that declares what is bound. Added to an existing file, it keeps everything in that file, and
 * does not repeat domains that the file declares. Throws if the file is not stack configuration.
 */
export function stackConfig(
  buckets: readonly ListedBucket[],
  { protect, ...location }: Common,
  existing?: ExistingFile,
): StackConfig {
  const document = existing === undefined ? new Document({}) : readDocument(existing);
  const { config, domains } = configIn(document, existing?.path ?? "");
  const known = new Set(domains.map((entry) => foldName(String(entry?.domain))));

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
  const list = document.getIn(["config", "oss-cname:domains"]);
  const node = isSeq(list) ? list : document.createNode<unknown[]>([]);
  for (const entry of adopted.added) node.add(quoted(document.createNode(entry)));
  node.flow = false;
  document.setIn(["config", "oss-cname:domains"], node);
  return { text: document.toString({ lineWidth: 0 }), ...adopted };
}

const LOCATION_KEYS = [
  ["region", "alicloud:region"],
  ["endpoint", "oss-cname:endpoint"],
] as const;

function readDocument({ path, text }: ExistingFile): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`${path} is not YAML, and was left as it is: ${error.message}`);
  return document as Document;
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
  const values: Record<string, unknown> = config?.toJS(document) ?? {};
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
