import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type ProgramRun, type ProgramRunOptions, runProgram } from "./programRun";

interface Task extends ProgramRunOptions {
  readonly text: string;
}

/**
 * Runs the text of a program as `runProgram` does, in a process of its own: for what happens once in each process.
 * `oss` is this package.
 */
export async function runProgramProcess(text: string, options: ProgramRunOptions = {}): Promise<ProgramRun> {
  const task: Task = { text, ...options };
  const { stdout } = await promisify(execFile)(process.execPath, [__filename, JSON.stringify(task)]);
  const { error, ...ran } = JSON.parse(stdout);
  return { ...ran, error: error === undefined ? undefined : Object.assign(new Error(error.message), error) };
}

/** What the process does that `runProgramProcess` starts. */
async function main({ text, ...options }: Task): Promise<void> {
  // The SDK rejects more promises of a program that ends early than the one that is awaited.
  process.on("unhandledRejection", () => {});
  const program = new Function("require", "oss", text);
  const { error, ...ran } = await runProgram(() => program(require, require("pulumi-oss-cname")), options);
  const failure = error && { name: error.constructor.name, message: error.message };
  process.stdout.write(JSON.stringify({ ...ran, error: failure }));
}

if (require.main === module) void main(JSON.parse(process.argv[2] ?? ""));
