import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { Unsupported } from "../unsupported";
import { YAML_OPTIONS } from "./configValue";

/** The contents of Pulumi.yaml. */
export interface Project {
  readonly name: string;
  /** The path of Pulumi.yaml. */
  readonly file: string;
  /** The directory of Pulumi.yaml. */
  readonly root: string;
  /** Where the program runs: the directory of its entry. */
  readonly directory: string;
  /** The program's file in `directory`, or `.` */
  readonly entry: string;
  readonly typescript: boolean;
  readonly tsconfig: string | undefined;
  readonly nodeArgs: readonly string[];
  /** The backend that Pulumi.yaml names; the environment takes precedence. */
  readonly backend: string | undefined;
  /** The directory of Pulumi.<stack>.yaml. */
  readonly configDirectory: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const PROJECT_KEYS = new Set(
  "name runtime main config stackConfigDir backend description author website license template".split(" "),
);
const RUNTIME_OPTIONS = new Set(["typescript", "tsconfig", "nodeargs", "packagemanager", "production"]);

/** Finds Pulumi.yaml in a directory or above it, and reads it. @throws when it has what this engine does not do */
export async function loadProject(cwd: string): Promise<Project> {
  const file = findProject(resolve(cwd));
  const yaml = parse(await readFile(file, "utf8"), YAML_OPTIONS) ?? {};
  const root = dirname(file);
  refuseUnknown(file, Object.keys(yaml), PROJECT_KEYS);
  const runtime = typeof yaml.runtime === "string" ? { name: yaml.runtime } : (yaml.runtime ?? {});
  if (typeof yaml.name !== "string" || yaml.name === "") throw new Error(`${file} has no "name"`);
  if (!isName(yaml.name)) throw new Error(`${file}: "${yaml.name}" cannot name a project: ${NAME_RULE}`);
  if (runtime.name !== "nodejs") throw new Unsupported(`${file} has the runtime ${runtime.name}, not nodejs`);
  const options = runtime.options ?? {};
  refuseUnknown(`${file}, runtime.options`, Object.keys(options), RUNTIME_OPTIONS);
  const nodeArgs: string = options.nodeargs ?? "";
  if (/["'\\]/.test(nodeArgs)) throw new Unsupported(`${file} has nodeargs with quotes`);
  const main = resolve(root, yaml.main ?? ".");
  if (!existsSync(main)) throw new Error(`${file}: main ${main} does not exist`);
  const isDirectory = statSync(main).isDirectory();
  // In old projects "config" is the directory of the stacks' configuration.
  const configDirectory = typeof yaml.config === "string" ? yaml.config : (yaml.stackConfigDir ?? ".");
  return {
    name: yaml.name,
    file,
    root,
    directory: isDirectory ? main : dirname(main),
    entry: isDirectory ? "." : basename(main),
    typescript: options.typescript ?? true,
    tsconfig: options.tsconfig,
    nodeArgs: nodeArgs.split(/\s+/).filter(Boolean),
    backend: yaml.backend?.url,
    configDirectory: resolve(root, configDirectory),
    config: typeof yaml.config === "string" ? {} : (yaml.config ?? {}),
  };
}

/** Refuses keys of a file that this engine would have to ignore. */
export function refuseUnknown(where: string, keys: readonly string[], known: ReadonlySet<string>): void {
  const unknown = keys.filter((key) => !known.has(key));
  if (unknown.length === 0) return;
  throw new Unsupported(`${where} has ${unknown.map((key) => `"${key}"`).join(", ")}`);
}

/** The bare name of a stack of this project, which may be given with its organization and project. */
export function bareStackName(given: string, project: string): string {
  const [name = "", ...before] = given.split("/").reverse();
  if (!["", "organization", `${project}/organization`].includes(before.join("/"))) {
    throw new Error(
      `the stack ${given} does not belong to this project: the CLI calls its stacks organization/${project}/<name>`,
    );
  }
  if (isName(name)) return name;
  throw new Error(`"${name}" cannot name a stack: ${NAME_RULE}`);
}

const NAME_RULE = "use up to 100 letters, digits, hyphens, underscores and periods";

/** Names become parts of paths: one of periods alone would lead out of the backend. */
function isName(name: string): boolean {
  return /^[\w.-]{1,100}$/.test(name) && !/^\.+$/.test(name);
}

function findProject(from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    for (const name of ["Pulumi.yaml", "Pulumi.yml"]) {
      if (existsSync(join(directory, name))) return join(directory, name);
    }
    if (directory === dirname(directory)) throw new Error(`no Pulumi.yaml in ${from} or above it`);
  }
}
