import { text } from "node:stream/consumers";
import { type Command, Option } from "commander";
import type { Io } from "./io";

/** Where to send requests, and with whose key. */
interface ConnectionOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly stsToken?: string;
  readonly profile?: string;
  readonly signVersion?: "v4" | "v1";
  readonly allowHttp?: boolean;
  readonly dnsServer?: string[];
}

/** Adds the connection options, with the names and letters that ossutil uses. */
export function withConnection(command: Command): Command {
  return command
    .option("-e, --endpoint <host>", "OSS endpoint (default: the stack's, else the public one of the region)")
    .option(
      "--region <region>",
      "region of the bucket, such as cn-hangzhou (default: the stack's, else ALICLOUD_REGION)",
    )
    .option("-i, --access-key-id <id>", "access key to sign with")
    .option("-k, --access-key-secret <secret>", "its secret; - reads it from standard input")
    .option("-t, --sts-token <token>", "its security token, if it has one; - reads it from standard input")
    .option("--profile <name>", "profile of the Alibaba Cloud CLI (default: the stack's)")
    .addOption(
      new Option("--sign-version <version>", "signature version (default: the stack's, else v4)").choices(["v4", "v1"]),
    )
    .option("--allow-http", "send signed requests over plain http to other machines too")
    .option("--config <file...>", "stack configuration to use (default: every Pulumi.*.yaml in this directory)")
    .addHelpText(
      "after",
      "\nWhere no option says otherwise, region, endpoint and access key are those of the stack that declares the bucket or\n" +
        "the domain, then those of the environment. The last resort for a key is the official credential chain.\n" +
        "Every user of a machine can read the arguments of its processes: pass secrets in another way. If both are given\n" +
        "as -, the first line of standard input is the secret and the second the token.",
    );
}

/** The options as the keys of a stack's configuration, which is what the library reads. */
const SETTINGS: Readonly<Record<string, (options: ConnectionOptions) => string | undefined>> = {
  "alicloud:region": ({ region }) => region,
  "alicloud:accessKey": ({ accessKeyId }) => accessKeyId,
  "alicloud:secretKey": ({ accessKeySecret }) => accessKeySecret,
  "alicloud:securityToken": ({ stsToken }) => stsToken,
  "alicloud:profile": ({ profile }) => profile,
  "oss-cname:endpoint": ({ endpoint }) => endpoint,
  "oss-cname:signatureVersion": ({ signVersion }) => signVersion,
  "oss-cname:allowHttp": ({ allowHttp }) => (allowHttp ? "true" : undefined),
  "oss-cname:dnsServers": ({ dnsServer }) => dnsServer?.join(","),
};

/** What the options say, under the keys of a stack's configuration. Fails if they are not as they should be. */
export async function readOptions(command: Command, io: Io): Promise<Readonly<Record<string, string>>> {
  const given = command.opts<ConnectionOptions>();
  if ((given.accessKeyId === undefined) !== (given.accessKeySecret === undefined))
    command.error("error: --access-key-id and --access-key-secret go together");
  if (given.stsToken !== undefined && given.accessKeyId === undefined)
    command.error("error: --sts-token goes with --access-key-id and --access-key-secret");
  const options = await readSecrets(command, given, io);
  const values: Record<string, string> = {};
  for (const [key, read] of Object.entries(SETTINGS)) {
    const value = read(options);
    if (value !== undefined) values[key] = value;
  }
  const { settingProblems } = await import("../provider/internal.js");
  const [mistake] = settingProblems({ get: (key) => values[key] });
  if (mistake !== undefined) command.error(`error: ${mistake[1]}`);
  return values;
}

/** Reads the secrets that are given as `-` from standard input, one a line, the key's secret first. */
async function readSecrets(command: Command, given: ConnectionOptions, { stdin }: Io): Promise<ConnectionOptions> {
  const wanted = (["accessKeySecret", "stsToken"] as const).filter((name) => given[name] === "-");
  if (wanted.length === 0) return given;
  if (stdin.isTTY) command.error("error: - reads a secret from a pipe or a file, not from the terminal");
  const lines = (await text(stdin)).split(/\r?\n/);
  const secrets = wanted.map((name, index) => [name, lines[index] || command.error(missingSecrets(wanted.length))]);
  return { ...given, ...Object.fromEntries(secrets) };
}

function missingSecrets(count: number): string {
  return `error: expected ${count === 1 ? "a line with a secret" : `${count} lines with secrets`} on standard input`;
}
