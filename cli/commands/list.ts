import { Command, Option } from "commander";
import { daysLeft } from "../../provider/expiry";
import type { ListCnamesResult } from "../../provider/internal";
import { table } from "../../provider/table";
import { bucketName } from "../arguments";
import { connect, withConnection } from "../connection";
import { withExitStatuses } from "../exitStatus";
import type { Io } from "../io";
import { daysCell, json, type OutputOptions, type Paint, painter, withOutput, write } from "../output";
import { withProgress } from "../progress";

interface Options extends OutputOptions {
  readonly json?: boolean;
  readonly xml?: boolean;
  readonly certificates: boolean;
}

/** `oss-cname list`: what is bound to a bucket. */
export function listCommand(io: Io): Command {
  const list = new Command("list")
    .description("List the domains bound to a bucket, their certificates and the days left on them")
    .argument("<bucket>", "name of the bucket, or oss://name", bucketName)
    .option("--json", "as JSON")
    .addOption(new Option("--xml", "the XML of the reply, byte for byte").conflicts(["json"]))
    .option("--no-certificates", "leave certificates out")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  oss-cname list site --region cn-hangzhou\n" +
        "  oss-cname list oss://site --json | jq -r '.cnames[] | select(.certificate.daysLeft < 30).domain'\n" +
        "  pass show oss | oss-cname list site -e oss-cn-hangzhou.aliyuncs.com -i LTAI5t… -k -",
    )
    .action(async (bucket: string, options: Options, command: Command) => {
      const { certificates } = options;
      if (options.xml && !certificates)
        command.error("error: --xml gives the whole reply, so it cannot be used with --no-certificates");
      const run = await connect(command, io);
      const { queryCnames } = await import("../../provider/internal.js");
      const listing = queryCnames(run, { bucket, certificates });
      const { xml, ...result } = await withProgress(io, () => `listing bucket ${bucket}`, listing);
      const now = run.clock.now();
      const text = () =>
        options.json ? json(withDaysLeft(result, now)) : asTable(result, certificates, now, painter(io, options));
      await write(io, options.xml ? xml : text(), options);
    });
  withConnection(list);
  withOutput(list);
  return withExitStatuses(list);
}

function withDaysLeft({ cnames, ...rest }: ListCnamesResult, now: number): object {
  return {
    ...rest,
    cnames: cnames.map(({ certificate, ...cname }) => ({
      ...cname,
      ...(certificate && { certificate: { ...certificate, daysLeft: daysLeft(certificate.validTo, now) ?? null } }),
    })),
  };
}

function asTable({ cnames }: ListCnamesResult, certificates: boolean, now: number, paint: Paint): string {
  if (!certificates)
    return table([
      ["DOMAIN", "STATUS", "CHANGED"],
      ...cnames.map(({ domain, status, lastModified }) => [domain, status, lastModified]),
    ]);
  return table([
    ["DOMAIN", "STATUS", "CERTIFICATE", "EXPIRES", "DAYS LEFT"],
    ...cnames.map(({ domain, status, certificate }) => [
      domain,
      status,
      certificate?.certId ?? "",
      certificate?.validTo ?? "",
      daysCell(daysLeft(certificate?.validTo, now), paint),
    ]),
  ]);
}
