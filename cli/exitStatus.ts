import type { Command } from "commander";

/** What the command ends with, for scripts. */
export const ExitStatus = {
  failed: 1,
  usage: 2,
  attention: 3,
  wrong: 4,
} as const;

/** Says in the help what each status means for this command. */
export function withExitStatuses(command: Command, more: Readonly<Record<number, string>> = {}): Command {
  const meanings = {
    0: "all is well",
    [ExitStatus.failed]: "it could not be done: refused, no answer, a file in the way",
    [ExitStatus.usage]: "the command was not understood, and nothing was done",
    ...more,
  };
  const lines = Object.entries(meanings).map(([status, meaning]) => `  ${status}  ${meaning}`);
  return command.addHelpText("after", `\nExit status:\n${lines.join("\n")}`);
}
