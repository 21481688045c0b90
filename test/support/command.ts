import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Screen } from "../../cli/io";
import { runCommand } from "../../cli/program";
import type { Cloud } from "../../local/cloud";
import type { Clock } from "../../provider/clock";

/** What a run of the command showed and how it ended. */
export interface Outcome {
  readonly status: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a process showed and how it ended. */
export interface Ran extends Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface HereOptions {
  /** Standard input. */
  readonly input?: string;
  /** Whether standard output is a terminal. */
  readonly isTTY?: boolean;
  /** Only what the command itself reads, such as NO_COLOR: the library reads the environment of the process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
}

/** Runs the command in this process: fast, for everything but signals, pipes, real terminals and the environment. */
export async function runHere(
  args: readonly string[],
  { input = "", isTTY = false, env = {}, clock }: HereOptions = {},
) {
  const written = { stdout: "", stderr: "" };
  const screen = (name: keyof typeof written): Screen => ({
    isTTY,
    write: (chunk) => {
      written[name] += chunk;
    },
  });
  const stdin = Readable.from([input]);
  const io = {
    stdin,
    stdout: screen("stdout"),
    stderr: screen("stderr"),
    env,
    exitCode: undefined,
    ...(clock && { clock }),
  };
  await runCommand(args, io);
  const outcome: Outcome = { status: io.exitCode ?? 0, ...written };
  return outcome;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly cwd?: string;
  /** Another program to run, which runs the command. */
  readonly through?: readonly [string, ...string[]];
  /** What to do once the process has started. */
  readonly meanwhile?: (child: ChildProcess) => void;
}

/** The file of the command. */
export const command = join(__dirname, "../../../cli/oss-cname.js");

/** Runs the command as a process of its own, without the machine's credentials: slow, for what only a process shows. */
export async function ossCname(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program, ...first] = options.through ?? [process.execPath, command];
  const child = spawn(program, [...first, ...args], {
    cwd: options.cwd,
    env: { ...bareEnvironment(), ...options.env },
    stdio: "pipe",
  });
  child.stdin.on("error", () => {}); // The command need not read its input.
  child.stdin.end(options.input);
  options.meanwhile?.(child);
  const ended = new Promise<Pick<Ran, "status" | "signal">>((resolve) =>
    child.once("close", (status, signal) => resolve({ status, signal })),
  );
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { ...end, stdout, stderr };
}

/** Options that lead to a local cloud, and its access key for the environment of a process. */
export function at(cloud: Cloud): { args: string[]; env: NodeJS.ProcessEnv } {
  return {
    args: ["-e", cloud.oss, "--region", cloud.region],
    env: { ALICLOUD_ACCESS_KEY: cloud.accessKeyId, ALICLOUD_SECRET_KEY: cloud.accessKeySecret },
  };
}

/** Options that lead to a local cloud, with its access key. */
export function signedAt(cloud: Cloud): string[] {
  return [...at(cloud).args, "-i", cloud.accessKeyId, "-k", cloud.accessKeySecret];
}

function bareEnvironment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter(
    (name) => !/^(ALICLOUD|ALIBABA_?CLOUD|OSS|PULUMI)_|^NO_COLOR$/.test(name),
  );
  // A home without profiles.
  return { ...Object.fromEntries(names.map((name) => [name, process.env[name]])), HOME: __dirname };
}
