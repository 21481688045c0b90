import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import type { Location, Run } from "../../provider/internal";
import { bucketNames } from "../arguments";
import { withConnection } from "../connection";
import { ExitStatus, withExitStatuses } from "../exitStatus";
import type { Io } from "../io";
import { json, write } from "../output";
import { withProgress } from "../progress";

interface Options {
  readonly output?: string;
  readonly merge?: boolean;
  readonly importFile?: string;
  readonly overwrite?: boolean;
}

/** `oss-cname adopt`: declares what was bound without Pulumi. */
export function adoptCommand(io: Io): Command {
  const adopt = new Command("adopt")
    .description(
      "Write stack configuration for every domain bound to these buckets, with certificates by CertId and dns: none",
    )
    .argument("<bucket...>", "names of the buckets, or oss://name", bucketNames)
    .option("-o, --output <file>", "write to this file, such as Pulumi.prod.yaml, in place of standard output")
    .option("--merge", "add to --output the domains that it does not declare, and keep the rest of the file")
    .option("--import-file <file>", "also write a file for `pulumi import --file`")
    .option("--overwrite", "replace an existing import file")
    .addHelpText(
      "after",
      "\nThe next `pulumi up` shows what it adopts, and writes nothing to OSS. After this import it shows no change:\n" +
        "  pulumi import --file import.json --generate-code=false" +
        "\n\nExamples:\n" +
        "  oss-cname adopt site shop --region cn-hangzhou -o Pulumi.prod.yaml\n" +
        "  oss-cname adopt oss://media --region ap-southeast-1 -o Pulumi.prod.yaml --merge --import-file import.json",
    )
    .action(async (names: string[], options: Options, command: Command) => {
      const { output, merge = false, overwrite } = options;
      if (merge && output === undefined) command.error("error: --merge goes with --output");
      const exists = output !== undefined && existsSync(output);
      if (exists && !merge)
        throw new Error(`${output} exists and was left as it is: add to it with --merge, or choose another name`);
      const { openTargets } = await import("../stacks/targets.js");
      const targets = await openTargets(command, io);
      const run = targets.base;
      targets.requirePlace(run);
      const existing = exists ? { path: output, text: readFileSync(output, "utf8") } : undefined;
      const [{ importFile }, { stackConfig }] = await Promise.all([
        import("../../provider/internal.js"),
        import("../adopt/stackConfig.js"),
      ]);
      const { text, added, leftOut } = stackConfig(
        await listAll(run, names, io),
        await locationToDeclare(run),
        existing,
      );
      const say = (line: string) => io.stderr.write(`oss-cname: ${line}\n`);
      // The import file comes first: if it cannot be written, the configuration is still as it was.
      if (options.importFile !== undefined) {
        const file = json(
          await importFile(
            run,
            added.map(({ dns: _, ...domain }) => domain),
          ),
        );
        await write(io, file, { output: options.importFile, overwrite });
        say(`wrote ${options.importFile} for \`pulumi import\``);
      }
      await write(io, text, { output, overwrite: exists });
      if (output !== undefined) say(`${exists ? "added" : "wrote"} ${countOf(added.length, "domain")} to ${output}`);
      for (const line of leftOut) say(line);
      if (leftOut.length > 0) io.exitCode = ExitStatus.attention;
    });
  withConnection(adopt);
  return withExitStatuses(adopt, {
    [ExitStatus.attention]: "something was left out; standard error says what and why",
  });
}

async function listAll(run: Run, names: readonly string[], io: Io) {
  const { queryCnames } = await import("../../provider/internal.js");
  let listed = 0;
  const work = names.map(async (bucket) => {
    const { cnames } = await queryCnames(run, { bucket });
    listed++;
    return { bucket, cnames };
  });
  return withProgress(io, () => `listed ${listed} of ${names.length} buckets`, Promise.all(work));
}

/** Region and endpoint of the buckets; without the endpoint if it is the public one of the region. */
async function locationToDeclare({ settings }: Run): Promise<Location> {
  const { publicHost, resolveLocation } = await import("../../provider/internal.js");
  const { region, endpoint } = resolveLocation({}, settings);
  const isPublic = region !== undefined && endpoint?.replace(/^https:\/\//, "") === publicHost(region);
  return { region, endpoint: isPublic ? undefined : endpoint };
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
