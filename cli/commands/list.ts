import { Command, Option } from "commander";
import { daysLeft } from "../../provider/expiry";
import { type ListCnamesResult, queryCnames } from "../../provider/queries/query";
import { connect, withConnection } from "../connection";
import { daysCell } from "../daysLeft";
import { withExitStatuses } from "../exitStatus";
import { json, type OutputOptions, table, withOutput, write } from "../output";
import { withProgress } from "../progress";

interface Options extends OutputOptions {
  readonly json?: boolean;
  readonly xml?: boolean;
  readonly certificates: boolean;
}

/** `oss-cname list`: what is bound to a bucket. */
export const list = new Command("list")
  .description("List the domains bound to a bucket, with their certificates and the days these have left")
  .argument("<bucket>")
  .option("--json", "as JSON")
  .addOption(new Option("--xml", "the service's own bytes").conflicts(["json"]))
  .option("--no-certificates", "leave certificates out")
  .addHelpText(
    "after",
    "\nExamples:\n" +
      "  oss-cname list site --region cn-hangzhou\n" +
      "  oss-cname list site --json | jq -r '.cnames[] | select(.certificate.daysLeft < 30).domain'\n" +
      "  pass show oss | oss-cname list site -e oss-cn-hangzhou.aliyuncs.com -i LTAI5t… -k -",
  )
  .action(async (bucket: string, options: Options, command: Command) => {
    const { certificates } = options;
    if (options.xml && !certificates)
      command.error("error: --xml gives the service's own bytes, so it does not go with --no-certificates");
    const run = await connect(command);
    const listed = queryCnames(run, { bucket, certificates });
    const { xml, ...result } = await withProgress(() => `listing bucket ${bucket}`, listed);
    if (options.xml) return write(xml, options);
    write(options.json ? json(withDays(result)) : asTable(result, options), options);
  });
withConnection(list);
withOutput(list);
withExitStatuses(list);

function withDays({ cnames, ...rest }: ListCnamesResult): object {
  return {
    ...rest,
    cnames: cnames.map(({ certificate, ...cname }) => ({
      ...cname,
      ...(certificate && {
        certificate: { ...certificate, daysLeft: daysLeft(certificate.validTo, Date.now()) ?? null },
      }),
    })),
  };
}

function asTable({ cnames }: ListCnamesResult, options: Options): string {
  if (!options.certificates)
    return table([
      ["DOMAIN", "STATUS", "CHANGED"],
      ...cnames.map(({ domain, status, lastModified }) => [domain, status, lastModified]),
    ]);
  return table([
    ["DOMAIN", "STATUS", "CERTIFICATE", "ENDS", "DAYS LEFT"],
    ...cnames.map(({ domain, status, certificate }) => [
      domain,
      status,
      certificate?.certId ?? "",
      certificate?.validTo ?? "",
      daysCell(daysLeft(certificate?.validTo, Date.now()), options),
    ]),
  ]);
}
