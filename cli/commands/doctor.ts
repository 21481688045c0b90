import { Command, InvalidArgumentError } from "commander";
import type { Diagnosis } from "../../provider/diagnosis/diagnose";
import type { Finding } from "../../provider/diagnosis/finding";
import { domainProblem, foldName } from "../../provider/names";
import { runOf, withConnection } from "../connection";
import { ExitStatus, withExitStatuses } from "../exitStatus";
import { json, type OutputOptions, paint, withOutput, write } from "../output";
import { withProgress } from "../progress";

interface Options extends OutputOptions {
  readonly bucket?: string;
  readonly connectTo?: string;
  readonly json?: boolean;
}

/** `oss-cname doctor`: why a domain is not served. */
export const doctor = new Command("doctor")
  .description(
    "Look at everything that a domain needs to be served, and say how to fix what is wrong. Changes nothing.",
  )
  .argument("<domain>")
  .option("-b, --bucket <name>", "bucket it belongs to (default: the one that its CNAME record leads to)")
  .option("--dns-server <host:port...>", "ask these DNS servers in place of the zone's own")
  .option(
    "--connect-to <host:port>",
    "look there for the certificate that is served (default: the domain, port 443)",
    hostAndPort,
  )
  .option("--json", "as JSON")
  .addHelpText(
    "after",
    "\nExamples:\n" +
      "  oss-cname doctor www.example.com\n" +
      "  oss-cname doctor www.example.com --bucket site --region cn-hangzhou --json | jq '.findings[] | select(.state != \"right\")'",
  )
  .action(async (given: string, options: Options, command: Command) => {
    const domain = foldName(given);
    const problem = domainProblem(domain);
    if (problem !== undefined) command.error(`error: ${problem}`);
    const run = await runOf(command);
    const { diagnose } = await import("../../provider/diagnosis/diagnose.js");
    const { bucket, connectTo } = options;
    const diagnosis = await withProgress(() => `looking at ${domain}`, diagnose(run, { domain, bucket, connectTo }));
    const state = worst(diagnosis);
    write(options.json ? json({ state, ...diagnosis }) : asLines(diagnosis, options), options);
    process.exitCode = { right: 0, unknown: ExitStatus.attention, wrong: ExitStatus.wrong }[state];
  });
withConnection(doctor);
withOutput(doctor);
withExitStatuses(doctor, {
  [ExitStatus.attention]: "nothing is wrong as far as can be seen, but something is unknown",
  [ExitStatus.wrong]: "something is wrong",
});

function worst({ findings }: Diagnosis): Finding["state"] {
  return (["wrong", "unknown"] as const).find((state) => findings.some((one) => one.state === state)) ?? "right";
}

const COLOURS = { right: "green", wrong: "red", unknown: "yellow" } as const;
const INDENT = " ".repeat(30);
const indented = (text: string) => text.replace(/\n/g, `\n${INDENT}`);

function asLines({ findings }: Diagnosis, options: Options): string {
  const lines = findings.flatMap(({ check, state, text, fix }) => [
    `${paint(COLOURS[state], state.padEnd(9), options)}${check.padEnd(21)}${indented(text)}`,
    ...(fix === undefined ? [] : [`${INDENT}Next: ${indented(fix)}`]),
  ]);
  return `${lines.join("\n")}\n`;
}

function hostAndPort(text: string): string {
  if (!/^([^:[\]]+|\[.+\]):\d{1,5}$/.test(text)) throw new InvalidArgumentError("It must be host:port.");
  return text;
}
