import { availableParallelism } from "node:os";
import { StepExecutor } from "./execute/executor";
import type { Output } from "./execute/nodeProcess";
import { ProviderHost } from "./execute/providerHost";
import { Providers } from "./execute/providers";
import { type Events, type Report, Stopped } from "./execute/step";
import { Deployment } from "./plan/deployment";
import { ResourceMonitor } from "./program/resourceMonitor";
import { Source } from "./program/source";
import type { Snapshot } from "./stack/snapshot";
import type { Stack } from "./stack/stack";
import { providerConfig, type StackConfig } from "./stack/stackConfig";

export type Kind = "update" | "refresh" | "destroy";

export interface OperationOptions {
  /** Environment variables for the program and its providers, besides those of this process. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** How many resources are worked on at once. Default: four times the number of processors. */
  readonly parallel?: number | undefined;
  /** When aborted: running steps are finished, no more are started. */
  readonly interrupt?: AbortSignal | undefined;
  /** When aborted: running steps are given up, and the state says so. */
  readonly terminate?: AbortSignal | undefined;
}

interface Pass {
  readonly kind: Kind;
  /** Only show what would be done. */
  readonly dryRun: boolean;
  /** Read all resources again before an update or a destroy. */
  readonly refresh: boolean;
  /** Run no providers: the program alone is executed. */
  readonly withoutProviders?: boolean;
  readonly stack: Pick<Stack, "project" | "name">;
  readonly config: StackConfig;
  readonly snapshot: Snapshot;
  readonly events: Events;
}

/** One pass over a stack, with its own processes: a preview, or the real operation. */
export class Operation {
  readonly #pass: Pass;
  readonly #options: OperationOptions;
  readonly #providers: Providers;
  readonly #executor: StepExecutor;
  readonly #deployment: Deployment;
  readonly #monitor: ResourceMonitor;
  readonly #parallel: number;
  /** Of the monitor, once it listens. */
  #address = "";

  constructor(pass: Pass, options: OperationOptions) {
    const { stack, config, snapshot, events, dryRun } = pass;
    this.#pass = pass;
    this.#options = options;
    this.#parallel = options.parallel ?? (Number(process.env.PULUMI_PARALLEL) || availableParallelism() * 4);
    const host = {
      cwd: stack.project.directory,
      project: stack.project.name,
      env: options.env ?? {},
      output: this.#output,
    };
    this.#providers = new Providers(
      pass.withoutProviders ? undefined : () => ProviderHost.start({ ...host, engine: this.#address }),
    );
    this.#executor = new StepExecutor({
      snapshot,
      providers: this.#providers,
      events,
      dryRun,
      parallel: this.#parallel,
    });
    this.#deployment = new Deployment({
      project: stack.project.name,
      stack: stack.name,
      config: providerConfig(config),
      snapshot,
      providers: this.#providers,
      executor: this.#executor,
      report: this.#report,
    });
    this.#monitor = new ResourceMonitor({
      deployment: this.#deployment,
      report: this.#report,
      refuse: (error) => this.#fail(error),
    });
  }

  /** Runs to the end. Returns the first error, if there was one. */
  async run(): Promise<Error | undefined> {
    const { interrupt, terminate } = this.#options;
    const onInterrupt = () => this.#executor.stop(new Error("interrupted"));
    const onTerminate = () => {
      this.#executor.terminate(new Error("interrupted"));
      this.#providers.stop();
    };
    interrupt?.addEventListener("abort", onInterrupt);
    terminate?.addEventListener("abort", onTerminate);
    if (interrupt?.aborted) onInterrupt();
    try {
      this.#address = await this.#monitor.listen();
      await this.#perform().catch((error) => this.#fail(error));
      await this.#executor.idle();
      const failure = this.#executor.stopReason;
      this.#deployment.settleStackOutputs({ failed: failure !== undefined });
      if (!this.#pass.dryRun) await this.#pass.snapshot.saveWhole();
      return failure;
    } finally {
      await this.#providers.stop();
      // An open monitor would keep this process from ending.
      this.#monitor.close();
      interrupt?.removeEventListener("abort", onInterrupt);
      terminate?.removeEventListener("abort", onTerminate);
    }
  }

  async #perform(): Promise<void> {
    const { kind, refresh, dryRun } = this.#pass;
    if (refresh || kind === "refresh") await this.#deployment.refresh();
    else if (!dryRun) this.#warnOfInterrupted();
    if (kind === "destroy") await this.#deployment.deleteOthers();
    if (kind === "update") await this.#runProgram();
  }

  async #runProgram(): Promise<void> {
    const { stack, config, dryRun } = this.#pass;
    this.#providers.prepare();
    const source = new Source({
      project: stack.project,
      stack: stack.name,
      config,
      address: this.#address,
      dryRun,
      parallel: this.#parallel,
      env: this.#options.env ?? {},
      output: this.#output,
    });
    await this.#follow(source);
  }

  /** Waits for the program to register everything, deletes the rest, and lets the program end. */
  async #follow(source: Source): Promise<void> {
    try {
      await Promise.race([this.#monitor.programDone, source.ended, this.#executor.stopped]);
      if (this.#executor.stopReason) return;
      await this.#deployment.deleteOthers();
      this.#monitor.allowShutdown();
      await Promise.race([source.ended, this.#executor.stopped]);
    } catch (error) {
      this.#fail(error);
    } finally {
      // Running steps still record their results, but the program gets no more answers.
      await this.#executor.idle();
      await source.stop();
    }
  }

  #fail(error: unknown): void {
    if (error instanceof Stopped || this.#executor.stopReason) return;
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#report("error", reason.message);
    this.#executor.stop(reason);
  }

  #warnOfInterrupted(): void {
    for (const { type, resource } of this.#pass.snapshot.interrupted) {
      const next =
        type === "creating"
          ? "it may exist without the state knowing: look, then clear the note with the Pulumi CLI (pulumi refresh)"
          : "whether that was done is not known: a refresh finds out";
      this.#report("warning", `an earlier update was killed while ${type} this; ${next}`, resource.urn);
    }
  }

  readonly #report: Report = (severity, message, urn) => this.#pass.events.report(severity, message, urn);

  readonly #output: Output = (line) => this.#report("info", line);
}
