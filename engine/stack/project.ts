import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { Unsupported } from "../unsupported";
import { asTheCliReads } from "./configValue";

/** What Pulumi.yaml says. */
export interface Project {
  readonly name: string;
  /** Pulumi.yaml, and its directory. */
  readonly file: string;
  readonly root: string;
  /** Where the program runs: the directory of its entry. */
  readonly directory: string;
  /** The program's file in `directory`, or `.` */
  readonly entry: string;
  readonly typescript: boolean;
  readonly tsconfig?: string;
  readonly nodeArgs: readonly string[];
  /** The backend that Pulumi.yaml names; the environment goes first. */
  readonly backend?: string;
  /** Where Pulumi.<stack>.yaml is. */
  readonly configDirectory: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Finds Pulumi.yaml in a directory or above it and reads it. @throws on whatever this engine would have to ignore */
export async function loadProject(cwd: string): Promise<Project> {
  const file = findProject(resolve(cwd));
  const yaml = parse(await readFile(file, "utf8"), asTheCliReads) ?? {};
  const root = dirname(file);
  refuseUnknown(file, Object.keys(yaml), projectKeys);
  const runtime = typeof yaml.runtime === "string" ? { name: yaml.runtime } : (yaml.runtime ?? {});
  if (typeof yaml.name !== "string" || yaml.name === "") throw new Error(`${file} has no "name"`);
  if (runtime.name !== "nodejs") throw new Unsupported(`${file} has the runtime ${runtime.name}, not nodejs`);
  const options = runtime.options ?? {};
  refuseUnknown(`${file}, runtime.options`, Object.keys(options), runtimeOptions);
  const nodeArgs: string = options.nodeargs ?? "";
  if (/["'\\]/.test(nodeArgs)) throw new Unsupported(`${file} has nodeargs with quotes`);
  const main = resolve(root, yaml.main ?? ".");
  if (!existsSync(main)) throw new Error(`${file}: main ${main} does not exist`);
  const isDirectory = statSync(main).isDirectory();
  return {
    name: yaml.name,
    file,
    root,
    directory: isDirectory ? main : dirname(main),
    entry: isDirectory ? "." : basename(main),
    typescript: options.typescript ?? true,
    ...(options.tsconfig && { tsconfig: options.tsconfig }),
    nodeArgs: nodeArgs.split(/\s+/).filter(Boolean),
    ...(yaml.backend?.url && { backend: yaml.backend.url }),
    configDirectory: resolve(root, typeof yaml.config === "string" ? yaml.config : (yaml.stackConfigDir ?? ".")),
    config: typeof yaml.config === "string" ? {} : (yaml.config ?? {}),
  };
}

/** Refuses keys of a file that this engine would have to ignore. */
export function refuseUnknown(where: string, keys: readonly string[], known: ReadonlySet<string>): void {
  const unknown = keys.filter((key) => !known.has(key));
  if (unknown.length === 0) return;
  throw new Unsupported(`${where} has ${unknown.map((key) => `"${key}"`).join(", ")}`);
}

const projectKeys = new Set(
  "name runtime main config stackConfigDir backend description author website license template".split(" "),
);
const runtimeOptions = new Set(["typescript", "tsconfig", "nodeargs", "packagemanager", "production"]);

function findProject(from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    for (const name of ["Pulumi.yaml", "Pulumi.yml"]) {
      if (existsSync(join(directory, name))) return join(directory, name);
    }
    if (directory === dirname(directory)) throw new Error(`no Pulumi.yaml in ${from} or above it`);
  }
}
