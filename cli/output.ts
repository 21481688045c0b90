import type { Command } from "commander";
import { saveFile } from "../provider/saveFile";

/** Where the answer goes. */
export interface OutputOptions {
  readonly output?: string | undefined;
  readonly overwrite?: boolean | undefined;
}

export function withOutput(command: Command): Command {
  return command
    .option("-o, --output <file>", "write the answer to this file, for its owner only, in place of standard output")
    .option("--overwrite", "replace a file that exists");
}

/** Writes the answer, byte for byte. */
export function write(text: string, { output, overwrite }: OutputOptions): void {
  if (output === undefined) process.stdout.write(text);
  else saveFile(output, text, { overwrite });
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Columns two spaces apart, no lines, and `-` for nothing: for eyes and for awk. */
export function table(rows: readonly (readonly string[])[]): string {
  const Table: typeof import("cli-table3") = require("cli-table3");
  const lines = ["top", "bottom", "mid", "left", "right"].flatMap((side) =>
    ["", "-mid", "-left", "-right"].map((end) => [`${side}${end}`, ""] as const),
  );
  const style = { head: [], border: [], "padding-left": 0, "padding-right": 0 };
  const laid = new Table({ chars: { ...Object.fromEntries(lines), "mid-mid": "", middle: "  " }, style });
  laid.push(...rows.map((row) => row.map((cell) => cell || "-")));
  return `${laid.toString().replace(/ +$/gm, "")}\n`;
}

const COLOURS = { red: 31, green: 32, yellow: 33, grey: 90 };

/** Colour for a person at a terminal, and for nobody else. */
export function paint(colour: keyof typeof COLOURS, text: string, { output }: OutputOptions): string {
  const isSeen = output === undefined && process.stdout.isTTY && !process.env.NO_COLOR;
  return isSeen ? `\u001b[${COLOURS[colour]}m${text}\u001b[39m` : text;
}
