import { Command, InvalidArgumentError } from "commander";
import { CRITICAL_DAYS, EXPIRES_SOON_DAYS } from "../../provider/expiry";
import type { Run } from "../../provider/run";
import { connect, runOf, withConnection } from "../connection";
import { ExitStatus, withExitStatuses } from "../exitStatus";
import { declaredPlaces, type Fleet, fleetOf, type Limits, type Place, stackFiles } from "../fleet";
import { json, type OutputOptions, withOutput, write } from "../output";
import { withProgress } from "../progress";

interface Options extends OutputOptions, Limits {
  readonly bucket?: string[];
  readonly config?: string[];
  readonly json?: boolean;
}

/** `oss-cname report`: when the certificates of a fleet end. */
export const report = new Command("report")
  .description("Show when certificates end, of all domains bound to some buckets, as one HTML page or as JSON")
  .showHelpAfterError("Buckets are given by --bucket; --help tells the rest.")
  .option("-b, --bucket <name...>", "the buckets (default: those that the stacks' configuration declares)")
  .option("--config <file...>", "stack configuration to take buckets from (default: every Pulumi.*.yaml here)")
  .option("--near-days <number>", "an end is near with less than this left", wholeNumber, EXPIRES_SOON_DAYS)
  .option("--critical-days <number>", "and critical with less than this", wholeNumber, CRITICAL_DAYS)
  .option("--json", "as JSON")
  .addHelpText(
    "after",
    "\nExamples:\n" +
      "  oss-cname report -o report.html --overwrite\n" +
      "  oss-cname report --bucket site shop --region cn-hangzhou --json | jq '.domains[0]'",
  )
  .action(async (options: Options, command: Command) => {
    const { run, places } = await placesOf(options, command);
    const { nearDays, criticalDays } = options;
    let listed = 0;
    const progress = () => `listed ${listed} of ${places.length} buckets`;
    const fleet = await withProgress(
      progress,
      fleetOf(run, places, { nearDays, criticalDays }, () => listed++),
    );
    if (options.json) write(json(fleet), options);
    else write((await import("../reportPage.js")).reportPage(fleet), options);
    for (const { bucket, reason } of fleet.failures) process.stderr.write(`oss-cname: ${bucket}: ${reason}\n`);
    process.exitCode = exitStatus(fleet);
  });
withConnection(report);
withOutput(report);
withExitStatuses(report, {
  [ExitStatus.failed]: "some bucket could not be listed (the rest is reported all the same), or nothing could be done",
  [ExitStatus.attention]: "a certificate's end is near, or cannot be read",
  [ExitStatus.wrong]: "a certificate's end is critical, or past",
});

async function placesOf({ bucket, config }: Options, command: Command): Promise<{ run: Run; places: Place[] }> {
  if (bucket !== undefined)
    return { run: await connect(command), places: [...new Set(bucket)].map((name) => ({ bucket: name })) };
  const files = config ?? stackFiles(".");
  // The same bucket is asked once, whatever stacks and domains it serves.
  const places = new Map(files.flatMap(declaredPlaces).map((place) => [JSON.stringify(place), place]));
  if (places.size === 0)
    command.error(
      `error: ${files.length === 0 ? "there is no Pulumi.<stack>.yaml here" : `no oss-cname:domains in ${files.join(", ")}`}: give --bucket`,
    );
  return { run: await runOf(command), places: [...places.values()] };
}

function exitStatus({ domains, failures }: Fleet): number {
  const has = (...states: string[]) => domains.some(({ state }) => states.includes(state));
  if (failures.length > 0) return ExitStatus.failed;
  return has("ended", "critical") ? ExitStatus.wrong : has("near", "unknown") ? ExitStatus.attention : 0;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
