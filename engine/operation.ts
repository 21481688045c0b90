import { availableParallelism } from "node:os";
import type { Display } from "./display";
import { StepExecutor, Stopped } from "./execute/executor";
import type { Output } from "./execute/nodeProcess";
import { ProviderHost } from "./execute/providerHost";
import { Providers } from "./execute/providers";
import { Deployment, type Kind, type Report, STACK_TYPE } from "./plan/deployment";
import { ResourceMonitor } from "./program/resourceMonitor";
import { Source } from "./program/source";
import type { PropertyMap } from "./property/value";
import type { StackFile } from "./stack/backend";
import type { Project } from "./stack/project";
import type { Crypter } from "./stack/secrets";
import type { Resource, Snapshot } from "./stack/snapshot";
import { providerConfig, type StackConfig } from "./stack/stackConfig";

export interface Stack {
  readonly project: Project;
  readonly name: string;
  readonly file: StackFile;
  readonly crypter: Crypter;
  readonly config: StackConfig;
}

export interface OperationOptions {
  /** Environment variables for the program and its providers, over those of this process. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** How many resources are worked on at once. Default: four times the number of processors. */
  readonly parallel?: number | undefined;
  /** When aborted: what is under way is finished, nothing more is started. */
  readonly interrupt?: AbortSignal | undefined;
  /** When aborted: what is under way is given up; the state says of it that it was. */
  readonly terminate?: AbortSignal | undefined;
}

/** One pass over a stack with its own processes, as a preview or in earnest. */
export class Operation {
  /** The first thing that went wrong. */
  failure: Error | undefined;
  readonly outputsBefore: PropertyMap;
  readonly #providers: Providers;
  readonly #executor: StepExecutor;
  readonly #deployment: Deployment;
  readonly #report: Report;
  readonly #parallel: number;

  constructor(
    private readonly stack: Stack,
    private readonly options: OperationOptions,
    private readonly dryRun: boolean,
    private readonly snapshot: Snapshot,
    display: Display,
    /** Are there providers? A dry run without asks nobody anything but the program. */
    withProviders = true,
  ) {
    const { project, name, config } = stack;
    this.#report = display.report.bind(display);
    this.#parallel = options.parallel ?? (Number(process.env.PULUMI_PARALLEL) || availableParallelism() * 4);
    this.outputsBefore = stackOutputs(snapshot.base);
    const host = { cwd: project.directory, project: project.name, env: options.env ?? {}, output: this.#output };
    const providers = new Providers(withProviders ? () => ProviderHost.start(host) : undefined);
    const executor = new StepExecutor({ snapshot, providers, events: display, dryRun, parallel: this.#parallel });
    this.#deployment = new Deployment({
      ...{ snapshot, providers, executor, report: this.#report },
      ...{ project: project.name, stack: name, config: providerConfig(config) },
    });
    this.#providers = providers;
    this.#executor = executor;
  }

  get outputs(): PropertyMap {
    return stackOutputs(this.snapshot.resources);
  }

  async run(kind: Kind, refresh: boolean): Promise<void> {
    const { interrupt, terminate } = this.options;
    const onInterrupt = () => this.#executor.stop(new Error("interrupted"));
    const onTerminate = () => {
      this.#executor.terminate(new Error("interrupted"));
      this.#providers.stop();
    };
    interrupt?.addEventListener("abort", onInterrupt);
    terminate?.addEventListener("abort", onTerminate);
    if (interrupt?.aborted) onInterrupt();
    try {
      if (refresh || kind === "refresh") await this.#deployment.refresh();
      else if (!this.dryRun) this.#warnOfInterrupted();
      if (kind === "destroy") await this.#deployment.deleteOthers();
      if (kind === "update") await this.#runProgram();
    } catch (error) {
      this.#fail(error);
    }
    try {
      await this.#executor.idle();
      this.failure = this.#executor.stopReason;
      this.#deployment.settleStackOutputs(this.failure !== undefined);
      if (!this.dryRun) await this.snapshot.save();
    } finally {
      await this.#providers.stop();
      interrupt?.removeEventListener("abort", onInterrupt);
      terminate?.removeEventListener("abort", onTerminate);
    }
  }

  async #runProgram(): Promise<void> {
    const { project, name: stack, config } = this.stack;
    const monitor = new ResourceMonitor(this.#deployment, this.#report, (error) => this.#fail(error));
    const address = await monitor.listen();
    this.#providers.prepare();
    const source = new Source({
      ...{ project, stack, config, address, dryRun: this.dryRun, parallel: this.#parallel, output: this.#output },
      env: this.options.env ?? {},
    });
    try {
      await Promise.race([monitor.programDone, source.ended, this.#executor.stopped]);
      if (this.#executor.stopReason) return;
      await this.#deployment.deleteOthers();
      monitor.allowShutdown();
      await Promise.race([source.ended, this.#executor.stopped]);
    } catch (error) {
      this.#fail(error);
    } finally {
      // Those under way still have their say in the state; the program waits for them in vain.
      await this.#executor.idle();
      await source.stop();
      monitor.close();
    }
  }

  #fail(error: unknown): void {
    if (error instanceof Stopped || this.#executor.stopReason) return;
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#report("error", reason.message);
    this.#executor.stop(reason);
  }

  #warnOfInterrupted(): void {
    for (const { type, resource } of this.snapshot.interrupted) {
      const next =
        type === "creating"
          ? "it may exist without the state knowing: look, then clear the note with the Pulumi CLI (pulumi refresh)"
          : "whether that was done is not known: a refresh finds out";
      this.#report("warning", `an earlier update was killed while ${type} this; ${next}`, resource.urn);
    }
  }

  readonly #output: Output = (line) => this.#report("info", line);
}

/** The outputs of the stack that these resources are. */
export function stackOutputs(resources: readonly Resource[]): PropertyMap {
  return resources.find(({ type }) => type === STACK_TYPE)?.outputs ?? {};
}
