import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { StackFile } from "./backend";
import { Deployment, type Report, STACK_TYPE } from "./deployment";
import { type Diagnostic, Display, readable, type Summary } from "./display";
import type { Output } from "./nodeProcess";
import type { PropertyMap } from "./propertyValue";
import { ProviderHost } from "./providerHost";
import { Providers } from "./providers";
import { ResourceMonitor } from "./resourceMonitor";
import type { Crypter } from "./secrets";
import { type Resource, Snapshot } from "./snapshot";
import { Source } from "./source";
import { loadProject, type Project, providerConfig, type StackConfig, StackConfigFile } from "./stackConfig";
import { type Op, StepExecutor, Stopped } from "./step";

/** Which stack, and what goes for all that is done with it. */
export interface StackOptions {
  /** The directory of Pulumi.yaml, or one below it. */
  readonly cwd: string;
  readonly stack: string;
  /** Where state is kept: a `file://` URL or a directory. Default: PULUMI_BACKEND_URL, then what Pulumi.yaml says. */
  readonly backend?: string | undefined;
  /** Default: PULUMI_CONFIG_PASSPHRASE, then the contents of the file that PULUMI_CONFIG_PASSPHRASE_FILE names. */
  readonly passphrase?: string | undefined;
}

export interface EngineOptions extends StackOptions {
  /** Environment variables for the program and its providers, over those of this process. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** How many resources are worked on at once. Default: four times the number of processors. */
  readonly parallel?: number | undefined;
  /** Fail when there is, or was, anything to change. */
  readonly expectNoChanges?: boolean | undefined;
  /** For `preview` and `up`: read all resources again first. */
  readonly refresh?: boolean | undefined;
  /** For `up`, `refresh` and `destroy`: do not look first. What this engine refuses is then refused only when it is met. */
  readonly skipPreview?: boolean | undefined;
  /** Show the properties of all resources, not only what changes. */
  readonly diff?: boolean | undefined;
  /** Gets each line of what is shown. Default: nothing is shown. */
  readonly onLine?: ((line: string) => void) | undefined;
  readonly colour?: boolean | undefined;
  /** Asked between preview and update; false ends it there. */
  readonly confirm?: ((summary: Summary) => Promise<boolean>) | undefined;
  /** When aborted: what is under way is finished, nothing more is started. */
  readonly interrupt?: AbortSignal | undefined;
  /** When aborted: what is under way is given up; the state says of it that it was. */
  readonly terminate?: AbortSignal | undefined;
}

export interface Result {
  readonly summary: Summary;
  /** What was done, in the order in which it was finished; default providers are left out. */
  readonly steps: readonly { readonly op: Op; readonly urn: string }[];
  /** The stack's outputs, secrets in clear. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly diagnostics: readonly Diagnostic[];
}

/** The operation failed; what was done before is in the result, and in the state. */
export class EngineError extends Error {
  constructor(
    message: string,
    readonly result: Result,
    /** The status that the CLI exits with. */
    readonly exitCode = 1,
  ) {
    super(message);
    this.name = "EngineError";
  }
}

type Kind = "update" | "refresh" | "destroy";

/** Shows what `up` would do. Writes nothing. @throws EngineError */
export async function preview(options: EngineOptions): Promise<Result> {
  return run(await open(options), options, "update", true);
}

/** Makes the stack what the program says, after a preview. @throws EngineError */
export function up(options: EngineOptions): Promise<Result> {
  return change(options, "update");
}

/** Reads all resources of the stack and takes their state over, after a preview. @throws EngineError */
export function refresh(options: EngineOptions): Promise<Result> {
  return change(options, "refresh");
}

/** Deletes all resources of the stack, after a preview. The stack and its configuration stay. @throws EngineError */
export function destroy(options: EngineOptions): Promise<Result> {
  return change(options, "destroy");
}

/** The stack's outputs, secrets in clear or as `[secret]`. */
export async function outputs(options: StackOptions, secrets = false): Promise<Record<string, unknown>> {
  const { file, crypter } = await open(options);
  const { resources } = await Snapshot.load(file, crypter);
  return readable(stackOutputs(resources), secrets) as Record<string, unknown>;
}

/** Creates an empty stack, and its Pulumi.<stack>.yaml with the salt for its secrets. */
export async function initializeStack(options: StackOptions): Promise<void> {
  const { file, crypter, configFile } = await open(options);
  await Snapshot.create(file, crypter);
  await configFile.save();
}

/** Sets one value of the stack's configuration. The key has the project's namespace when it names none. */
export async function setConfig(
  options: StackOptions,
  key: string,
  value: string,
  how: { readonly secret?: boolean; readonly path?: boolean } = {},
): Promise<void> {
  const { crypter, configFile } = await open(options);
  configFile.set(key, value, { ...(how.secret && { secret: crypter }), ...(how.path && { path: true }) });
  await configFile.save();
}

interface Stack {
  readonly project: Project;
  readonly name: string;
  readonly file: StackFile;
  readonly crypter: Crypter;
  readonly configFile: StackConfigFile;
  readonly config: StackConfig;
}

async function open(options: StackOptions): Promise<Stack> {
  const project = await loadProject(options.cwd);
  const backend = options.backend ?? (process.env.PULUMI_BACKEND_URL || project.backend);
  if (!backend) throw new Error("no backend: set PULUMI_BACKEND_URL to file://<directory>");
  const file = new StackFile(backend, project.name, options.stack);
  const configFile = await StackConfigFile.load(project, options.stack);
  const crypter = await configFile.crypter(options.passphrase ?? (await passphrase()));
  return { project, name: options.stack, file, crypter, configFile, config: configFile.values(crypter) };
}

async function change(options: EngineOptions, kind: Kind): Promise<Result> {
  const stack = await open(options);
  await stack.file.lock();
  try {
    if (!options.skipPreview) {
      const { summary } = await run(stack, { ...options, expectNoChanges: false }, kind, true);
      if (options.confirm && !(await options.confirm(summary))) throw new Error("not confirmed: nothing was changed");
    }
    return await run(stack, options, kind, false);
  } finally {
    await stack.file.unlock();
  }
}

async function run(stack: Stack, options: EngineOptions, kind: Kind, dryRun: boolean): Promise<Result> {
  const started = Date.now();
  const line = options.onLine ?? (() => {});
  line(dryRun ? `Previewing ${kind} (${stack.name}):` : `${titles[kind]} (${stack.name}):`);
  const display = new Display({ line, dryRun, diff: options.diff ?? false, colour: options.colour ?? false });
  const operation = await Operation.prepare(stack, options, dryRun, display);
  await operation.run(kind, options.refresh ?? false);
  const outputs = operation.outputs;
  display.outputs(outputs, operation.outputsBefore);
  display.close((Date.now() - started) / 1000);
  const { summary, steps, diagnostics } = display;
  const result = { summary, steps, diagnostics, outputs: readable(outputs, true) as Record<string, unknown> };
  if (operation.failure)
    throw new EngineError(`${dryRun ? "preview" : kind} failed: ${operation.failure.message}`, result);
  if (options.expectNoChanges && display.hasChanges) {
    throw new EngineError("no changes were expected but changes occurred", result, EXPECTED_NO_CHANGES);
  }
  return result;
}

/** One pass over a stack with its own processes, as a preview or in earnest. */
class Operation {
  /** The first thing that went wrong. */
  failure: Error | undefined;
  readonly outputsBefore: PropertyMap;
  readonly #stack: Stack;
  readonly #options: EngineOptions;
  readonly #dryRun: boolean;
  readonly #snapshot: Snapshot;
  readonly #providers: Providers;
  readonly #executor: StepExecutor;
  readonly #deployment: Deployment;
  readonly #report: Report;
  readonly #parallel: number;

