import { text } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { resolveLocation } from "../provider/config/location";
import { settingProblems } from "../provider/config/settings";
import { Run } from "../provider/run";

/** Where to ask and as whom, as the options say it. */
export interface ConnectionOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly stsToken?: string;
  readonly profile?: string;
  readonly signVersion?: "v4" | "v1";
  readonly dnsServer?: string[];
}

/** Options by the names and letters that ossutil has. */
export function withConnection(command: Command): Command {
  return command
    .option("-e, --endpoint <host>", "OSS endpoint (default: the public one of the region)")
    .option("--region <region>", "region of the bucket, such as cn-hangzhou (default: ALICLOUD_REGION)")
    .option("-i, --access-key-id <id>", "access key to sign with")
    .option("-k, --access-key-secret <secret>", "its secret; - reads it from standard input")
    .option("-t, --sts-token <token>", "its security token, if it has one; - reads it from standard input, one line")
    .option("--profile <name>", "profile of the Alibaba Cloud CLI")
    .addOption(new Option("--sign-version <version>", "signature version").choices(["v4", "v1"]).default("v4"))
    .addHelpText(
      "after",
      "\nWithout -i and --profile the access key comes from ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY (or the names of\n" +
        "other Alibaba Cloud tools), else from the official credential chain: always whole from one source. What stands in\n" +
        "the arguments can be read by every user of the machine: give secrets any other way.",
    );
}

/** What the library finds under the names of a stack's configuration. */
const SETTINGS: Readonly<Record<string, (options: ConnectionOptions) => string | undefined>> = {
  "alicloud:region": ({ region }) => region,
  "alicloud:accessKey": ({ accessKeyId }) => accessKeyId,
  "alicloud:secretKey": ({ accessKeySecret }) => accessKeySecret,
  "alicloud:securityToken": ({ stsToken }) => stsToken,
  "alicloud:profile": ({ profile }) => profile,
  "oss-cname:endpoint": ({ endpoint }) => endpoint,
  "oss-cname:signatureVersion": ({ signVersion }) => signVersion,
  "oss-cname:dnsServers": ({ dnsServer }) => dnsServer?.join(","),
};

/** A run as the options configure it, with a place to ask. Sends nothing. */
export async function connect(command: Command): Promise<Run> {
  const run = await runOf(command);
  const { region, endpoint } = resolveLocation({}, run.settings);
  if (region === undefined && endpoint === undefined)
    command.error("error: give --region or --endpoint, or set ALICLOUD_REGION");
  return run;
}

/** A run as the options configure it; region and endpoint may be missing. */
export async function runOf(command: Command): Promise<Run> {
  const given = command.opts<ConnectionOptions>();
  if ((given.accessKeyId === undefined) !== (given.accessKeySecret === undefined))
    command.error("error: --access-key-id and --access-key-secret go together");
  if (given.stsToken !== undefined && given.accessKeyId === undefined)
    command.error("error: --sts-token goes with --access-key-id and --access-key-secret");
  const options = await withStandardInput(command, given);
  const config = { get: (key: string) => SETTINGS[key]?.(options) };
  const [mistake] = settingProblems(config);
  if (mistake !== undefined) command.error(`error: ${mistake[1]}`);
  return new Run({ config });
}

/** The secret comes first, when both are read. */
async function withStandardInput(command: Command, given: ConnectionOptions): Promise<ConnectionOptions> {
  const wanted = (["accessKeySecret", "stsToken"] as const).filter((name) => given[name] === "-");
  if (wanted.length === 0) return given;
  if (process.stdin.isTTY) command.error("error: - reads a secret from a pipe or a file, not from the terminal");
  const lines = (await text(process.stdin)).split(/\r?\n/);
  return {
    ...given,
    ...Object.fromEntries(
      wanted.map((name, index) => [
        name,
        lines[index] || command.error(`error: there are not ${wanted.length} lines with secrets on standard input`),
      ]),
    ),
  };
}
