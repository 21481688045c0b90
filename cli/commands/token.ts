import { Command, Option } from "commander";
import type { GetCnameTokenResult } from "../../provider/internal";
import { table } from "../../provider/table";
import { bucketName } from "../arguments";
import { withConnection } from "../connection";
import { withExitStatuses } from "../exitStatus";
import type { Io } from "../io";
import { json, type OutputOptions, withOutput, write } from "../output";
import { withProgress } from "../progress";

interface Options extends OutputOptions {
  readonly json?: boolean;
  readonly xml?: boolean;
}

/** `oss-cname token`: the token that proves ownership of a domain. */
export function tokenCommand(io: Io): Command {
  const token = new Command("token")
    .description("Show the valid token of a domain, and the TXT record that must contain it. Never creates a token.")
    .usage("[options] [bucket] <domain>")
    .argument(
      "<bucket>",
      "name of the bucket, or oss://name (default: the one that the stack configuration declares)",
      bucketName,
    )
    .argument("[domain]")
    .option("--json", "as JSON")
    .addOption(new Option("--xml", "the XML of the reply, byte for byte").conflicts("json"))
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  oss-cname token www.example.com\n" +
        "  oss-cname token site www.example.com --region cn-hangzhou\n" +
        "  oss-cname token site www.example.com -e oss-cn-hangzhou.aliyuncs.com --json | jq -r .token",
    )
    .action(async (first: string, second: string | undefined, options: Options, command: Command) => {
      const domain = second ?? first;
      const { openTargets } = await import("../stacks/targets.js");
      const targets = await openTargets(command, io);
      const { run, bucket } = targets.find({ domain, bucket: second === undefined ? undefined : first });
      if (bucket === undefined) command.error(`error: name the bucket: no stack configuration here declares ${domain}`);
      targets.requirePlace(run);
      const { isOssError, queryCnameToken } = await import("../../provider/internal.js");
      const found = queryCnameToken(run, { bucket, domain }).catch((error: unknown) => {
        if (!isOssError(error, "CnameTokenNotFound")) throw error;
        throw error.withRemedy("declare the domain and run `pulumi up`, which creates a token if one is needed.");
      });
      const { xml, ...result } = await withProgress(io, () => `asking for the token of ${domain}`, found);
      await write(io, options.xml ? xml : options.json ? json(result) : asTable(result), options);
    });
  withConnection(token);
  withOutput(token);
  return withExitStatuses(token);
}

function asTable({ bucket, domain, token, expireTime, txtRecord }: GetCnameTokenResult): string {
  return table([
    ["BUCKET", "DOMAIN", "TOKEN", "EXPIRES", "TXT RECORD"],
    [bucket, domain, token, expireTime, txtRecord.name],
  ]);
}
