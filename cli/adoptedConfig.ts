import { Document, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
import { domainProblem, foldName } from "../provider/names";
import type { BoundDomain } from "../provider/queries/query";

/** A binding as `oss-cname:domains` declares it. */
export interface AdoptedDomain {
  readonly domain: string;
  readonly bucket: string;
  readonly dns: "none";
  readonly certificate?: { readonly certId: string };
  readonly region?: string;
  readonly endpoint?: string;
}

export interface Adopted {
  /** Of the file. */
  readonly text: string;
  /** What was added. */
  readonly entries: readonly AdoptedDomain[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

interface Place {
  readonly region?: string;
  readonly endpoint?: string;
}

const PLACE_KEYS = { region: "alicloud:region", endpoint: "oss-cname:endpoint" } as const;

/**
 * Stack configuration that declares what is bound. With the text of a file that is there, everything in it stays, and domains that it
 * declares are not declared again.
 */
export function adoptedConfig(
  buckets: readonly { readonly bucket: string; readonly cnames: readonly BoundDomain[] }[],
  place: Place,
  there: string | undefined,
): Adopted {
  const document = there === undefined ? new Document({}) : parseDocument(there);
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`the file to add to is not YAML: ${error.message}`);
  const declared = document.toJS() as { config?: Record<string, unknown> } | null;
  const config = declared?.config ?? {};
  const domains = config["oss-cname:domains"] ?? [];
  if (!Array.isArray(domains)) throw new Error("the file to add to has an oss-cname:domains that is no list");
  const known = new Set(domains.map((entry) => foldName(String(entry?.domain))));

  if (!isMap(document.contents)) document.contents = document.createNode({}) as typeof document.contents;
  if (!isMap(document.get("config"))) document.set("config", document.createNode({}));
  // Where the stack's own place is another one, each domain says its own.
  const own: { region?: string; endpoint?: string } = {};
  for (const [name, key] of Object.entries(PLACE_KEYS) as [keyof Place, string][]) {
    const value = place[name];
    if (value === undefined || config[key] === value) continue;
    if (config[key] === undefined && known.size === 0) document.setIn(["config", key], value);
    else own[name] = value;
  }

  const notes: string[] = [];
  const entries: AdoptedDomain[] = [];
  for (const { bucket, cnames } of buckets)
    for (const cname of cnames) {
      const domain = foldName(cname.domain);
      if (known.has(domain)) continue;
      const problem = domainProblem(domain);
      if (problem !== undefined) notes.push(`left out of bucket ${bucket}: ${problem}`);
      else entries.push({ domain, bucket, dns: "none", ...certificateOf(cname, notes), ...own });
    }

  const list = document.getIn(["config", "oss-cname:domains"]);
  const node = isSeq(list) ? list : document.createNode<unknown[]>([]);
  for (const entry of entries) node.add(quoted(document.createNode(entry)));
  node.flow = false;
  document.setIn(["config", "oss-cname:domains"], node);
  return { text: document.toString({ lineWidth: 0 }), entries, notes };
}

function certificateOf({ domain, certificate }: BoundDomain, notes: string[]): Pick<AdoptedDomain, "certificate"> {
  if (certificate === undefined) return {};
  const { certId } = certificate;
  if (/^\d+-[a-z0-9-]+$/.test(certId)) return { certificate: { certId } };
  notes.push(`left out: the certificate of ${domain}, of which the service tells no CertId`);
  return {};
}

/** Bucket names and ids that begin with a digit may be numbers or dates to some readers of YAML. */
function quoted<Node>(node: Node): Node {
  visit(node as never, {
    Scalar: (key, scalar) => {
      if (key === "value" && isScalar(scalar) && /^\d/.test(String(scalar.value))) scalar.type = "QUOTE_DOUBLE";
    },
  });
  return node;
}
