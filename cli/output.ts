import type { Command } from "commander";
import { CRITICAL_DAYS, EXPIRES_SOON_DAYS } from "../provider/expiry";
import type { Io } from "./io";

/** Where the output goes. */
export interface OutputOptions {
  readonly output?: string | undefined;
  readonly overwrite?: boolean | undefined;
}

export function withOutput(command: Command): Command {
  return command
    .option("-o, --output <file>", "write to this file, readable by its owner only, in place of standard output")
    .option("--overwrite", "replace a file that exists");
}

/** Writes text as it is, to the file or else to standard output. */
export async function write(io: Io, text: string, { output, overwrite }: OutputOptions): Promise<void> {
  if (output === undefined) {
    io.stdout.write(text);
    return;
  }
  const { saveFile } = await import("../provider/internal.js");
  saveFile(output, text, { overwrite });
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const COLOURS = { red: 31, green: 32, yellow: 33 };

export type Paint = (colour: keyof typeof COLOURS, text: string) => string;

/** Colours text if it goes to a terminal and NO_COLOR is not set. */
export function painter({ stdout, env }: Io, { output }: OutputOptions): Paint {
  const isColoured = output === undefined && stdout.isTTY && !env.NO_COLOR;
  return (colour, text) => (isColoured ? `\u001b[${COLOURS[colour]}m${text}\u001b[39m` : text);
}

/** The days left on a certificate, as a table's cell; empty where they are unknown. */
export function daysCell(days: number | undefined, paint: Paint): string {
  if (days === undefined) return "";
  if (days >= EXPIRES_SOON_DAYS) return String(days);
  return paint(days < CRITICAL_DAYS ? "red" : "yellow", String(days));
}
