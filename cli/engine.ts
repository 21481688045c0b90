import { createInterface } from "node:readline/promises";
import { Command, InvalidArgumentError } from "commander";
import * as local from "../local/engine/engine";

interface Flags {
  readonly stack: string;
  readonly cwd: string;
  readonly yes?: boolean;
  readonly expectNoChanges?: boolean;
  readonly skipPreview?: boolean;
  readonly diff?: boolean;
  readonly refresh?: boolean;
  readonly parallel?: number;
}

function onStack(command: Command): Command {
  return command
    .requiredOption("-s, --stack <name>", "the stack")
    .option("-C, --cwd <dir>", "the directory of Pulumi.yaml", ".");
}

function operation(
  parent: Command,
  name: string,
  description: string,
  run: (options: local.EngineOptions) => Promise<local.Result>,
): Command {
  const command = onStack(parent.command(name).description(description))
    .option("--expect-no-changes", "fail when there is anything to change")
    .option("--diff", "show the properties of every resource that is touched")
    .option("-p, --parallel <n>", "how many resources to work on at once", positiveInteger);
  if (name !== "preview") {
    command.option("-y, --yes", "do not ask").option("-f, --skip-preview", "do not look first");
  }
  return command.action(async (flags: Flags) => {
    const terminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
    if (name !== "preview" && !flags.yes && !terminal) {
      throw new Error("--yes or --skip-preview must be passed in to proceed when running in non-interactive mode");
    }
    const [interrupt, terminate] = [new AbortController(), new AbortController()];
    const onSignal = () => {
      if (interrupt.signal.aborted) return terminate.abort();
      process.stderr.write("interrupted: finishing what is under way; once more to give it up\n");
      interrupt.abort();
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
    try {
      await run({
        ...flags,
        onLine: print,
        colour: process.stdout.isTTY && !process.env.NO_COLOR,
        interrupt: interrupt.signal,
        terminate: terminate.signal,
        confirm: flags.yes ? undefined : () => confirm(name),
      });
    } catch (error) {
      if (!(error instanceof local.EngineError)) throw error;
      process.stderr.write(`error: ${error.message}\n`);
      process.exitCode = error.exitCode;
    } finally {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    }
  });
}

async function confirm(name: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(`Perform this ${name}? Only "yes" does: `)).trim() === "yes";
  } finally {
    terminal.close();
  }
}

function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("not a number of 1 or more");
  return number;
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8").replace(/\n$/, "");
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `oss-cname engine`: Pulumi programs with dynamic resources on a machine that has no Pulumi CLI. */
export const engine = new Command("engine").description(
  "run a Pulumi program with dynamic resources where there is no Pulumi CLI, on the CLI's own state files",
);
operation(engine, "preview", "show what up would change", local.preview).option(
  "--refresh",
  "read all resources again first",
);
operation(engine, "up", "make the stack what the program says", local.up).option(
  "-r, --refresh",
  "read all resources again first",
);
operation(engine, "refresh", "take over the state of the resources as they are now", local.refresh);
operation(engine, "destroy", "delete all resources of the stack", local.destroy);
onStack(engine.command("output [name]").description("show the stack's outputs"))
  .option("-j, --json", "as JSON")
  .option("--show-secrets", "secrets in clear")
  .action(async (name: string | undefined, flags: Flags & { json?: boolean; showSecrets?: boolean }) => {
    const outputs = await local.outputs(flags, flags.showSecrets);
    if (name !== undefined && !(name in outputs)) throw new Error(`the stack ${flags.stack} has no output ${name}`);
    const shown = name === undefined ? outputs : outputs[name];
    if (flags.json) print(JSON.stringify(shown, undefined, 2));
    else if (name !== undefined) print(asText(shown));
    else for (const [key, value] of Object.entries(outputs)) print(`${key}: ${asText(value)}`);
  });
const stack = engine.command("stack").description("manage stacks");
stack
  .command("init <name>")
  .description("create an empty stack")
  .option("-C, --cwd <dir>", "the directory of Pulumi.yaml", ".")
  .action(async (name: string, { cwd }: { cwd: string }) => {
    await local.initializeStack({ cwd, stack: name });
    print(`Created stack ${name}`);
  });
const config = engine.command("config").description("manage a stack's configuration");
onStack(config.command("set <key> [value]").description("set a value; without one, it is read from standard input"))
  .option("--secret", "encrypt the value")
  .option("--path", "the key is a path into a structured value")
  .action(async (key: string, value: string | undefined, flags: Flags & { secret?: boolean; path?: boolean }) => {
    await local.setConfig(flags, key, value ?? (await standardInput()), flags);
  });
engine.addHelpText("after", "\nExample:\n  oss-cname engine stack init dev && oss-cname engine up --stack dev --yes");
