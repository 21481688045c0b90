import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as engine from "../../engine/engine";
import type { PropertyMap } from "../../engine/property/value";
import { Crypter } from "../../engine/stack/secrets";

const repository = resolve(__dirname, "../../..");
const commands = { preview: engine.preview, up: engine.up, refresh: engine.refresh, destroy: engine.destroy };
const passphrase = "correct horse";

export type Engine = "local" | "pulumi";
export type Command = "preview" | "up" | "refresh" | "destroy";

/** Is there a real Pulumi CLI to compare with? */
export const hasPulumi = (() => {
  try {
    execFileSync("pulumi", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Runs the Pulumi CLI on a file backend. */
export function pulumi(
  cwd: string,
  backend: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<{ status: number; output: string }> {
  const env = {
    ...process.env,
    ...more,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_HOME: join(cwd, "home"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  return new Promise((done) => {
    execFile("pulumi", args, { cwd, env }, (error, stdout, stderr) => {
      done({ status: typeof error?.code === "number" ? error.code : error ? 1 : 0, output: stdout + stderr });
    });
  });
}

export interface ScenarioResource {
  readonly name: string;
  readonly kind?: "thing" | "group" | "account";
  readonly id?: string;
  readonly opts?: Readonly<Record<string, unknown>>;
  readonly [property: string]: unknown;
}
export interface Scenario {
  readonly resources?: readonly ScenarioResource[];
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly log?: readonly string[];
  readonly print?: string;
  readonly end?: "throw" | "exit";
}

export interface Outcome {
  readonly status: number;
  readonly output: string;
  /** What the provider was asked, in order: operation, name or id, and the property maps. */
  readonly calls: readonly (readonly unknown[])[];
  readonly state: readonly StateResource[];
  readonly pending: readonly string[];
  /** How many resources were treated in which way; the local engine only. */
  readonly summary?: engine.Result["summary"];
}
type RawResource = StateResource & {
  readonly dependencies?: readonly string[];
};
export type StateResource = Readonly<Record<string, unknown>> & {
  readonly urn: string;
  readonly inputs?: PropertyMap;
  readonly outputs?: PropertyMap;
};

/** A copy of the scenario program with a stack, a file backend and a cloud of its own. */
export class Sandbox {
  readonly directory = mkdtempSync(join(tmpdir(), "engine-"));
  readonly backend = join(this.directory, "backend");
  readonly stateFile = join(this.backend, ".pulumi/stacks/scenario/dev.json");
  readonly env = {
    SCENARIO: join(this.directory, "scenario.json"),
    WORLD: join(this.directory, "world"),
    CALLS: join(this.directory, "calls"),
  };
  readonly #options = { cwd: this.directory, stack: "dev", backend: this.backend, passphrase };

  static async create(): Promise<Sandbox> {
    const sandbox = new Sandbox();
    cpSync(join(repository, "test/fixtures/programs/scenario"), sandbox.directory, { recursive: true });
    symlinkSync(join(repository, "node_modules"), join(sandbox.directory, "node_modules"));
    mkdirSync(sandbox.backend);
    mkdirSync(sandbox.env.WORLD);
    await engine.initializeStack(sandbox.#options);
    return sandbox;
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  config(key: string, value: string, secret = false): Promise<void> {
    return engine.setConfig(this.#options, key, value, { secret });
  }

  outputs(secrets: boolean): Promise<Record<string, unknown>> {
    return engine.outputs(this.#options, secrets);
  }

  /** Objects that exist in the provider's cloud. */
  get world(): string[] {
    return readdirSync(this.env.WORLD)
      .map((name) => name.replace(".json", ""))
      .sort();
  }

  /** Changes an object behind the engine's back; undefined removes it. */
  drift(id: string, change: object | undefined): void {
    const file = join(this.env.WORLD, `${id}.json`);
    if (!change) rmSync(file);
    else writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...change }));
  }

  /** Makes an object that others wait for. */
  letGo(id: string): void {
    writeFileSync(join(this.env.WORLD, `${id}.json`), "{}");
  }

  /** Resolves when the provider has been asked for this operation. */
  async called(operation: string): Promise<void> {
    const isCalled = () =>
      existsSync(this.env.CALLS) && readFileSync(this.env.CALLS, "utf8").includes(`["${operation}"`);
    const changes = watch(this.directory);
    try {
      while (!isCalled()) await once(changes, "change");
    } finally {
      changes.close();
    }
  }

  async run(
    which: Engine,
    command: Command,
    scenario: Scenario,
    options: Partial<engine.EngineOptions> = {},
  ): Promise<Outcome> {
    writeFileSync(this.env.SCENARIO, JSON.stringify(scenario));
    rmSync(this.env.CALLS, { force: true });
    const done = which === "local" ? await this.#runLocal(command, options) : await this.#runPulumi(command, options);
    const calls = existsSync(this.env.CALLS) ? readFileSync(this.env.CALLS, "utf8").trim().split("\n") : [];
    return { ...done, calls: calls.map((line) => JSON.parse(line)), ...(await this.state()) };
  }

  async #runLocal(command: Command, options: Partial<engine.EngineOptions>) {
    const lines: string[] = [];
    const all = { ...this.#options, env: this.env, onLine: (line: string) => lines.push(line), ...options };
    try {
      const { summary } = await commands[command](all);
      return { status: 0, output: lines.join("\n"), summary };
    } catch (error) {
      if (!(error instanceof engine.EngineError)) throw error;
      return { status: error.exitCode, output: [...lines, error.message].join("\n"), summary: error.result.summary };
    }
  }

  #runPulumi(command: Command, options: Partial<engine.EngineOptions>): Promise<{ status: number; output: string }> {
    const flags = ["--stack", "dev", "--color", "never", "--non-interactive"];
    if (command !== "preview") flags.push("--yes");
    if (options.skipPreview) flags.push("--skip-preview");
    if (options.expectNoChanges) flags.push("--expect-no-changes");
    if (options.refresh) flags.push("--refresh");
    if (options.parallel) flags.push("--parallel", String(options.parallel));
    return this.pulumi(command, ...flags);
  }

  pulumi(...args: string[]): Promise<{ status: number; output: string }> {
    return pulumi(this.directory, this.backend, args, this.env);
  }

  /**
   * The state as both engines must leave it: in clear, sorted, without times, source positions and the ids of
   * providers.
   */
  async state(): Promise<{ state: StateResource[]; pending: string[] }> {
    const text = await readFile(this.stateFile, "utf8");
    const { latest } = JSON.parse(text).checkpoint;
    const crypter = await Crypter.open(passphrase, latest.secrets_providers.state.salt);
    const normal = (resource: RawResource): StateResource => {
      const {
        created,
        modified,
        sourcePosition,
        stackTrace,
        inputs = {},
        outputs = {},
        dependencies,
        ...rest
      } = resource;
      const clear = { ...rest, inputs: crypter.unseal(inputs), outputs: crypter.unseal(outputs) };
      const sorted = { ...clear, ...(dependencies && { dependencies: [...dependencies].sort() }) };
      const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
      return JSON.parse(JSON.stringify(sorted).replace(uuid, "<uuid>"));
    };
    const key = ({ urn, id, delete: old }: StateResource) => `${urn} ${id} ${old}`;
    const state = (latest.resources ?? [])
      .map(normal)
      .sort((a: StateResource, b: StateResource) => (key(a) < key(b) ? -1 : 1));
    const pending = (latest.pending_operations ?? []).map(
      ({ type, resource }: { type: string; resource: StateResource }) => `${type} ${resource.urn}`,
    );
    return { state, pending };
  }
}
