import { NodeProcess, type Output, pulumiProgram } from "../execute/nodeProcess";
import type { Project } from "../stack/project";
import type { StackConfig } from "../stack/stackConfig";

interface SourceOptions {
  readonly project: Project;
  readonly stack: string;
  readonly config: StackConfig;
  /** The address of the resource monitor. */
  readonly address: string;
  readonly dryRun: boolean;
  readonly parallel: number;
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
}

/** The exit status of a program that has logged its errors itself. */
const LOGGED_FAILURE = 32;

/** The user's program, run as the CLI's language host runs it. */
export class Source {
  readonly #process: NodeProcess;
  /** Resolves when the program has ended, and rejects when it has failed. */
  readonly ended: Promise<void>;

  constructor(options: SourceOptions) {
    const { project } = options;
    this.#process = new NodeProcess(pulumiProgram("run", project.directory), {
      cwd: project.directory,
      env: environment(options),
      secretEnv: configuration(options.config),
      nodeArgs: project.nodeArgs,
      args: programArguments(options),
      output: options.output,
    });
    this.ended = this.#process.ended.then(({ how, status }) => {
      if (status === LOGGED_FAILURE) throw new Error("the program failed");
      if (status !== 0) throw new Error(`the program ended with ${how}`);
    });
    this.ended.catch(() => {});
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}

/** Where the SDK looks for the stack's configuration, secrets in clear. */
function configuration({ values, secretKeys }: StackConfig): Record<string, string> {
  const renamed = Object.entries(values).map(([key, value]) => [key.replace(":", ":config:"), value]);
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(renamed)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify([...secretKeys]),
  };
}

function environment({ project, env }: SourceOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...env,
    ...(project.typescript && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    ...(project.tsconfig && { PULUMI_NODEJS_TSCONFIG_PATH: project.tsconfig }),
  };
}

function programArguments({ project, stack, address, dryRun, parallel }: SourceOptions): string[] {
  const flags = {
    "--monitor": address,
    "--engine": address,
    "--organization": "organization",
    "--project": project.name,
    "--root-directory": project.root,
    "--stack": stack,
    "--pwd": project.directory,
    "--parallel": String(parallel),
  };
  return [...Object.entries(flags).flat(), ...(dryRun ? ["--dry-run"] : []), project.entry];
}
