import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export type Output = (line: string, from: "stdout" | "stderr") => void;

const running = new Set<NodeProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** One Node program that the engine started. It ends with the engine, whatever ends that. */
export class NodeProcess {
  readonly #child: ChildProcess;
  /** Settles when the program has ended and its output has been read: how it ended, as "exit status 1" or "SIGKILL", and its status. */
  readonly ended: Promise<{ readonly how: string; readonly status: number | undefined }>;

  constructor(script: string, options: NodeProcessOptions) {
    const command = [...(options.nodeArgs ?? []), "--require", require.resolve("./preload"), script, ...options.args];
    // In a process group of its own, so that Ctrl-C in a terminal is the engine's to handle.
    this.#child = spawn(process.execPath, command, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    running.add(this);
    for (const from of ["stdout", "stderr"] as const) {
      const stream = this.#child[from];
      if (stream) createInterface({ input: stream }).on("line", (line) => options.output(line, from));
    }
    this.ended = once(this.#child, "close").then(([status, signal]: unknown[]) => {
      running.delete(this);
      return typeof status === "number"
        ? { how: `exit status ${status}`, status }
        : { how: String(signal), status: undefined };
    });
    this.ended.catch(() => running.delete(this));
  }

  /** Ends the program and whatever it started, and waits until it is gone. */
  async stop(): Promise<void> {
    this.kill("SIGKILL");
    await this.ended.catch(() => {});
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || !running.has(this)) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It has just ended.
    }
  }
}

interface NodeProcessOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly nodeArgs?: readonly string[];
  readonly args: readonly string[];
  readonly output: Output;
}

/** Finds one of the programs that ship in @pulumi/pulumi, as the user's program would find it. */
export function pulumiProgram(name: "run" | "dynamic-provider", directory: string): string {
  try {
    return require.resolve(`@pulumi/pulumi/cmd/${name}`, { paths: [directory] });
  } catch {
    throw new Error(`@pulumi/pulumi is not installed where ${directory} can find it: run npm install there`);
  }
}
