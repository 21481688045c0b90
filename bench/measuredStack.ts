import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cloud } from "../local";
import { type Engine, livingOn, Project } from "../test/support/pulumiRun";

export interface Measured {
  readonly ms: number;
  /** The most that the largest process of a program or a provider held, in bytes. */
  readonly memory: number;
  readonly requests: number;
  /** How many of them were ListCname, and how many carried a private key. */
  readonly lists: number;
  readonly uploads: number;
  /** Of the state file afterwards. */
  readonly stateBytes: number;
}

/** A stack whose commands are measured. They skip the preview and must not fail. */
export class MeasuredStack {
  readonly #project: Project;
  readonly #memory: string;
  readonly #cloud: Cloud | undefined;

  private constructor(project: Project, memory: string, cloud: Cloud | undefined) {
    this.#project = project;
    this.#memory = memory;
    this.#cloud = cloud;
  }

  static async create(
    engine: Engine,
    options: {
      readonly files: Readonly<Record<string, string>>;
      readonly cloud?: Cloud;
      /** Beside what leads to the cloud. */
      readonly config?: Readonly<Record<string, unknown>>;
    },
  ): Promise<MeasuredStack> {
    const memory = mkdtempSync(join(tmpdir(), "bench-"));
    const { config, secrets } = options.cloud ? livingOn(options.cloud) : { config: {}, secrets: {} };
    const project = await Project.create(engine, {
      files: options.files,
      config: { ...config, ...options.config },
      secrets,
      env: { BENCH_MEMORY: memory, NODE_OPTIONS: `--require=${join(__dirname, "peakMemory.js")}` },
    });
    return new MeasuredStack(project, memory, options.cloud);
  }

  /** Changes files of the project. */
  write(files: Readonly<Record<string, string>>): void {
    this.#project.write(files);
  }

  async measure(command: "up" | "refresh" | "destroy", ...flags: string[]): Promise<Measured> {
    rmSync(this.#memory, { recursive: true });
    mkdirSync(this.#memory);
    this.#cloud?.forgetRequests();
    const started = performance.now();
    const { status, output } = await this.#project[command]("--skip-preview", ...flags);
    const ms = performance.now() - started;
    if (status !== 0) throw new Error(`${command} ended with ${status}\n${output.slice(-5000)}`);
    const peaks = readdirSync(this.#memory).map((name) => Number(readFileSync(join(this.#memory, name), "utf8")));
    const requests = this.#cloud?.requests() ?? [];
    return {
      ms,
      memory: Math.max(0, ...peaks),
      requests: requests.length,
      lists: requests.filter(({ operation }) => operation === "ListCname").length,
      uploads: requests.filter(({ certificate }) => certificate?.certificateDigest).length,
      stateBytes: this.#project.state().length,
    };
  }

  /** How many resources with a provider of ours there are. */
  get resources(): number {
    return this.#project.resources().filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/")).length;
  }

  close(): void {
    rmSync(this.#memory, { recursive: true });
    this.#project.remove();
  }
}
