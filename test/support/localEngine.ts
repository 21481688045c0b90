import { parseArgs } from "node:util";
import * as engine from "../../engine/engine";

export interface LocalRun {
  readonly cwd: string;
  readonly backend: string;
  readonly passphrase: string;
  /** For programs and providers, over this process's own; undefined removes a variable. */
  readonly env: NodeJS.ProcessEnv;
  readonly input: string;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Runs a command line of `oss-cname engine` in this process, which saves a process for each. Gives the exit status. */
export async function runLocalEngine(args: readonly string[], run: LocalRun): Promise<number> {
  const flag = { type: "boolean" } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      stack: { type: "string" },
      yes: flag,
      secret: flag,
      path: flag,
      json: flag,
      diff: flag,
      refresh: flag,
      "skip-preview": flag,
      "expect-no-changes": flag,
    },
  });
  const { cwd, backend, passphrase, env, onLine, signal } = run;
  const [command = "", ...rest] = positionals;
  const at = (stack = values.stack ?? "") => ({ cwd, backend, passphrase, stack });
  try {
    switch (command) {
      case "stack":
        await engine.initializeStack(at(rest[1]));
        break;
      case "config":
        await engine.setConfig(at(), rest[1] ?? "", rest[2] ?? run.input, values);
        break;
      case "output":
        onLine(JSON.stringify(await engine.outputs(at())));
        break;
      case "preview":
      case "up":
      case "refresh":
      case "destroy":
        await engine[command]({
          ...at(),
          env,
          onLine,
          diff: values.diff,
          refresh: values.refresh,
          skipPreview: values["skip-preview"],
          expectNoChanges: values["expect-no-changes"],
          interrupt: signal,
        });
        break;
      default:
        throw new Error(`the local engine has no ${command}`);
    }
    return 0;
  } catch (error) {
    onLine(`error: ${(error as Error).message}`);
    return error instanceof engine.EngineError ? error.exitCode : 1;
  }
}
