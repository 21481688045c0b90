import { Command, CommanderError } from "commander";
import { acmeAccountCommand } from "./commands/acmeAccount";
import { adoptCommand } from "./commands/adopt";
import { doctorCommand } from "./commands/doctor";
import { emulateCommand } from "./commands/emulate";
import { engine } from "./commands/engine";
import { listCommand } from "./commands/list";
import { reportCommand } from "./commands/report";
import { tokenCommand } from "./commands/token";
import { ExitStatus } from "./exitStatus";
import type { Io } from "./io";

/** Runs `oss-cname` with these arguments. Failures are written to standard error and set the exit status. */
export async function runCommand(args: readonly string[], io: Io): Promise<void> {
  try {
    await createProgram(io).parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has written its message already.
      io.exitCode = error.exitCode === 0 ? 0 : ExitStatus.usage;
      return;
    }
    const { message, exitCode = ExitStatus.failed } = error as Error & { exitCode?: number };
    io.stderr.write(`oss-cname: ${message}\n`);
    io.exitCode = exitCode;
  }
}

function createProgram(io: Io): Command {
  const program = new Command("oss-cname")
    .description("Custom domains on Alibaba Cloud OSS buckets")
    .version(packageVersion(), "--version", "show the version of this package")
    .showHelpAfterError();
  for (const create of [
    tokenCommand,
    listCommand,
    adoptCommand,
    doctorCommand,
    reportCommand,
    acmeAccountCommand,
    emulateCommand,
  ])
    program.addCommand(create(io));
  program.addCommand(engine);
  prepare(program, io);
  return program;
}

/** Makes a command and those below it throw instead of ending the process, and write where `io` says. */
function prepare(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
  });
  for (const inner of command.commands) prepare(inner, io);
}

function packageVersion(): string {
  return (require("pulumi-oss-cname/package.json") as { version: string }).version;
}
