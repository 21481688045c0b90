import { Command, CommanderError } from "commander";
import { adopt } from "./commands/adopt";
import { doctor } from "./commands/doctor";
import { emulate } from "./commands/emulate";
import { engine } from "./commands/engine";
import { list } from "./commands/list";
import { report } from "./commands/report";
import { token } from "./commands/token";
import { ExitStatus } from "./exitStatus";

const program = new Command("oss-cname").description("Own domains on Alibaba Cloud OSS buckets").showHelpAfterError();

program.addCommand(token);
program.addCommand(list);
program.addCommand(adopt);
program.addCommand(doctor);
program.addCommand(report);
program.addCommand(emulate);
program.addCommand(engine);
throwInsteadOfExit(program);

// Whoever reads may stop when it has enough, as head does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

program.parseAsync().catch((error: Error) => {
  if (error instanceof CommanderError) {
    // Commander has said it already.
    process.exitCode = error.exitCode === 0 ? 0 : ExitStatus.usage;
    return;
  }
  process.stderr.write(`oss-cname: ${error.message}\n`);
  process.exitCode = "exitCode" in error ? Number(error.exitCode) : ExitStatus.failed;
});

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwInsteadOfExit(inner);
}
