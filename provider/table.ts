import { stripVTControlCharacters } from "node:util";

/**
 * Columns two spaces apart, without lines, and `-` for an empty cell: easy to read, to copy from, and to split with
 * awk.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const widthOf = (cell: string) => stripVTControlCharacters(cell).length;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] || "-"))));
  const pad = (cell: string, width = 0) => cell + " ".repeat(Math.max(0, width - widthOf(cell)));
  const lines = rows.map((row) => row.map((cell, column) => pad(cell || "-", widths[column])).join("  "));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
