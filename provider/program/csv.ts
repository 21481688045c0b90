import type { CsvError } from "csv-parse/sync";
import { unknownName } from "../unknownName";
import type { DomainsFile, FileProblem } from "./domainsFile";
import { SCHEMAS } from "./schema";

/**
 * Reads domains from CSV: a line for each, under a header of option names. What belongs together has a name with dots,
 * such as `certificate.certId`. An empty cell is an option that is not given.
 */
export function readCsv(text: string): DomainsFile {
  const columns = columnsOf(SCHEMAS.domains.element);
  const [header, ...rows] = readRows(text);
  const names = header?.cells ?? [];
  const problems: FileProblem[] = names.flatMap((name, index) => {
    const problem = columns.has(name)
      ? names.indexOf(name) < index && `column "${name}" is there twice`
      : unknownName("column", name, [...columns.keys()]);
    return problem ? [{ line: header?.line, text: problem }] : [];
  });
  for (const { line, cells } of rows)
    if (cells.length !== names.length)
      problems.push({ line, text: `has ${cells.length} cells, where the header has ${names.length}` });
  const entries = rows.map(({ cells }) => {
    const entry: Fields = {};
    for (const [index, name] of names.entries()) {
      const cell = cells[index] ?? "";
      if (cell !== "") put(entry, name.split("."), typed(cell, columns.get(name)));
    }
    return entry;
  });
  return { entries: problems.length > 0 ? [] : entries, problems, lineOf: ([index]) => rows[Number(index)]?.line ?? 1 };
}

interface Fields {
  [key: string]: unknown;
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

function readRows(text: string): Row[] {
  // Loaded only where a list is CSV.
  const { parse } = require("csv-parse/sync") as typeof import("csv-parse/sync");
  try {
    const options = { bom: true, trim: true, skip_empty_lines: true, relax_column_count: true, info: true };
    const rows = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
    return rows.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    // Its message may quote a cell.
    const { code, lines } = error as CsvError & { readonly lines?: number };
    throw new Error(`is not CSV: ${code}${lines === undefined ? "" : ` in line ${lines}`}`);
  }
}

/** Every option that is a single value, and of which kind. */
function columnsOf(schema: unknown, path: readonly string[] = []): Map<string, string> {
  const { def } = schema as { readonly def: Definition };
  const inner: [unknown, readonly string[]][] = def.innerType
    ? [[def.innerType, path]]
    : def.options
      ? def.options.map((option) => [option, path])
      : Object.entries(def.shape ?? {}).map(([key, value]) => [value, [...path, key]]);
  if (inner.length === 0) return new Map([[path.join("."), def.type]]);
  return new Map(inner.flatMap(([each, at]) => [...columnsOf(each, at)]));
}

interface Definition {
  readonly type: string;
  readonly innerType?: unknown;
  readonly options?: readonly unknown[];
  readonly shape?: object;
}

/** What the schema takes for a number or a truth value; anything else stays as it is, for the schema to refuse. */
function typed(cell: string, type: string | undefined): unknown {
  if (type === "number" && /^\d+(\.\d+)?$/.test(cell)) return Number(cell);
  if (type === "boolean" && /^(true|false)$/i.test(cell)) return cell.toLowerCase() === "true";
  return cell;
}

function put(fields: Fields, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) fields[key] = value;
  else {
    const inner = fields[key];
    const object: Fields = typeof inner === "object" && inner !== null ? (inner as Fields) : {};
    fields[key] = object;
    put(object, rest, value);
  }
}
