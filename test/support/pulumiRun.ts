import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { parse, stringify } from "yaml";
import type { Cloud } from "../../local";
import { runLocalEngine } from "./localEngine";

/** Directory of this repository's package.json. */
export const repository = join(__dirname, "..", "..", "..");

/** Configuration of a stack that lives on a local cloud. */
export function livingOn(cloud: Cloud): { config: Record<string, unknown>; secrets: Record<string, string> } {
  const entries = Object.entries(cloud.config);
  const isKey = ([key]: [string, string]) => /^(alicloud:(accessKey|secretKey)|oss-cname:acmeAccountKey)$/.test(key);
  return {
    config: Object.fromEntries(entries.filter((entry) => !isKey(entry))),
    secrets: Object.fromEntries(entries.filter(isKey)),
  };
}

/** Something that runs Pulumi programs: the local engine, and the Pulumi CLI where there is one. */
export interface Engine {
  readonly name: string;
  /** Undefined for the local engine, which runs in this process. */
  readonly program?: string;
  /** What comes before `output`. */
  readonly outputPrefix: readonly string[];
}

const localEngine: Engine = { name: "local engine", outputPrefix: [] };
const pulumiCli: Engine = { name: "Pulumi CLI", program: "pulumi", outputPrefix: ["stack"] };

export const engines: readonly Engine[] = [localEngine, ...(isOnPath("pulumi") ? [pulumiCli] : [])];

export interface Ran {
  readonly status: number;
  /** What it wrote to stdout and stderr. */
  readonly output: string;
}

export interface ProjectOptions {
  /** Text files by path; `Pulumi.yaml` and `index.js` have defaults: the program of this package. */
  readonly files?: Readonly<Record<string, string>>;
  /**
   * Work in this directory in place of a new one. Its `Pulumi.<stack>.yaml` is written and removed again, nothing else.
   */
  readonly directory?: string;
  /**
   * Begin with a stack that an earlier run has left: its name, and the text of its state. Its configuration is among
   * `files`.
   */
  readonly kept?: { readonly stack: string; readonly project: string; readonly state: string };
  /** Keep the state where this project keeps its own. */
  readonly beside?: Project;
  /** Stack configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Stack configuration that is kept encrypted; keys may be paths into structured values. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line as it is written. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A Pulumi project with one stack, on a file backend, all of it in a directory of its own that `remove` takes away. */
export class Project {
  readonly directory: string;
  readonly #root = mkdtempSync(join(tmpdir(), "oss-cname-"));
  readonly #backend: string;
  readonly #stack: string;
  /** Everything that any command has written. */
  log = "";

