import { Command } from "commander";
import type { Diagnosis, Finding } from "../../provider/internal";
import { bucketName, hostAndPort } from "../arguments";
import { withConnection } from "../connection";
import { ExitStatus, withExitStatuses } from "../exitStatus";
import type { Io } from "../io";
import { json, type OutputOptions, type Paint, painter, withOutput, write } from "../output";
import { withProgress } from "../progress";

interface Options extends OutputOptions {
  readonly bucket?: string;
  readonly connectTo?: string;
  readonly accessKeyId?: string;
  readonly json?: boolean;
}

/** `oss-cname doctor`: why a domain does not work. */
export function doctorCommand(io: Io): Command {
  const doctor = new Command("doctor")
    .description("Check everything that a domain needs, and say how to fix what is wrong. Changes nothing.")
    .argument("<domain>")
    .option(
      "-b, --bucket <name>",
      "bucket that should serve the domain (default: the declared one, else the one that its CNAME record leads to)",
      bucketName,
    )
    .option("--dns-server <host:port...>", "DNS servers to ask (default: those of the zone)")
    .option(
      "--connect-to <host:port>",
      "where to look for the certificate that is served (default: the domain, port 443)",
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
      const { diagnose, domainProblem, foldName } = await import("../../provider/internal.js");
      const domain = foldName(given);
      const problem = domainProblem(domain);
      if (problem !== undefined) command.error(`error: ${problem}`);
      const { openTargets } = await import("../stacks/targets.js");
      const { run, bucket } = (await openTargets(command, io)).find({ domain, bucket: options.bucket });
      const { connectTo, accessKeyId } = options;
      const keySource = accessKeyId === undefined ? undefined : "the options -i and -k";
      const work = diagnose(run, { domain, bucket, connectTo, keySource });
      const diagnosis = await withProgress(io, () => `checking ${domain}`, work);
      const state = worstState(diagnosis);
      const text = options.json ? json({ state, ...diagnosis }) : asLines(diagnosis, painter(io, options));
      await write(io, text, options);
      io.exitCode = { right: 0, unknown: ExitStatus.attention, wrong: ExitStatus.wrong }[state];
    });
  withConnection(doctor);
  withOutput(doctor);
  return withExitStatuses(doctor, {
    [ExitStatus.attention]: "nothing is wrong, but something could not be checked",
    [ExitStatus.wrong]: "something is wrong",
  });
}

function worstState({ findings }: Diagnosis): Finding["state"] {
  const found = findings.map(({ state }) => state);
  return (["wrong", "unknown"] as const).find((state) => found.includes(state)) ?? "right";
}

const COLOURS = { right: "green", wrong: "red", unknown: "yellow" } as const;
const INDENT = " ".repeat(30);

function asLines({ findings }: Diagnosis, paint: Paint): string {
  const indented = (text: string) => text.replace(/\n/g, `\n${INDENT}`);
  const lines = findings.flatMap(({ check, state, text, fix }) => [
    `${paint(COLOURS[state], state.padEnd(9))}${check.padEnd(21)}${indented(text)}`,
    ...(fix === undefined ? [] : [`${INDENT}Next: ${indented(fix)}`]),
  ]);
  return `${lines.join("\n")}\n`;
}
