/**
 * `npm run bench`: what this package costs, as ratios to what cannot be had for less, into bench/README.md. Nothing is
 * asserted: the figures are of one machine at one moment, and compare only with figures of the same run.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, platform, totalmem } from "node:os";
import { join } from "node:path";
import { table } from "../provider/table";
import { type Engine, engines, repository } from "../test/support/pulumiRun";
import { costs } from "./costs";
import { megabytes, type Row } from "./figures";
import { manyDomains } from "./manyDomains";
import { manyResources } from "./manyResources";
import { singleDomains } from "./singleDomains";

/** What is measured, on which engines. */
const PARTS: readonly { readonly on: readonly Engine[]; readonly measure: (engine: Engine) => Promise<Row[]> }[] = [
  { on: engines.slice(0, 1), measure: costs },
  { on: engines, measure: singleDomains },
  { on: engines, measure: manyDomains },
  { on: engines.slice(0, 1), measure: manyResources },
];

async function main(): Promise<void> {
  const rows: string[][] = [["WHAT", "ON", "MEASURED", "AGAINST", "RATIO"]];
  for (const { on, measure } of PARTS)
    for (const engine of on)
      for (const [what, ...figures] of await measure(engine)) {
        console.error(what, ...figures);
        rows.push([what, engine.name, ...figures]);
      }
  console.log(table(rows));
  writeFileSync(join(repository, "bench", "README.md"), readme(rows));
}

function readme([head = [], ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const figures = [line(head.map((title) => title.toLowerCase())), line(head.map(() => "---")), ...rows.map(line)];
  const cli = engines.map(({ program }) => program && versionOf(program));
  const on = [
    `${availableParallelism()} processors (${cpus()[0]?.model ?? "unknown"})`,
    `${megabytes(totalmem())} of memory`,
    platform(),
    `Node.js ${process.versions.node}`,
    ...cli.filter((version) => version !== undefined),
  ];
  return `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${on.join(", ")}.
Nothing is asserted: figures compare only with figures of the same run, and the seconds depend on what else the machine
does.

${figures.join("\n")}

| | |
|---|---|
| provider process | what each account costs at the start of a run, in starts of Node.js itself |
| plugin process | the same for programs in other languages: one bundled file |
| signed ListCname | what signing, retrying and reading cost beside the request |
| 100 domains | each with a token, a TXT record, a binding and one certificate for all, of a service that answers after 50 ms; no previews |
| 1,000 domains | one \`CustomDomains\` for each of 10 buckets, one certificate for all, DNS not looked at; no previews |
| floor | as many resources that do nothing, in as many components and as deep, and requests x 50 ms / 10 at once. In a rotation, as many of them are updated |
| largest process | the most that a program or a provider process held |
| 3,000 resources | against 500: 6x is linear, 36x the square |
`;
}

/** A build of one's own may not know its version. */
function versionOf(program: string): string {
  return `Pulumi CLI ${String(execFileSync(program, ["version"])).trim() || "of an unknown version"}`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
