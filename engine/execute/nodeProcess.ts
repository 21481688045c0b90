import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Gets each line that a process prints. */
export type Output = (line: string, from: "stdout" | "stderr") => void;

interface NodeProcessOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Variables that only the program itself sees, not those who look at its process. */
  readonly secretEnv?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  readonly args: readonly string[];
  readonly output: Output;
}

const running = new Set<NodeProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A Node program that the engine has started, and that ends with the engine at the latest. */
export class NodeProcess {
  /**
   * Resolves at the program's end, when its output is read: how it ended ("exit status 1", "SIGKILL"), and its status.
   */
  readonly ended: Promise<{ readonly how: string; readonly status: number | undefined }>;
  readonly #child: ChildProcess;

  constructor(script: string, options: NodeProcessOptions) {
    const command = [...(options.nodeArgs ?? []), "--require", require.resolve("./preload"), script, ...options.args];
    this.#child = spawn(process.execPath, command, {
      cwd: options.cwd,
      env: options.env,
      // Its own process group: Ctrl-C in a terminal must reach the engine only.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    const [, , , lifeline] = this.#child.stdio;
    if (lifeline && "write" in lifeline)
      lifeline.on("error", () => {}).write(`${JSON.stringify(options.secretEnv ?? {})}\n`);
    running.add(this);
    for (const from of ["stdout", "stderr"] as const) {
      const stream = this.#child[from];
      if (stream) createInterface({ input: stream }).on("line", (line) => options.output(line, from));
    }
    this.ended = once(this.#child, "close").then(([status, signal]: unknown[]) => {
      running.delete(this);
      if (typeof status === "number") return { how: `exit status ${status}`, status };
      return { how: String(signal), status: undefined };
    });
    this.ended.catch(() => running.delete(this));
  }

  /** Ends the program and all that it has started, and waits for its end. */
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

/** Finds one of the programs in @pulumi/pulumi, as the user's program would find it. */
export function pulumiProgram(name: "run" | "dynamic-provider", directory: string): string {
  try {
    return require.resolve(`@pulumi/pulumi/cmd/${name}`, { paths: [directory] });
  } catch {
    throw new Error(`@pulumi/pulumi is not installed where ${directory} can find it: run npm install there`);
  }
}
