import { Command } from "commander";
import { CRITICAL_DAYS, EXPIRES_SOON_DAYS } from "../../provider/expiry";
import { bucketNames, wholeNumber } from "../arguments";
import { withConnection } from "../connection";
import { ExitStatus, withExitStatuses } from "../exitStatus";
import { type Io, now } from "../io";
import { json, type OutputOptions, withOutput, write } from "../output";
import { withProgress } from "../progress";
import type { Fleet, Limits } from "../report/fleet";
import { readRenewals, STATE_OPTION } from "../stacks/renewals";

interface Options extends OutputOptions, Limits {
  readonly bucket?: string[];
  readonly state?: string[];
  readonly json?: boolean;
}

/** `oss-cname report`: when the certificates of many domains expire. */
export function reportCommand(io: Io): Command {
  const report = new Command("report")
    .description("Show when the certificates of all domains of some buckets expire, as an HTML page or as JSON")
    .showHelpAfterError("Name the buckets with --bucket; see --help.")
    .option("-b, --bucket <name...>", "buckets (default: those that the stack configuration declares)", bucketNames)
    .option(
      "--near-days <number>",
      "a certificate with fewer days left than this is near its expiry",
      wholeNumber,
      EXPIRES_SOON_DAYS,
    )
    .option(
      "--critical-days <number>",
      "a certificate with fewer days left than this is critical",
      wholeNumber,
      CRITICAL_DAYS,
    )
    .option(...STATE_OPTION)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  oss-cname report -o report.html --overwrite\n" +
        "  pulumi stack export --file state.json && oss-cname report --state state.json -o report.html\n" +
        "  oss-cname report --bucket site shop --region cn-hangzhou --json | jq '.domains[0]'",
    )
    .action(async (options: Options, command: Command) => {
      if (!options.json && options.output === undefined && io.stdout.isTTY)
        command.error("error: the HTML page is not for a terminal: give a file, such as -o report.html, or --json");
      const { nearDays, criticalDays, bucket: names } = options;
      const renewals = await readRenewals(options.state);
      const { openTargets } = await import("../stacks/targets.js");
      const targets = await openTargets(command, io);
      const buckets = names === undefined ? targets.declared() : names.map((bucket) => targets.find({ bucket }));
      for (const { run } of buckets) targets.requirePlace(run);
      let listed = 0;
      const progress = () => `listed ${listed} of ${buckets.length} buckets`;
      const { readFleet } = await import("../report/fleet.js");
      const fleet = await withProgress(
        io,
        progress,
        readFleet(buckets, { nearDays, criticalDays }, now(io), renewals, () => listed++),
      );
      const text = options.json ? json(fleet) : (await import("../report/page.js")).reportPage(fleet);
      await write(io, text, options);
      for (const { bucket, reason } of fleet.failures) io.stderr.write(`oss-cname: ${bucket}: ${reason}\n`);
      io.exitCode = exitStatus(fleet);
    });
  withConnection(report);
  withOutput(report);
  return withExitStatuses(report, {
    [ExitStatus.failed]: "failure, or a bucket could not be listed: the report has the rest",
    [ExitStatus.attention]:
      "a certificate is near its expiry or was not renewed in time, or its expiry could not be read",
    [ExitStatus.wrong]: "a certificate is critical or has expired",
  });
}

function exitStatus({ domains, failures }: Fleet): number {
  const has = (...states: string[]) => domains.some(({ state }) => states.includes(state));
  if (failures.length > 0) return ExitStatus.failed;
  return has("expired", "critical") ? ExitStatus.wrong : has("near", "unknown") ? ExitStatus.attention : 0;
}
