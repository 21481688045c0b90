import { parseArgs } from "node:util";
import { destroy, EngineError, initializeStack, outputs, preview, refresh, setConfig, up } from "../../engine/engine";

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

const OPERATIONS = { preview, up, refresh, destroy };

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
        await initializeStack(at(rest[1]));
        break;
      case "config":
        await setConfig(at(), rest[1] ?? "", rest[2] ?? run.input, values);
        break;
      case "output":
        onLine(JSON.stringify(await outputs(at())));
        break;
      case "preview":
      case "up":
      case "refresh":
      case "destroy":
        await OPERATIONS[command]({
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
    return error instanceof EngineError ? error.exitCode : 1;
  }
}