  private constructor(stack: Stack, options: EngineOptions, dryRun: boolean, display: Display, snapshot: Snapshot) {
    const { project, name, config } = stack;
    this.#stack = stack;
    this.#options = options;
    this.#dryRun = dryRun;
    this.#snapshot = snapshot;
    this.#report = display.report.bind(display);
    this.#parallel = options.parallel ?? (Number(process.env.PULUMI_PARALLEL) || availableParallelism() * 4);
    this.outputsBefore = stackOutputs(snapshot.base);
    this.#providers = new Providers(() =>
      ProviderHost.start({
        cwd: project.directory,
        project: project.name,
        ...(options.env && { env: options.env }),
        output: this.#output,
      }),
    );
    const shared = { snapshot, providers: this.#providers };
    this.#executor = new StepExecutor({ ...shared, events: display, dryRun, parallel: this.#parallel });
    this.#deployment = new Deployment({
      ...shared,
      project: project.name,
      stack: name,
      config: providerConfig(config),
      executor: this.#executor,
      report: this.#report,
    });
  }

  static async prepare(stack: Stack, options: EngineOptions, dryRun: boolean, display: Display): Promise<Operation> {
    return new Operation(stack, options, dryRun, display, await Snapshot.load(stack.file, stack.crypter));
  }

  get outputs(): PropertyMap {
    return stackOutputs(this.#snapshot.resources);
  }

  async run(kind: Kind, refresh: boolean): Promise<void> {
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
      if (refresh || kind === "refresh") await this.#deployment.refresh();
      else if (!this.#dryRun) this.#warnOfInterruptedCreates();
      if (kind === "destroy") await this.#deployment.deleteOthers();
      if (kind === "update") await this.#runProgram();
    } catch (error) {
      this.#fail(error);
    }
    await this.#executor.idle();
    this.failure = this.#executor.stopReason;
    this.#deployment.settleStackOutputs(this.failure !== undefined);
    if (!this.#dryRun) await this.#snapshot.save();
    await this.#providers.stop();
    interrupt?.removeEventListener("abort", onInterrupt);
    terminate?.removeEventListener("abort", onTerminate);
  }

  async #runProgram(): Promise<void> {
    const { project, name: stack, config } = this.#stack;
    const monitor = new ResourceMonitor(this.#deployment, this.#report, (error) => this.#fail(error));
    const address = await monitor.listen();
    const source = new Source({
      ...{ project, stack, config, address, dryRun: this.#dryRun, parallel: this.#parallel, output: this.#output },
      env: this.#options.env ?? {},
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

  #warnOfInterruptedCreates(): void {
    for (const { urn } of this.#snapshot.interruptedCreates) {
      const message =
        "an earlier update was killed while it created this, so it may exist without the state knowing: look, then clear the note with the Pulumi CLI (pulumi refresh)";
      this.#report("warning", message, urn);
    }
  }

  readonly #output: Output = (line) => this.#report("info", line);
}

const titles: Readonly<Record<Kind, string>> = { update: "Updating", refresh: "Refreshing", destroy: "Destroying" };

/** The CLI's exit status when `--expect-no-changes` is disappointed. */
const EXPECTED_NO_CHANGES = 7;

function stackOutputs(resources: readonly Resource[]): PropertyMap {
  return resources.find(({ type }) => type === STACK_TYPE)?.outputs ?? {};
}

async function passphrase(): Promise<string> {
  const { PULUMI_CONFIG_PASSPHRASE: phrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  if (phrase !== undefined) return phrase;
  if (file) return (await readFile(file, "utf8")).trim();
  throw new Error("passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE");
}
