import { NodeProcess, type Output, pulumiProgram } from "../execute/nodeProcess";
import type { Project } from "../stack/project";
import type { StackConfig } from "../stack/stackConfig";

/** The program has said itself what was wrong, and ended with this status. */
const LOGGED_FAILURE = 32;

/** The user's program, run as the CLI's language host runs it. */
export class Source {
  readonly #process: NodeProcess;
  /** Rejects when the program fails. */
  readonly ended: Promise<void>;

  constructor(options: {
    readonly project: Project;
    readonly stack: string;
    readonly config: StackConfig;
    readonly address: string;
    readonly dryRun: boolean;
    readonly parallel: number;
    readonly env: NodeJS.ProcessEnv;
    readonly output: Output;
  }) {
    const { project, config, address } = options;
    this.#process = new NodeProcess(pulumiProgram("run", project.directory), {
      cwd: project.directory,
      env: {
        ...process.env,
        ...options.env,
        PULUMI_CONFIG: JSON.stringify(
          Object.fromEntries(
            Object.entries(config.values).map(([key, value]) => [key.replace(":", ":config:"), value]),
          ),
        ),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify([...config.secretKeys]),
        ...(project.typescript && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
        ...(project.tsconfig && { PULUMI_NODEJS_TSCONFIG_PATH: project.tsconfig }),
      },
      nodeArgs: project.nodeArgs,
      args: [
        ...["--monitor", address, "--engine", address, "--organization", "organization", "--project", project.name],
        ...["--root-directory", project.root, "--stack", options.stack, "--pwd", project.directory],
        ...(options.dryRun ? ["--dry-run"] : []),
        ...["--parallel", String(options.parallel), project.entry],
      ],
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
