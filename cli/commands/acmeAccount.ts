import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { withExitStatuses } from "../exitStatus";
import type { Io } from "../io";

interface Options {
  readonly agreeToTerms?: boolean;
  readonly directory?: string;
  readonly contact?: string[];
  readonly eabKid?: string;
  readonly keyFile?: string;
}

/** `oss-cname acme-account`: the key of an account at a CA, made and registered. */
export function acmeAccountCommand(io: Io): Command {
  const account = new Command("acme-account")
    .description("Make a key and register it as an account at a CA, such as Let's Encrypt.")
    .option("--agree-to-terms", "agree to the CA's terms of service, which are shown without this option")
    .option(
      "--directory <url>",
      "the CA: the URL of its directory, or letsEncrypt, letsEncryptStaging, zeroSsl or google (default: the stack's " +
        "oss-cname:acmeDirectory, else letsEncrypt)",
    )
    .option("--contact <mail...>", "address for the CA to write to")
    .option(
      "--eab-kid <id>",
      `key id of an external account, where the CA wants one; its HMAC key is read from ${HMAC}`,
    )
    .option("--key-file <file>", "file to keep the key in, readable by its owner only; one that exists is registered")
    .addHelpText(
      "after",
      "\nWithout --key-file the key goes to standard output, for a pipe. Examples:\n" +
        "  oss-cname acme-account --agree-to-terms | pulumi config set --secret oss-cname:acmeAccountKey\n" +
        "  oss-cname acme-account --agree-to-terms --key-file acme.key\n" +
        "  pulumi config set oss-cname:acmeAccountKeyFile acme.key",
    )
    .action(async (options: Options, command: Command) => {
      const { Run, saveFile } = await import("../../provider/internal.js");
      const { keyFile, contact, eabKid: kid } = options;
      if (keyFile === undefined && io.stdout.isTTY)
        command.error(
          "error: the key is not for a terminal: give --key-file, or a pipe to `pulumi config set --secret`",
        );
      const isKept = keyFile !== undefined && existsSync(keyFile);
      const pem = isKept ? undefined : newKey();
      const settings: Readonly<Record<string, string | undefined>> = {
        "oss-cname:acmeDirectory": options.directory ?? (await directoryOfStacks()),
        "oss-cname:acmeAccountKey": pem,
        "oss-cname:acmeAccountKeyFile": keyFile,
      };
      const run = new Run({ config: { get: (key) => settings[key] }, ...(io.clock && { clock: io.clock }) });
      const client = run.acme(run.acmeDirectory(undefined));
      const { meta } = await client.directory();
      if (!options.agreeToTerms) {
        const terms = meta?.termsOfService ?? `those of ${client.host}`;
        command.error(`error: read the CA's terms of service, ${terms}, and agree to them with --agree-to-terms`);
      }
      const hmacKey = kid === undefined ? undefined : await readHmacKey(io, command);
      // The account must not be lost: the file comes first, and registering its key again finds the account.
      if (keyFile !== undefined && pem !== undefined) saveFile(keyFile, pem);
      const url = await client.register({
        ...(contact && { contact }),
        ...(kid !== undefined && hmacKey !== undefined && { externalAccount: { kid, hmacKey } }),
      });
      io.stderr.write(`oss-cname: registered at ${client.host}: ${url}\n`);
      if (keyFile === undefined) io.stdout.write(pem ?? "");
      else
        io.stderr.write(`The key is in ${keyFile}. Next: pulumi config set oss-cname:acmeAccountKeyFile ${keyFile}\n`);
    });
  return withExitStatuses(account);
}

const HMAC = "OSS_CNAME_EAB_HMAC_KEY or standard input";

function newKey(): string {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  }).privateKey;
}

/** The one that the stacks of the current directory name. */
async function directoryOfStacks(): Promise<string | undefined> {
  const { readStackFile, stackFiles } = await import("../stacks/stackFile.js");
  const { textOf } = await import("../stacks/values.js");
  const stacks = await Promise.all(stackFiles(".").map(readStackFile));
  const named = new Set(stacks.flatMap(({ values }) => textOf(values["oss-cname:acmeDirectory"]) ?? []));
  return named.size === 1 ? [...named][0] : undefined;
}

/** Every user of a machine can read the arguments of its processes. */
async function readHmacKey({ env, stdin }: Io, command: Command): Promise<string> {
  const given = env.OSS_CNAME_EAB_HMAC_KEY ?? (stdin.isTTY ? "" : await text(stdin));
  return given.trim() || command.error(`error: --eab-kid needs the HMAC key of the account, in ${HMAC}`);
}
