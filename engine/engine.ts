import { type Diagnostic, Display, type Summary } from "./display";
import type { Op } from "./execute/step";
import { type Kind, Operation, type OperationOptions } from "./operation";
import { readable } from "./property/rewrite";
import { Snapshot } from "./stack/snapshot";
import { openStack, type Stack, type StackOptions } from "./stack/stack";
import { stackOutputs } from "./stack/state";
import { Unsupported } from "./unsupported";

export type { StackOptions };

export interface EngineOptions extends StackOptions, OperationOptions {
  /** Fail when there is, or was, anything to change. */
  readonly expectNoChanges?: boolean | undefined;
  /** For `preview`, `up` and `destroy`: read all resources again first. */
  readonly refresh?: boolean | undefined;
  /**
   * For `up`, `refresh` and `destroy`: skip the preview. The program then runs once in silence, only to find what is
   * refused.
   */
  readonly skipPreview?: boolean | undefined;
  /** Show the properties of all resources, not only what changes. */
  readonly diff?: boolean | undefined;
  /** Gets each line of what is shown. Default: nothing is shown. */
  readonly onLine?: ((line: string) => void) | undefined;
  readonly colour?: boolean | undefined;
  /** For all but `destroy`: called when the stack does not exist, which is then made if this resolves with true. */
  readonly createStack?: (() => Promise<boolean>) | undefined;
  /** Called between preview and update; the update is done only if it resolves with true. */
  readonly confirm?: ((summary: Summary) => Promise<boolean>) | undefined;
}

export interface Result {
  readonly summary: Summary;
  /** What was done, in the order in which it was finished; default providers are left out. */
  readonly steps: readonly { readonly op: Op; readonly urn: string }[];
  /** The stack's outputs, secrets in clear. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly diagnostics: readonly Diagnostic[];
}

/** The operation failed; the result and the state have what was done before that. */
export class EngineError extends Error {
  readonly result: Result;
  /** The exit status of the CLI. */
  readonly exitCode: number;

