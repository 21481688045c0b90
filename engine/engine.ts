import { readFile } from "node:fs/promises";
import { type Diagnostic, Display, readable, type Summary } from "./display";
import type { Op } from "./execute/executor";
import { Operation, type OperationOptions, type Stack, stackOutputs } from "./operation";
import type { Kind } from "./plan/deployment";
import { StackFile } from "./stack/backend";
import { loadProject } from "./stack/project";
import { Snapshot } from "./stack/snapshot";
import { StackConfigFile } from "./stack/stackConfig";
import { Unsupported } from "./unsupported";

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

export interface EngineOptions extends StackOptions, OperationOptions {
  /** Fail when there is, or was, anything to change. */
  readonly expectNoChanges?: boolean | undefined;
  /** For `preview` and `up`: read all resources again first. */
  readonly refresh?: boolean | undefined;
  /** For `up`, `refresh` and `destroy`: do not look first. The program alone is then run once in silence, for what this engine refuses. */
  readonly skipPreview?: boolean | undefined;
  /** Show the properties of all resources, not only what changes. */
  readonly diff?: boolean | undefined;
  /** Gets each line of what is shown. Default: nothing is shown. */
  readonly onLine?: ((line: string) => void) | undefined;
  readonly colour?: boolean | undefined;
  /** Asked between preview and update; false ends it there. */
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

/** Shows what `up` would do. Writes nothing. @throws EngineError */
export async function preview(options: EngineOptions): Promise<Result> {
  return run(await openToRun(options), options, "update", true);
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

type OpenStack = Omit<Stack, "config"> & { readonly configFile: StackConfigFile };

async function open(options: StackOptions): Promise<OpenStack> {
  const project = await loadProject(options.cwd);
  const backend = options.backend ?? (process.env.PULUMI_BACKEND_URL || project.backend);
  if (!backend) throw new Error("no backend: set PULUMI_BACKEND_URL to file://<directory>");
  const name = stackName(options.stack, project.name);
  const file = new StackFile(backend, project.name, name, options.cwd);
  const configFile = await StackConfigFile.load(project, name);
  const crypter = await configFile.crypter(options.passphrase ?? (await passphrase()), await Snapshot.salt(file));
  return { project, name, file, crypter, configFile };
}

async function openToRun(options: EngineOptions): Promise<Stack> {
  const set = settings.find((name) => /^(1|true)$/i.test(process.env[name] ?? ""));
  if (set) throw new Unsupported(`the environment has ${set}`);
  const stack = await open(options);
  // Before the lock, which would make directories for a stack that is not there.
  await Snapshot.load(stack.file, stack.crypter);
  return { ...stack, config: stack.configFile.values(stack.crypter) };
}

/** Variables that change what the CLI does. */
const settings = [
  "PULUMI_CONTINUE_ON_ERROR",
  "PULUMI_RUN_PROGRAM",
  "PULUMI_ENABLE_LEGACY_DIFF",
  "PULUMI_ENABLE_LEGACY_REFRESH_DIFF",
  "PULUMI_DISABLE_RESOURCE_REFERENCES",
  "PULUMI_DIY_BACKEND_LEGACY_LAYOUT",
];

/** A stack's own name, which may be given with organization and project. */
function stackName(given: string, project: string): string {
  const [name = "", ...before] = given.split("/").reverse();
  if (!["", "organization", `${project}/organization`].includes(before.join("/"))) {
    throw new Error(`${given} is no stack of this project: the CLI calls its stacks organization/${project}/<name>`);
  }
  if (/^[\w.-]{1,100}$/.test(name)) return name;
  throw new Error(`"${name}" cannot name a stack: letters, digits, hyphens, underscores and periods do, 100 at most`);
}

async function change(options: EngineOptions, kind: Kind): Promise<Result> {
  const stack = await openToRun(options);
  await stack.file.lock();
  try {
    if (options.skipPreview) {
      if (kind === "update") await rehearse(stack, options);
    } else {
      const { summary } = await run(stack, { ...options, expectNoChanges: false }, kind, true);
      if (options.confirm && !(await options.confirm(summary))) throw new Error("not confirmed: nothing was changed");
    }
    return await run(stack, options, kind, false);
  } finally {
    await stack.file.unlock();
  }
}

/** Runs the program once for what it asks for that this engine does not do; all else about it shows in earnest. */
async function rehearse(stack: Stack, options: EngineOptions): Promise<void> {
  const silent = new Display({ line: () => {}, kind: "update", dryRun: true, diff: false, colour: false, secrets: [] });
  const snapshot = await Snapshot.load(stack.file, stack.crypter);
  const operation = new Operation(stack, options, true, snapshot, silent, false);
  await operation.run("update", false);
  if (!(operation.failure instanceof Unsupported)) return;
  options.onLine?.(`error: ${operation.failure.message}`);
  const { summary, steps, diagnostics } = silent;
  throw new EngineError(`update refused: ${operation.failure.message}`, { summary, steps, diagnostics, outputs: {} });
}

async function run(stack: Stack, options: EngineOptions, kind: Kind, dryRun: boolean): Promise<Result> {
  const started = Date.now();
  const { onLine: line = () => {}, diff = false, colour = false } = options;
  const snapshot = await Snapshot.load(stack.file, stack.crypter);
  line(dryRun ? `Previewing ${kind} (${stack.name}):` : `${titles[kind]} (${stack.name}):`);
  const display = new Display({ line, kind, dryRun, diff, colour, secrets: stack.config.secrets });
  const operation = new Operation(stack, options, dryRun, snapshot, display);
  await operation.run(kind, options.refresh ?? false);
  const outputs = operation.outputs;
  display.outputs(outputs, operation.outputsBefore);
  display.close((Date.now() - started) / 1000);
  const { summary, steps, diagnostics } = display;
  if (!dryRun)
    await stack.file.addToHistory({
      ...{ kind, startTime: Math.floor(started / 1000), endTime: Math.floor(Date.now() / 1000) },
      ...{ message: "", environment: { "exec.kind": "oss-cname engine" }, config: stack.config.sealed, version: 0 },
      ...{ result: operation.failure ? "failed" : "succeeded", resourceChanges: summary },
    });
  const result = { summary, steps, diagnostics, outputs: readable(outputs, true) as Record<string, unknown> };
  if (operation.failure)
    throw new EngineError(
      display.hide(`${dryRun ? "preview" : kind} failed: ${operation.failure.message}`),
      result,
      options.terminate?.aborted ? CANCELLED : 1,
    );
  if (options.expectNoChanges && display.hasChanges) {
    throw new EngineError("no changes were expected but changes occurred", result, EXPECTED_NO_CHANGES);
  }
  return result;
}

const titles: Readonly<Record<Kind, string>> = { update: "Updating", refresh: "Refreshing", destroy: "Destroying" };

/** The CLI's exit status when `--expect-no-changes` is disappointed. */
const EXPECTED_NO_CHANGES = 7;
/** Its exit status when what was under way was given up. */
const CANCELLED = 8;

async function passphrase(): Promise<string> {
  const { PULUMI_CONFIG_PASSPHRASE: phrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  if (phrase !== undefined) return phrase;
  if (file) {
    const text = await readFile(file, "utf8").catch((error) => {
      throw new Error(`the file of PULUMI_CONFIG_PASSPHRASE_FILE cannot be read: ${error.message}`);
    });
    return text.trim();
  }
  throw new Error("passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE");
}
