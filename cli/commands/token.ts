import { Command, Option } from "commander";
import { isOssError } from "../../provider/oss/error";
import { type GetCnameTokenResult, queryCnameToken } from "../../provider/queries/query";
import { connect, withConnection } from "../connection";
import { withExitStatuses } from "../exitStatus";
import { json, type OutputOptions, table, withOutput, write } from "../output";
import { withProgress } from "../progress";

interface Options extends OutputOptions {
  readonly json?: boolean;
  readonly xml?: boolean;
}

/** `oss-cname token`: the proof of ownership that OSS expects in DNS. */
export const token = new Command("token")
  .description("Show the valid token of a domain, and the TXT record it belongs in. Makes none.")
  .argument("<bucket>")
  .argument("<domain>")
  .option("--json", "as JSON")
  .addOption(new Option("--xml", "the service's own bytes").conflicts("json"))
  .addHelpText(
    "after",
    "\nExamples:\n" +
      "  oss-cname token site www.example.com --region cn-hangzhou\n" +
      "  oss-cname token site www.example.com -e oss-cn-hangzhou.aliyuncs.com --json | jq -r .token",
  )
  .action(async (bucket: string, domain: string, options: Options, command: Command) => {
    const run = await connect(command);
    const found = queryCnameToken(run, { bucket, domain }).catch(explain);
    const { xml, ...result } = await withProgress(() => `asking for the token of ${domain}`, found);
    if (options.xml) return write(xml, options);
    write(options.json ? json(result) : asTable(result), options);
  });
withConnection(token);
withOutput(token);
withExitStatuses(token);

function asTable({ bucket, domain, token: value, expireTime, txtRecord }: GetCnameTokenResult): string {
  return table([
    ["BUCKET", "DOMAIN", "TOKEN", "EXPIRES", "TXT RECORD"],
    [bucket, domain, value, expireTime, txtRecord.name],
  ]);
}

function explain(error: Error): never {
  if (!isOssError(error, "CnameTokenNotFound")) throw error;
  throw new Error(
    `${error.message} Declare the domain and run \`pulumi up\`, which makes a token where one is needed.`,
  );
}