  constructor(message: string, result: Result, exitCode = 1) {
    super(message);
    this.name = "EngineError";
    this.result = result;
    this.exitCode = exitCode;
  }
}

/** The CLI's exit status when --expect-no-changes fails. */
const EXPECTED_NO_CHANGES = 7;
/** The CLI's exit status when running steps were given up. */
const CANCELLED = 8;
const TITLES: Readonly<Record<Kind, string>> = { update: "Updating", refresh: "Refreshing", destroy: "Destroying" };
/** Variables that change what the CLI does. */
const UNSUPPORTED_SETTINGS = [
  "PULUMI_CONTINUE_ON_ERROR",
  "PULUMI_RUN_PROGRAM",
  "PULUMI_ENABLE_LEGACY_DIFF",
  "PULUMI_ENABLE_LEGACY_REFRESH_DIFF",
  "PULUMI_DISABLE_RESOURCE_REFERENCES",
  "PULUMI_DIY_BACKEND_LEGACY_LAYOUT",
];

/** Shows what `up` would do. Writes nothing. @throws EngineError */
export async function preview(options: EngineOptions): Promise<Result> {
  refuseSettings();
  return run(await openOrCreate(options), options, { kind: "update", dryRun: true });
}

/** Makes the stack what the program says, after a preview. @throws EngineError */
export function up(options: EngineOptions): Promise<Result> {
  return change(options, "update");
}

/** Reads all resources of the stack and takes over their state, after a preview. @throws EngineError */
export function refresh(options: EngineOptions): Promise<Result> {
  return change(options, "refresh");
}

/** Deletes all resources of the stack, after a preview. The stack and its configuration stay. @throws EngineError */
export function destroy(options: EngineOptions): Promise<Result> {
  return change(options, "destroy");
}

/** The stack's outputs, secrets in clear or as `[secret]`. */
export async function outputs(options: StackOptions, secrets = false): Promise<Record<string, unknown>> {
  const stack = await openStack(options);
  return readable(stackOutputs(Snapshot.open(stack).resources), { showSecrets: secrets });
}

/** Creates an empty stack, and its Pulumi.<stack>.yaml with the salt for its secrets. */
export async function initializeStack(options: StackOptions): Promise<void> {
  const stack = await openStack(options);
  await Snapshot.create(stack);
  await stack.configFile.save();
}

/** Sets one value of the stack's configuration. A key without a namespace gets the project's. */
export async function setConfig(
  options: StackOptions,
  key: string,
  value: string,
  how: { readonly secret?: boolean; readonly path?: boolean } = {},
): Promise<void> {
  const { crypter, configFile } = await openStack(options);
  configFile.set(key, value, { secret: how.secret ? crypter : undefined, path: how.path });
  await configFile.save();
}

async function change(options: EngineOptions, kind: Kind): Promise<Result> {
  refuseSettings();
  const stack = await (kind === "destroy" ? openStack : openOrCreate)(options, { lock: true });
  try {
    if (!options.skipPreview) {
      const { summary } = await run(stack, { ...options, expectNoChanges: false }, { kind, dryRun: true });
      if (options.confirm && !(await options.confirm(summary))) throw new Error("not confirmed: nothing was changed");
    } else if (kind === "update") await rehearse(stack, options);
    return await run(stack, options, { kind, dryRun: false });
  } finally {
    await stack.file.unlock();
  }
}

async function openOrCreate(options: EngineOptions, how?: Parameters<typeof openStack>[1]): Promise<Stack> {
  const stack = await openStack(options, how);
  if (stack.state || !(await options.createStack?.())) return stack;
  await initializeStack(options);
  options.onLine?.(`Created stack ${stack.name}`);
  return openStack(options, how);
}

/** Runs the program once for what it uses that this engine refuses. Other errors show in the real run. */
async function rehearse(stack: Stack, options: EngineOptions): Promise<void> {
  const silent = new Display({ kind: "update", dryRun: true, diff: false, colour: false, secrets: [], line: () => {} });
  const operation = new Operation(
    {
      kind: "update",
      dryRun: true,
      refresh: false,
      withoutProviders: true,
      stack,
      snapshot: Snapshot.open(stack),
      config: stack.configFile.values(stack.crypter),
      events: silent,
    },
    options,
  );
  const failure = await operation.run();
  if (!(failure instanceof Unsupported)) return;
  options.onLine?.(`error: ${failure.message}`);
  throw new EngineError(`update refused: ${failure.message}`, { ...silent.result, outputs: {} });
}

async function run(
  stack: Stack,
  options: EngineOptions,
  { kind, dryRun }: { readonly kind: Kind; readonly dryRun: boolean },
): Promise<Result> {
  const started = Date.now();
  const snapshot = Snapshot.open(stack);
  const config = stack.configFile.values(stack.crypter);
  const outputsBefore = stackOutputs(snapshot.base);
  const { onLine: line = () => {}, refresh = false, diff = false, colour = false } = options;
  line(dryRun ? `Previewing ${kind} (${stack.name}):` : `${TITLES[kind]} (${stack.name}):`);
  const display = new Display({ kind, dryRun, diff, colour, secrets: config.secrets, line });
  const operation = new Operation({ kind, dryRun, refresh, stack, config, snapshot, events: display }, options);
  const failure = await operation.run();
  const outputs = stackOutputs(snapshot.resources);
  display.outputs(outputs, outputsBefore);
  display.close((Date.now() - started) / 1000);
  const result = { ...display.result, outputs: readable(outputs, { showSecrets: true }) };
  if (!dryRun) {
    await stack.file.addToHistory({
      kind,
      startTime: Math.floor(started / 1000),
      endTime: Math.floor(Date.now() / 1000),
      message: "",
      environment: { "exec.kind": "oss-cname engine" },
      config: config.sealed,
      version: 0,
      result: failure ? "failed" : "succeeded",
      resourceChanges: result.summary,
    });
  }
  if (failure) {
    const message = display.hide(`${dryRun ? "preview" : kind} failed: ${failure.message}`);
    throw new EngineError(message, result, options.terminate?.aborted ? CANCELLED : 1);
  }
  if (options.expectNoChanges && display.hasChanges)
    throw new EngineError("no changes were expected but changes occurred", result, EXPECTED_NO_CHANGES);
  return result;
}

function refuseSettings(): void {
  const found = UNSUPPORTED_SETTINGS.find((name) => /^(1|true)$/i.test(process.env[name] ?? ""));
  if (found) throw new Unsupported(`the environment has ${found}`);
}
