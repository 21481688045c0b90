import { Command, Option } from "commander";
import type { Diagnosis } from "../../provider/internal";
import { bucketName, hostAndPort, wholeNumber } from "../arguments";
import { withConnection } from "../connection";
import { ExitStatus, withExitStatuses } from "../exitStatus";
import type { Io } from "../io";
import { json, type OutputOptions, painter, withOutput, write } from "../output";
import { withProgress } from "../progress";
import { readRenewals, STATE_OPTION } from "../stacks/renewals";

interface Options extends OutputOptions {
  readonly all?: boolean;
  readonly bucket?: string;
  readonly connectTo?: string;
  readonly accessKeyId?: string;
  readonly wait: number;
  readonly state?: string[];
  readonly json?: boolean;
}

/** `oss-cname doctor`: why a domain does not work. */
export function doctorCommand(io: Io): Command {
  const doctor = new Command("doctor")
    .description("Check everything that a domain needs, and say how to fix what is wrong. Changes nothing.")
    .argument("[domain]", "the domain to check; left out with --all")
    .option("--all", "check every domain that the stack configuration declares")
    .addOption(
      new Option(
        "-b, --bucket <name>",
        "bucket that should serve the domain (default: the declared one, else the one that its CNAME record leads to)",
      )
        .argParser(bucketName)
        .conflicts("all"),
    )
    .option(
      "--dns-server <host:port...>",
      "DNS servers to ask (default: oss-cname:dnsServers of the stack, else those of the zone)",
    )
    .option(
      "--connect-to <host:port>",
      "where to look for the certificate that is served (default: the domain, port 443)",
      hostAndPort,
    )
    .option(
      "--wait <seconds>",
      "while something is wrong, check again every ten seconds, for up to this long",
      wholeNumber,
      0,
    )
    .option(...STATE_OPTION)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  oss-cname doctor www.example.com\n" +
        "  oss-cname doctor --all --wait 600\n" +
        "  oss-cname doctor www.example.com --bucket site --region cn-hangzhou --json | jq '.findings[] | select(.state != \"right\")'",
    )
    .action(async (domain: string | undefined, options: Options, command: Command) => {
      if ((domain === undefined) === (options.all !== true)) command.error("error: give a domain, or --all");
      const diagnoses = await (domain === undefined
        ? diagnoseDeclared(options, command, io)
        : diagnoseOne(domain, options, command, io));
      const { countsOf, findingLines, overview, stateOf, worstFirst, worstOf } = await import("../doctor/text.js");
      const state = worstOf(diagnoses.map(stateOf));
      const paint = painter(io, options);
      const withState = (diagnosis: Diagnosis) => ({ state: stateOf(diagnosis), ...diagnosis });
      const [only] = diagnoses;
      const text =
        domain !== undefined && only !== undefined
          ? options.json
            ? json(withState(only))
            : findingLines(only.findings, paint)
          : options.json
            ? json({ state, counts: countsOf(diagnoses), domains: worstFirst(diagnoses).map(withState) })
            : overview(diagnoses, paint);
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

async function diagnoseOne(given: string, options: Options, command: Command, io: Io): Promise<Diagnosis[]> {
  const { diagnose, domainProblem, foldName } = await import("../../provider/internal.js");
  const domain = foldName(given);
  const problem = domainProblem(domain);
  if (problem !== undefined) command.error(`error: ${problem}`);
  const [{ openTargets }, { waitUntilFine }] = await Promise.all([
    import("../stacks/targets.js"),
    import("../doctor/wait.js"),
  ]);
  const { run, bucket } = (await openTargets(command, io)).find({ domain, bucket: options.bucket });
  const wanted = { domain, bucket, ...(await asked(options)) };
  const look = async () => [await diagnose(run, wanted)];
  return withProgress(io, () => `checking ${domain}`, waitUntilFine(look, run.clock, options.wait));
}

async function diagnoseDeclared(options: Options, command: Command, io: Io): Promise<Diagnosis[]> {
  const [{ diagnoseAll }, { openTargets }, { waitUntilFine }] = await Promise.all([
    import("../../provider/internal.js"),
    import("../stacks/targets.js"),
    import("../doctor/wait.js"),
  ]);
  const targets = (await openTargets(command, io)).declared();
  const count = targets.reduce((sum, { domains }) => sum + domains.size, 0);
  const how = await asked(options);
  let checked = 0;
  const look = (open?: ReadonlySet<string>) => {
    checked = open === undefined ? 0 : count - open.size;
    const buckets = targets.map(({ domains, ...target }) => ({
      ...target,
      domains: [...domains].filter((domain) => open?.has(domain) ?? true),
    }));
    const wanted = buckets.filter(({ domains }) => domains.length > 0);
    return diagnoseAll(wanted, how, () => checked++);
  };
  const [first] = targets;
  if (first === undefined) return [];
  const progress = () => `checked ${checked} of ${count} domains`;
  return withProgress(io, progress, waitUntilFine(look, first.run.clock, options.wait));
}

async function asked({ connectTo, accessKeyId, state }: Options) {
  const keySource = accessKeyId === undefined ? undefined : "the options -i and -k";
  return { connectTo, keySource, renewals: await readRenewals(state) };
}