  private constructor(
    readonly engine: Engine,
    readonly options: ProjectOptions,
  ) {
    this.directory = options.directory ?? join(this.#root, "project");
    this.#stack = options.kept?.stack ?? `s${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
    this.#backend = options.beside ? options.beside.#backend : join(this.#root, "backend");
    for (const directory of ["backend", "home", "project"]) mkdirSync(join(this.#root, directory));
    if (options.directory !== undefined) return;
    this.write({
      "Pulumi.yaml": stringify({
        name: "trial",
        runtime: { name: "nodejs", options: { typescript: false } },
        main: "index.js",
      }),
      "package.json": JSON.stringify({ name: "trial", private: true }),
      "index.js": `module.exports = require("pulumi-oss-cname/program");\n`,
      ...options.files,
    });
    symlinkSync(join(repository, "node_modules"), join(this.directory, "node_modules"), "junction");
  }

  static async create(engine: Engine, options: ProjectOptions): Promise<Project> {
    const project = new Project(engine, options);
    try {
      const { kept } = options;
      if (kept)
        writeFiles(project.#backend, {
          ".pulumi/meta.yaml": "version: 1\n",
          [`.pulumi/stacks/${kept.project}/${kept.stack}.json`]: kept.state,
        });
      else await project.#expect(["stack", "init", project.#stack]);
      project.configure(options.config ?? {});
      for (const [key, value] of Object.entries(options.secrets ?? {}))
        await project.#expect(["config", "set", "--secret", "--path", "--stack", project.#stack, key], value);
    } catch (error) {
      project.remove();
      throw error;
    }
    return project;
  }

  /** Sets plain configuration values beside those that are there. */
  configure(values: Readonly<Record<string, unknown>>): void {
    const path = this.configurationFile;
    const present = exists(path) ? (parse(readFileSync(path, "utf8")) ?? {}) : {};
    writeFileSync(path, stringify({ ...present, config: { ...present.config, ...values } }));
  }

  write(files: Readonly<Record<string, string>>): void {
    writeFiles(this.directory, files);
  }

  preview(...flags: string[]): Promise<Ran> {
    return this.#onStack("preview", ...flags);
  }
  up(...flags: string[]): Promise<Ran> {
    return this.#onStack("up", "--yes", ...flags);
  }
  /** `up`, which must not fail. */
  expectUp(...flags: string[]): Promise<Ran> {
    return this.#expect(["up", "--stack", this.#stack, "--yes", ...flags]);
  }
  refresh(...flags: string[]): Promise<Ran> {
    return this.#onStack("refresh", "--yes", ...flags);
  }
  destroy(...flags: string[]): Promise<Ran> {
    return this.#onStack("destroy", "--yes", ...flags);
  }

  /** Starts `up` in a process of its own, for tests that kill it. */
  startUp(): ChildProcess {
    const { program } = this.engine;
    const local = [process.execPath, join(repository, "cli", "oss-cname.js"), "engine"];
    const [command = "", ...first] = program === undefined ? local : [program];
    return spawn(command, [...first, "up", "--yes", "--skip-preview", "--stack", this.#stack], {
      cwd: this.directory,
      env: { ...this.#inherited(), ...this.#environment(), ...this.options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Takes over what exists: the Pulumi CLI only. */
  import(...args: string[]): Promise<Ran> {
    return this.#onStack("import", "--yes", ...args);
  }

  /** Any other command, which must not fail. */
  run(...args: string[]): Promise<Ran> {
    return this.#expect(args);
  }

  /** The stack's outputs. */
  async outputs(): Promise<Record<string, unknown>> {
    const { output } = await this.#expect([...this.engine.outputPrefix, "output", "--json", "--stack", this.#stack]);
    return JSON.parse(output.slice(output.indexOf("{")));
  }

  /** The text of the state file. */
  state(): string {
    return readFileSync(join(this.#backend, ".pulumi", "stacks", this.#name, `${this.#stack}.json`), "utf8");
  }

  get #name(): string {
    return /^name: *(\S+)/m.exec(readFileSync(join(this.directory, "Pulumi.yaml"), "utf8"))?.[1] ?? "";
  }

  /** The stack's name as seen from other projects. */
  get fullName(): string {
    return `organization/${this.#name}/${this.#stack}`;
  }

  /** The text of the stack's configuration file. */
  configuration(): string {
    return readFileSync(this.configurationFile, "utf8");
  }

  /** The resources in the state file. */
  resources(): StoredResource[] {
    return JSON.parse(this.state()).checkpoint.latest?.resources ?? [];
  }

  /** Removes the lock that a killed engine has left, as `pulumi cancel` does. */
  unlock(): void {
    rmSync(join(this.#backend, ".pulumi", "locks"), { recursive: true, force: true });
  }

  remove(): void {
    if (this.options.directory !== undefined) rmSync(this.configurationFile, { force: true });
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** The path of the stack's configuration file. */
  get configurationFile(): string {
    return join(this.directory, `Pulumi.${this.#stack}.yaml`);
  }

  /** Runs a command and fails when it fails. */
  async #expect(args: readonly string[], input = ""): Promise<Ran> {
    const ran = await this.#run(args, input);
    if (ran.status !== 0)
      throw new Error(`${this.engine.name}: ${args.slice(0, 2).join(" ")} ended with ${ran.status}\n${ran.output}`);
    return ran;
  }

  #onStack(command: string, ...flags: string[]): Promise<Ran> {
    return this.#run([command, "--stack", this.#stack, ...flags]);
  }

  async #run(args: readonly string[], input = ""): Promise<Ran> {
    this.options.signal?.throwIfAborted();
    let output = "";
    const onLine = (line: string) => {
      output += `${line}\n`;
      this.options.onLine?.(line);
    };
    const { program } = this.engine;
    const status = await (program === undefined
      ? this.#runHere(args, input, onLine)
      : this.#runProgram(program, args, input, onLine));
    this.log += output;
    return { status, output };
  }

  #runHere(args: readonly string[], input: string, onLine: (line: string) => void): Promise<number> {
    const { env, signal } = this.options;
    const own = this.#environment();
    const removed = Object.fromEntries(
      Object.keys(process.env)
        .filter(isForeign)
        .map((key) => [key, undefined]),
    );
    return runLocalEngine(args, {
      cwd: this.directory,
      backend: own.PULUMI_BACKEND_URL,
      passphrase: own.PULUMI_CONFIG_PASSPHRASE,
      env: { ...removed, ...own, ...env },
      input,
      onLine,
      signal,
    });
  }

  async #runProgram(
    program: string,
    args: readonly string[],
    input: string,
    onLine: (line: string) => void,
  ): Promise<number> {
    const { env, signal } = this.options;
    const child = spawn(program, args, {
      cwd: this.directory,
      env: { ...this.#inherited(), ...this.#environment(), ...env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    child.stdin.on("error", () => {}).end(input);
    const stop = () => child.kill("SIGTERM");
    signal?.addEventListener("abort", stop, { once: true });
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
    const [code] = await once(child, "close");
    signal?.removeEventListener("abort", stop);
    return typeof code === "number" ? code : 1;
  }

  #inherited(): NodeJS.ProcessEnv {
    return Object.fromEntries(Object.entries(process.env).filter(([key]) => !isForeign(key)));
  }

  #environment() {
    return {
      PULUMI_BACKEND_URL: `file://${this.#backend}`,
      PULUMI_HOME: join(this.#root, "home"),
      PULUMI_CONFIG_PASSPHRASE: "correct horse",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // The compiler has seen all programs here before.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      NO_COLOR: "1",
    };
  }
}

/** Writes text files, by their paths below a directory. */
export function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

/** What the state keeps of a resource, as far as tests look. */
export interface StoredResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
  readonly parent?: string;
  readonly dependencies?: string[];
  readonly provider?: string;
  readonly deletedWith?: string;
}

/** Variables of the machine that tests must not see: no test may reach a real account. */
function isForeign(variable: string): boolean {
  return /^(ALICLOUD|ALIBABA|ALIYUN|PULUMI)_?/.test(variable);
}

export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => exists(join(directory, program)));
}

function exists(path: string): boolean {
  try {
    accessSync(path, constants.F_OK);
    return true;
  } catch {
    return false;
  }
}
