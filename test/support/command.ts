import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Cloud } from "../../local/cloud";

export interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly cwd?: string;
  /** A program to run in its place, which runs it. */
  readonly through?: readonly [string, ...string[]];
  /** What to do once it runs. */
  readonly meanwhile?: (child: ChildProcess) => void;
}

/** The command's file. */
export const command = join(__dirname, "../../../cli/oss-cname.js");

/** Runs the command as a process of its own, without the machine's credentials. */
export async function ossCname(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program, ...first] = options.through ?? [process.execPath, command];
  const child = spawn(program, [...first, ...args], {
    cwd: options.cwd,
    env: { ...bareEnvironment(), ...options.env },
    stdio: "pipe",
  });
  child.stdin.on("error", () => {}); // It need not read what it is given.
  child.stdin.end(options.input);
  options.meanwhile?.(child);
  const ended = new Promise<Pick<Ran, "status" | "signal">>((resolve) =>
    child.once("close", (status, signal) => resolve({ status, signal })),
  );
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { ...end, stdout, stderr };
}

/** Options and environment that lead to a local cloud, with the secret where it belongs. */
export function at(cloud: Cloud): { args: string[]; env: NodeJS.ProcessEnv } {
  return {
    args: ["-e", cloud.oss, "--region", cloud.region],
    env: { ALICLOUD_ACCESS_KEY: cloud.accessKeyId, ALICLOUD_SECRET_KEY: cloud.accessKeySecret },
  };
}

function bareEnvironment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter(
    (name) => !/^(ALICLOUD|ALIBABA_?CLOUD|OSS|PULUMI)_|^NO_COLOR$/.test(name),
  );
  // A home without profiles.
  return { ...Object.fromEntries(names.map((name) => [name, process.env[name]])), HOME: __dirname };
}
