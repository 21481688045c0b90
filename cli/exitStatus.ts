import type { Command } from "commander";

/** Exit statuses, for scripts. */
export const ExitStatus = {
  failed: 1,
  usage: 2,
  attention: 3,
  wrong: 4,
} as const;

/** Lists in the help what each exit status means for this command. */
export function withExitStatuses(command: Command, more: Readonly<Record<number, string>> = {}): Command {
  const meanings = {
    0: "success",
    [ExitStatus.failed]: "failure: refused, no reply, or a file in the way",
    [ExitStatus.usage]: "the command line was not understood; nothing was done",
    ...more,
  };
  const lines = Object.entries(meanings).map(([status, meaning]) => `  ${status}  ${meaning}`);
  return command.addHelpText("after", `\nExit status:\n${lines.join("\n")}`);
}
