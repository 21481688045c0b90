import type { Command } from "commander";
import { foldName, Run, resolveLocation } from "../../provider/internal";
import { readOptions } from "../connection";
import type { Io } from "../io";
import { unsealed } from "./secrets";
import { readStackFile, type StackFile, stackFiles } from "./stackFile";
import { merged, textOf, type Values } from "./values";

/** A bucket that may not be known, and the run that asks for it where it is, with the key that belongs to it. */
export interface Place {
  readonly run: Run;
  readonly bucket: string | undefined;
}

/** A bucket that stacks declare domains of. */
export interface Target extends Place {
  readonly bucket: string;
  readonly domains: ReadonlySet<string>;
}

/**
 * Where to ask, and with whose key: as the options say, and where they say nothing as the stacks do, which are those of
 * `--config` or else of the current directory. Sends nothing.
 */
export async function openTargets(command: Command, io: Io): Promise<Targets> {
  const options = await readOptions(command, io);
  const files = command.opts<{ config?: string[] }>().config ?? stackFiles(".");
  const runs = new Runs(options, io);
  const declared = new Map<Run, Map<string, Target & { readonly domains: Set<string> }>>();
  const bases = new Set<Run>();
  for (const stack of await Promise.all(files.map(readStackFile))) {
    bases.add(await runs.of([stack.values], stack));
    for (const { domain, bucket, values } of stack.domains) {
      const run = await runs.of([stack.values, ...values], stack);
      const buckets = declared.get(run) ?? new Map();
      const target = buckets.get(bucket) ?? { bucket, run, domains: new Set() };
      target.domains.add(foldName(domain));
      declared.set(run, buckets.set(bucket, target));
    }
  }
  const [only, ...others] = bases;
  const base = only !== undefined && others.length === 0 ? only : await runs.of([]);
  const all = [...declared.values()].flatMap((buckets) => [...buckets.values()]);
  return new Targets(command, io, { files, all, base, endpoints: runs.endpoints });
}

/** What `openTargets` has found. */
class Targets {
  readonly #command: Command;
  readonly #io: Io;
  readonly #files: readonly string[];
  readonly #all: readonly Target[];
  readonly #base: Run;
  readonly #endpoints: ReadonlyMap<Run, string>;
  readonly #said = new Set<string>();

  constructor(
    command: Command,
    io: Io,
    found: { files: readonly string[]; all: readonly Target[]; base: Run; endpoints: ReadonlyMap<Run, string> },
  ) {
    this.#command = command;
    this.#io = io;
    this.#files = found.files;
    this.#all = found.all;
    this.#base = found.base;
    this.#endpoints = found.endpoints;
  }

  /** All buckets that the stacks declare domains of. The command ends if there are none. */
  declared(): readonly Target[] {
    if (this.#all.length === 0) {
      const files = this.#files.join(", ");
      const reason =
        files === ""
          ? "there is no Pulumi.<stack>.yaml here"
          : `no oss-cname:domains or oss-cname:domainsFile in ${files}`;
      this.#command.error(`error: ${reason}: name a bucket, or give another file with --config`);
    }
    this.#announce(this.#all);
    return this.#all;
  }

  /**
   * Where to ask for a bucket or a domain: as a stack declares it, else as all stacks say in general, else as the options
   * do. Without `bucket` it is the one that a declaration of the domain names.
   */
  find(wanted: { readonly bucket: string; readonly domain?: string }): Place & { readonly bucket: string };
  find(wanted: { readonly bucket?: string | undefined; readonly domain: string }): Place;
  find({ bucket, domain }: { readonly bucket?: string | undefined; readonly domain?: string }): Place {
    const inBucket = this.#all.filter((target) => bucket === undefined || target.bucket === bucket);
    const ofDomain = inBucket.filter(({ domains }) => domain !== undefined && domains.has(foldName(domain)));
    const declared = ofDomain.length > 0 || bucket === undefined ? ofDomain : inBucket;
    if (declared.length > 1)
      this.#command.error(
        `error: ${this.#files.join(" and ")} declare ${domain ?? bucket} in different ways: choose one with --config`,
      );
    const place: Place = declared[0] ?? { bucket, run: this.#base };
    this.#announce([place]);
    return place;
  }

  /** As all stacks say in general, else as the options do. */
  get base(): Run {
    this.#announce([{ run: this.#base }]);
    return this.#base;
  }

  /** Ends the command unless a run knows where to ask. */
  requirePlace({ settings }: Run): void {
    const { region, endpoint } = resolveLocation({}, settings);
    if (region !== undefined || endpoint !== undefined) return;
    const choose = this.#files.length > 1 ? ", or choose a stack with --config" : "";
    this.#command.error(`error: give --region or --endpoint, or set ALICLOUD_REGION${choose}`);
  }

  /** A file may have come with a clone: whoever runs the command sees where it sends signed requests. */
  #announce(places: readonly { readonly run: Run }[]): void {
    const endpoints = new Set(places.flatMap(({ run }) => this.#endpoints.get(run) ?? []));
    const unsaid = [...endpoints].filter((endpoint) => !this.#said.has(endpoint));
    for (const endpoint of unsaid) this.#said.add(endpoint);
    if (unsaid.length > 0)
      this.#io.stderr.write(`oss-cname: the configuration sends signed requests to ${unsaid.join(", ")}\n`);
  }
}

/** One run for all that is asked in the same place with the same key, so that it is asked once. */
class Runs {
  /** The endpoints that stacks decide. */
  readonly endpoints = new Map<Run, string>();
  readonly #runs = new Map<string, Run>();
  readonly #options: Values;
  readonly #io: Io;

  constructor(options: Values, io: Io) {
    this.#options = options;
    this.#io = io;
  }

  async of(sources: readonly Values[], stack?: StackFile): Promise<Run> {
    const values = merged([...sources, this.#options]);
    const key = JSON.stringify([values, stack?.salt]);
    const known = this.#runs.get(key);
    if (known !== undefined) return known;
    const clear = stack === undefined ? values : await unsealed(values, stack, this.#io.env);
    const run = this.#newRun(clear, stack);
    this.#runs.set(key, run);
    const endpoint = textOf(values["oss-cname:endpoint"]);
    if (endpoint !== undefined && this.#options["oss-cname:endpoint"] === undefined) this.endpoints.set(run, endpoint);
    return run;
  }

  #newRun(values: Values, stack: StackFile | undefined): Run {
    const get = (key: string) => {
      const value = values[key];
      if (value instanceof Error) throw value;
      return textOf(value);
    };
    try {
      return new Run({ config: { get }, ...(this.#io.clock && { clock: this.#io.clock }) });
    } catch (error) {
      throw stack === undefined ? error : new Error(`${stack.path}: ${(error as Error).message}`);
    }
  }
}
