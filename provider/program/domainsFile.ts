import { extname } from "node:path";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { readTextFile } from "../textFile";
import { readCsv } from "./csv";

/** The entries of a file, as `oss-cname:domains` has them: defaults are not filled in, and nothing is checked. */
export interface DomainsFile {
  readonly entries: readonly unknown[];
  /** What keeps the file from being read as a list. */
  readonly problems: readonly FileProblem[];
  /** The line of an entry, by its index, or of what is at a path in it. */
  lineOf(path: readonly PropertyKey[]): number;
}

export interface FileProblem {
  /** Undefined for the file as a whole. */
  readonly line?: number | undefined;
  /** Never shows a value, which may be a secret. */
  readonly text: string;
}

/** The files that `oss-cname:domainsFile` names; undefined if it is neither a name nor a list of names. */
export function domainsFiles(value: unknown): string[] | undefined {
  const names = Array.isArray(value) ? value : [value];
  return names.every((name) => typeof name === "string" && name !== "") ? names : undefined;
}

/** Reads a list of domains: CSV, or YAML and so JSON. Never throws because of the file. */
export function readDomainsFile(path: string): DomainsFile {
  const kind = extname(path).toLowerCase();
  const read = READERS[kind];
  if (read === undefined)
    return unreadable(`is ${kind === "" ? "a file" : kind}, and must be .yaml, .yml, .json or .csv`);
  try {
    const file = read(readTextFile(path));
    // A list that was lost is not a list without domains.
    return file.entries.length + file.problems.length > 0 ? file : unreadable("has no domains");
  } catch (error) {
    return unreadable((error as Error).message);
  }
}

const READERS: Readonly<Record<string, (text: string) => DomainsFile>> = {
  ".yaml": readYaml,
  ".yml": readYaml,
  ".json": readYaml,
  ".csv": readCsv,
};

function unreadable(text: string): DomainsFile {
  return { entries: [], problems: [{ text }], lineOf: () => 1 };
}

function readYaml(text: string): DomainsFile {
  const lines = new LineCounter();
  // Pretty errors and warnings quote the text.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const lineOf = (path: readonly PropertyKey[]) => lineAt(offsetOf(document, path));
  const problems = document.errors.map(({ message, pos }) => ({ line: lineAt(pos[0]), text: message }));
  if (problems.length > 0) return { entries: [], problems, lineOf };
  const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
  if (value === null || value === undefined) return unreadable("has no domains");
  if (!Array.isArray(value)) return unreadable("must be a list of domains, each with its options");
  return { entries: value, problems, lineOf };
}

/** Each of many domains may repeat the same certificate by an alias. */
const MOST_ALIASES = 100_000;

/** Where in the text a path leads, or as much of it as there is. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    let at: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => (isScalar(item.key) ? item.key.value : item.key) === key);
      [at, node] = [pair?.key, pair?.value];
    } else if (isSeq(node)) at = node = node.items[Number(key)];
    else break;
    const start = (at as { range?: readonly number[] } | undefined)?.range?.[0];
    if (start === undefined) break;
    offset = start;
  }
  return offset;
}
