import { existsSync, readFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { ImportableDomain, Run } from "../../provider/internal";
import type { stackConfig as StackConfig } from "../adopt/stackConfig";
import { bucketNames } from "../arguments";
import { withConnection } from "../connection";
import { ExitStatus, withExitStatuses } from "../exitStatus";
import type { Io } from "../io";
import { json, write } from "../output";
import { withProgress } from "../progress";

interface Options {
  readonly output?: string;
  readonly domainsFile?: string;
  readonly merge?: boolean;
  readonly importFile?: string;
  readonly overwrite?: boolean;
  readonly typescript?: boolean;
  readonly region?: string;
  readonly endpoint?: string;
}

/** `oss-cname adopt`: declares what was bound without Pulumi. */
export function adoptCommand(io: Io): Command {
  const adopt = new Command("adopt")
    .description("Write stack configuration, or a program, that declares every domain bound to these buckets")
    .argument("<bucket...>", "names of the buckets, or oss://name", bucketNames)
    .option("-o, --output <file>", "write to this file, such as Pulumi.prod.yaml, in place of standard output")
    .addOption(
      new Option("--domains-file <file>", "write the domains to this YAML file, which --output then names").conflicts([
        "importFile",
        "typescript",
      ]),
    )
    .option("--merge", "add the domains that the files do not declare, and keep the rest of them")
    .addOption(new Option("--typescript", "write a program in place of stack configuration").conflicts("merge"))
    .option("--import-file <file>", "also write a file for `pulumi import --file`, and declare the domains protected")
    .option("--overwrite", "replace an existing import file")
    .addHelpText(
      "after",
      "\nThe next `pulumi up` shows what it adopts, and writes nothing to OSS. After this import it shows no change:\n" +
        "  pulumi import --file import.json --generate-code=false" +
        "\n\nExamples:\n" +
        "  oss-cname adopt site shop --region cn-hangzhou -o Pulumi.prod.yaml\n" +
        "  oss-cname adopt site shop -o Pulumi.prod.yaml --domains-file domains.yaml\n" +
        "  oss-cname adopt site shop -o index.ts --typescript\n" +
        "  oss-cname adopt oss://media --region ap-southeast-1 -o Pulumi.prod.yaml --merge --import-file import.json",
    )
    .action(async (names: string[], options: Options, command: Command) => {
      const { output, domainsFile, merge = false, overwrite } = options;
      if (merge && output === undefined) command.error("error: --merge goes with --output");
      if (domainsFile !== undefined && output === undefined) command.error("error: --domains-file goes with --output");
      if (domainsFile !== undefined && !/\.ya?ml$/i.test(domainsFile))
        command.error("error: --domains-file writes YAML: give a name that ends in .yaml");
      const existing = existingFile(output, merge);
      const list = existingFile(domainsFile, merge);
      const { openTargets } = await import("../stacks/targets.js");
      const targets = await openTargets(command, io);
      const run = targets.base;
      targets.requirePlace(run);
      const buckets = await listAll(run, names, io);
      const { importFile } = await import("../../provider/internal.js");
      // Pulumi protects what it imports, until a program is brought up that does not.
      const imported = options.importFile !== undefined && { protect: true as const };
      const location = options.typescript ? await locationToWrite(run, options) : await locationToDeclare(run);
      const common = { ...location, ...imported };
      const { text, listText, added, leftOut, tooLong } = options.typescript
        ? { listText: undefined, tooLong: undefined, ...(await import("../adopt/program.js")).program(buckets, common) }
        : await configure(buckets, common, { output, domainsFile, existing, list });
      const say = (line: string) => io.stderr.write(`oss-cname: ${line}\n`);
      // The import file comes first: if it cannot be written, the configuration is still as it was.
      if (options.importFile !== undefined) {
        const file = json(
          await importFile(
            run,
            added.map(({ dns: _, protect: _protect, ...domain }) => domain),
          ),
        );
        await write(io, file, { output: options.importFile, overwrite });
        say(`wrote ${options.importFile} for \`pulumi import\``);
      }
      // What the configuration names is there before the configuration.
      if (listText !== undefined) await write(io, listText, { output: domainsFile, overwrite: list !== undefined });
      await write(io, text, { output, overwrite: existing !== undefined });
      const target = domainsFile ?? output;
      const isAdded = (domainsFile === undefined ? existing : list) !== undefined;
      if (target !== undefined) say(`${isAdded ? "added" : "wrote"} ${countOf(added.length, "domain")} to ${target}`);
      for (const line of leftOut) say(line);
      if (tooLong !== undefined) say(`the configuration is too long: ${tooLong}, as --domains-file does`);
      if (leftOut.length > 0) io.exitCode = ExitStatus.attention;
    });
  withConnection(adopt);
  return withExitStatuses(adopt, {
    [ExitStatus.attention]: "something was left out; standard error says what and why",
  });
}

interface ExistingFile {
  readonly path: string;
  readonly text: string;
}

/** A file to add to, if there is one. */
function existingFile(path: string | undefined, merge: boolean): ExistingFile | undefined {
  if (path === undefined || !existsSync(path)) return undefined;
  if (!merge) throw new Error(`${path} exists and was left as it is: add to it with --merge, or choose another name`);
  return { path, text: readFileSync(path, "utf8") };
}

async function configure(
  buckets: Awaited<ReturnType<typeof listAll>>,
  common: Parameters<typeof StackConfig>[1],
  files: {
    readonly output: string | undefined;
    readonly domainsFile: string | undefined;
    readonly existing: ExistingFile | undefined;
    readonly list: ExistingFile | undefined;
  },
) {
  const { domainsInFiles, lengthProblem, stackConfig } = await import("../adopt/stackConfig.js");
  const { output: stackFile = "", domainsFile: path, existing, list } = files;
  const declared = existing && (await domainsInFiles(existing));
  const place = { existing, declared, list: path === undefined ? undefined : { path, stackFile, text: list?.text } };
  const adopted = stackConfig(buckets, common, place);
  return { listText: undefined, ...adopted, tooLong: lengthProblem(adopted.text) };
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
async function locationToDeclare({ settings }: Run): Promise<Pick<ImportableDomain, "region" | "endpoint">> {
  const { publicHost, resolveLocation } = await import("../../provider/internal.js");
  const { region, endpoint } = resolveLocation({}, settings);
  const isPublic = region !== undefined && endpoint?.replace(/^https:\/\//, "") === publicHost(region);
  return { ...(region && { region }), ...(endpoint && !isPublic && { endpoint }) };
}

/** A program gets from its stack what no option says. */
async function locationToWrite(run: Run, { region, endpoint }: Options) {
  return region === undefined && endpoint === undefined ? {} : locationToDeclare(run);
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
