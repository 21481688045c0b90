import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { resolveLocation } from "../../provider/config/location";
import { publicHost } from "../../provider/oss/endpoint";
import { queryCnames } from "../../provider/queries/query";
import type { Run } from "../../provider/run";
import { adoptedConfig } from "../adoptedConfig";
import { connect, withConnection } from "../connection";
import { ExitStatus, withExitStatuses } from "../exitStatus";
import { importFile } from "../importFile";
import { json, write } from "../output";
import { withProgress } from "../progress";

interface Options {
  readonly output?: string;
  readonly merge?: boolean;
  readonly importFile?: string;
  readonly overwrite?: boolean;
}

/** `oss-cname adopt`: declares what was bound by hand. */
export const adopt = new Command("adopt")
  .description(
    "Write stack configuration that declares every domain bound to these buckets, certificates by CertId, DNS left alone (dns: none)",
  )
  .argument("<bucket...>")
  .option("-o, --output <file>", "write to this file, such as Pulumi.prod.yaml, in place of standard output")
  .option("--merge", "add to --output what it does not declare yet, and keep the rest of it as it is")
  .option("--import-file <file>", "also write a file for `pulumi import --file`")
  .option("--overwrite", "replace the import file where it exists")
  .addHelpText(
    "after",
    "\nThe next `pulumi up` shows what it takes over and sends no write. After `pulumi import` it shows no change at all:\n" +
      "  pulumi import --file import.json --generate-code=false" +
      "\n\nExamples:\n" +
      "  oss-cname adopt site shop --region cn-hangzhou -o Pulumi.prod.yaml\n" +
      "  oss-cname adopt media --region ap-southeast-1 -o Pulumi.prod.yaml --merge --import-file import.json",
  )
  .action(async (names: string[], options: Options, command: Command) => {
    const { output, merge = false, overwrite } = options;
    if (merge && output === undefined) command.error("error: --merge goes with --output");
    if (!merge && output !== undefined && existsSync(output))
      throw new Error(`${output} exists and was left as it is: add to it with --merge, or choose another name`);
    const run = await connect(command);
    const place = placeOf(run);
    const there = merge && output !== undefined && existsSync(output) ? readFileSync(output, "utf8") : undefined;
    let listed = 0;
    const work = Promise.all(
      [...new Set(names)].map(async (bucket) => {
        const { cnames } = await queryCnames(run, { bucket });
        listed++;
        return { bucket, cnames };
      }),
    );
    const buckets = await withProgress(() => `listed ${listed} of ${names.length} buckets`, work);
    const { text, entries, notes } = adoptedConfig(buckets, place, there);
    // The import file first: without it nothing is lost, and what follows is the one that matters.
    if (options.importFile !== undefined)
      write(json(await importFile(run, entries)), { output: options.importFile, overwrite });
    write(text, { output, overwrite: there !== undefined });
    for (const note of notes) process.stderr.write(`oss-cname: ${note}\n`);
    if (notes.length > 0) process.exitCode = ExitStatus.attention;
  });
withConnection(adopt);
withExitStatuses(adopt, { [ExitStatus.attention]: "something was left out, and standard error says what and why" });

/** What the stack has to say of the buckets' place. The endpoint that their region has anyway is not worth saying. */
function placeOf({ settings }: Run): { region?: string; endpoint?: string } {
  const { region, endpoint } = resolveLocation({}, settings);
  const isUsual = region !== undefined && endpoint?.replace(/^https:\/\//, "") === publicHost(region);
  return { ...(region && { region }), ...(endpoint && !isUsual && { endpoint }) };
}
