import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { Command, InvalidArgumentError, Option } from "commander";
import type { EngineOptions } from "../../engine/engine";

/** `oss-cname engine`: Pulumi programs with dynamic resources on a machine that has no Pulumi CLI. */
export const engine = new Command("engine")
  .description(
    "Run a Pulumi program with dynamic resources without the Pulumi CLI, on the same state files. For tests.",
  )
  .addHelpText("after", "\nExample:\n  oss-cname engine stack init dev && oss-cname engine up --stack dev --yes")
  .showHelpAfterError("This engine does less than the Pulumi CLI. For anything else, use the CLI.");

operation("preview", "show what up would change");
operation("up", "make the stack match the program");
operation("refresh", "read the resources again into the state");
operation("destroy", "delete all resources of the stack");

onStack(engine.command("output [name]").description("show the stack's outputs"))
  .option("-j, --json", "as JSON")
  .option("--show-secrets", "show secrets in clear")
  .action(async (name: string | undefined, flags: StackFlags & { json?: boolean; showSecrets?: boolean }) => {
    const outputs = await (await library()).outputs(flags, flags.showSecrets);
    if (name !== undefined && !(name in outputs)) throw new Error(`the stack ${flags.stack} has no output ${name}`);
    const shown = name === undefined ? outputs : outputs[name];
    if (flags.json) print(JSON.stringify(shown, undefined, 2));
    else if (name !== undefined) print(asText(shown));
    else for (const [key, value] of Object.entries(outputs)) print(`${key}: ${asText(value)}`);
  });

onStack(
  engine.command("stack").description("manage stacks").command("init <name>").description("create an empty stack"),
  false,
).action(async (stack: string, { cwd }: StackFlags) => {
  await (await library()).initializeStack({ cwd, stack });
  print(`Created stack ${stack}`);
});

onStack(
  engine
    .command("config")
    .description("manage a stack's configuration")
    .command("set <key> [value]")
    .description("set a value; without one, it is read from standard input"),
)
  .option("--secret", "encrypt the value")
  .option("--plaintext", "keep the value in clear (the default)")
  .option("--path", "the key is a path into a structured value")
  .action(async (key: string, value: string | undefined, flags: StackFlags & { secret?: boolean; path?: boolean }) => {
    const given = value ?? (await text(process.stdin)).replace(/\n$/, "");
    await (await library()).setConfig(flags, key, given, flags);
  });

interface StackFlags {
  readonly stack: string;
  readonly cwd: string;
}

type OperationFlags = StackFlags &
  Pick<EngineOptions, "expectNoChanges" | "skipPreview" | "diff" | "refresh" | "parallel"> & { readonly yes?: boolean };

function operation(name: "preview" | "up" | "refresh" | "destroy", description: string): Command {
  const command = onStack(engine.command(name).description(description))
    .option("--diff", "show the properties of every resource that changes")
    .option("-p, --parallel <n>", "how many resources to work on at once", positiveInteger);
  if (name !== "refresh") command.option("-r, --refresh", "read all resources again first");
  if (name !== "destroy") command.option("--expect-no-changes", "fail if there is anything to change");
  if (name !== "preview")
    command
      .option("-y, --yes", "do not ask for confirmation")
      .option("-f, --skip-preview", "do not preview, and do not ask");
  return command.action(async (flags: OperationFlags) => {
    const yes = flags.yes || /^(1|true)$/i.test(process.env.PULUMI_SKIP_CONFIRMATIONS ?? "");
    const sure = name === "preview" || yes || flags.skipPreview;
    const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
    if (!sure && !isTerminal)
      command.error("error: there is no terminal for the question: pass --yes or --skip-preview");
    const local = await library();
    const [interrupt, terminate] = [new AbortController(), new AbortController()];
    const onSignal = () => {
      if (interrupt.signal.aborted) return terminate.abort();
      process.stderr.write("interrupted: finishing what is under way; interrupt again to give up\n");
      interrupt.abort();
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) process.on(signal, onSignal);
    // If the output is closed, the operation still finishes what is under way and releases its lock.
    for (const stream of [process.stdout, process.stderr])
      stream.removeAllListeners("error").on("error", () => interrupt.abort());
    try {
      await local[name]({
        ...flags,
        onLine: print,
        colour: process.stdout.isTTY && !process.env.NO_COLOR,
        interrupt: interrupt.signal,
        terminate: terminate.signal,
        createStack: async () => {
          if (name === "up" && yes) return true;
          const question = `The stack ${flags.stack} does not exist. Press Enter to create it, or Ctrl-C: `;
          return isTerminal && (await ask(question, interrupt.signal)) === "";
        },
        ...(!sure && {
          confirm: async () => (await ask(`Perform this ${name}? Type "yes" to confirm: `, interrupt.signal)) === "yes",
        }),
      });
    } catch (error) {
      if (!(error instanceof local.EngineError)) throw error;
      process.stderr.write(`error: ${error.message}\n`);
      process.exitCode = error.exitCode;
    } finally {
      for (const signal of signals) process.off(signal, onSignal);
    }
  });
}

function onStack(command: Command, named = true): Command {
  if (named) command.addOption(new Option("-s, --stack <name>", "the stack").env("PULUMI_STACK").makeOptionMandatory());
  return command.option("-C, --cwd <dir>", "the directory of Pulumi.yaml", ".");
}

/** Loaded when it is used: the other commands start faster without gRPC. */
function library() {
  return import("../../engine/engine.js");
}

/** The answer at the terminal; undefined if it was interrupted. */
async function ask(question: string, interrupt: AbortSignal): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  interrupt.addEventListener("abort", () => terminal.close());
  // Ctrl-C and Ctrl-D close it, and leave the question open for ever.
  const closed = once(terminal, "close").then(() => undefined);
  try {
    const answer = await Promise.race([terminal.question(question), closed]);
    return answer?.trim();
  } finally {
    terminal.close();
  }
}

function positiveInteger(given: string): number {
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("It must be a whole number of at least 1.");
  return number;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
