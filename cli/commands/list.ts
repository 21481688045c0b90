import { Command, Option } from "commander";
import { daysLeft } from "../../provider/expiry";
import type { ListCnamesResult } from "../../provider/internal";
import { table } from "../../provider/table";
import { bucketNames } from "../arguments";
import { withConnection } from "../connection";
import { ExitStatus, withExitStatuses } from "../exitStatus";
import { type Io, now } from "../io";
import { daysCell, json, type OutputOptions, type Paint, painter, withOutput, write } from "../output";
import { withProgress } from "../progress";
import type { Place } from "../stacks/targets";

interface Options extends OutputOptions {
  readonly json?: boolean;
  readonly xml?: boolean;
  readonly certificates: boolean;
}

/** `oss-cname list`: what is bound to a bucket. */
export function listCommand(io: Io): Command {
  const list = new Command("list")
    .description("List the domains bound to buckets, their certificates and the days left on them")
    .argument(
      "[bucket...]",
      "names of the buckets, or oss://name (default: those that the stack configuration declares)",
      bucketNames,
    )
    .option("--json", "as JSON: an object for one bucket, a list of them otherwise")
    .addOption(new Option("--xml", "the XML of the reply, byte for byte; for one bucket").conflicts(["json"]))
    .option("--no-certificates", "leave certificates out")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  oss-cname list\n" +
        "  oss-cname list site --region cn-hangzhou\n" +
        "  oss-cname list oss://site --json | jq -r '.cnames[] | select(.certificate.daysLeft < 30).domain'\n" +
        "  pass show oss | oss-cname list site -e oss-cn-hangzhou.aliyuncs.com -i LTAI5t… -k -",
    )
    .action(async (names: string[] = [], options: Options, command: Command) => {
      const { certificates } = options;
      if (options.xml && !certificates)
        command.error("error: --xml gives the whole reply, so it cannot be used with --no-certificates");
      if (options.xml && names.length !== 1) command.error("error: --xml gives one reply: name one bucket");
      const { openTargets } = await import("../stacks/targets.js");
      const targets = await openTargets(command, io);
      const asked = names.length > 0 ? names.map((bucket) => targets.find({ bucket })) : targets.declared();
      for (const { run } of asked) targets.requirePlace(run);
      const { listings, failures } = await listAll(asked, certificates, io);
      const [first] = listings;
      if (names.length === 1 && first === undefined) throw failures[0]?.reason;
      const shown = { certificates, at: now(io), paint: painter(io, options), withBucket: names.length !== 1 };
      const results = () => listings.map((listing) => withDaysLeft(listing, now(io)));
      await write(
        io,
        options.xml && first !== undefined
          ? first.xml
          : options.json
            ? json(names.length === 1 ? results()[0] : results())
            : asTable(listings, shown),
        options,
      );
      for (const { bucket, reason } of failures) io.stderr.write(`oss-cname: ${bucket}: ${reason.message}\n`);
      if (failures.length > 0) io.exitCode = ExitStatus.failed;
    });
  withConnection(list);
  withOutput(list);
  return withExitStatuses(list, {
    [ExitStatus.failed]: "failure, or a bucket could not be listed: the rest is shown",
  });
}

type Listing = ListCnamesResult & { readonly xml: string };

async function listAll(targets: readonly (Place & { readonly bucket: string })[], certificates: boolean, io: Io) {
  const { queryCnames } = await import("../../provider/internal.js");
  let listed = 0;
  const work = targets.map(async ({ run, bucket }) => {
    try {
      return await queryCnames(run, { bucket, certificates });
    } catch (error) {
      return { bucket, reason: error as Error };
    } finally {
      listed++;
    }
  });
  const results = await withProgress(io, () => `listed ${listed} of ${targets.length} buckets`, Promise.all(work));
  return {
    listings: results.filter((result): result is Listing => !("reason" in result)),
    failures: results.filter((result) => "reason" in result),
  };
}

function withDaysLeft({ bucket, owner, cnames }: Listing, at: number): object {
  return {
    bucket,
    owner,
    cnames: cnames.map(({ certificate, ...cname }) => ({
      ...cname,
      ...(certificate && { certificate: { ...certificate, daysLeft: daysLeft(certificate.validTo, at) ?? null } }),
    })),
  };
}

function asTable(
  listings: readonly Listing[],
  shown: {
    readonly certificates: boolean;
    readonly at: number;
    readonly paint: Paint;
    readonly withBucket: boolean;
  },
): string {
  const { certificates, at, paint, withBucket } = shown;
  const row = (bucket: string, cells: readonly string[]) => (withBucket ? [bucket, ...cells] : cells);
  const heads = certificates
    ? ["DOMAIN", "STATUS", "CERTIFICATE", "EXPIRES", "DAYS LEFT"]
    : ["DOMAIN", "STATUS", "CHANGED"];
  const all = listings.flatMap(({ bucket, cnames }) => cnames.map((cname) => ({ ...cname, bucket })));
  const isLong = all.length > SCREEN;
  const rows = (isLong ? problemsFirst(all, at) : all).map(({ bucket, domain, status, lastModified, certificate }) =>
    row(
      bucket,
      certificates
        ? [
            domain,
            status,
            certificate?.certId ?? "",
            certificate?.validTo ?? "",
            daysCell(daysLeft(certificate?.validTo, at), paint),
          ]
        : [domain, status, lastModified],
    ),
  );
  return `${isLong ? `${numbers(all, listings.length)}\n\n` : ""}${table([row("BUCKET", heads), ...rows])}`;
}

/** More lines than one can overlook begin with how many there are of what, and with what needs a look. */
const SCREEN = 40;

type Bound = Pick<Listing["cnames"][number], "status" | "certificate">;

function numbers(all: readonly Bound[], buckets: number): string {
  const statuses = new Map<string, number>();
  for (const { status } of all) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const counts = [...statuses].map(([status, count]) => `${count} ${status}`);
  return `${all.length} domains in ${buckets} bucket${buckets === 1 ? "" : "s"}: ${counts.join(", ")}`;
}

function problemsFirst<Domain extends Bound>(all: readonly Domain[], at: number): Domain[] {
  const days = ({ certificate }: Domain) => daysLeft(certificate?.validTo, at) ?? Number.MAX_SAFE_INTEGER;
  const isEnabled = ({ status }: Domain) => (status === "Enabled" ? 1 : 0);
  return [...all].sort((one, other) => isEnabled(one) - isEnabled(other) || days(one) - days(other));
}
