import type { Engine } from "../test/support/pulumiRun";
import { type Row, seconds, times } from "./figures";
import { type Measured, MeasuredStack } from "./measuredStack";

/** The service's answer to each request comes this late. */
export const LATENCY_MS = 50;
/** The default of `oss-cname:maxConcurrentRequests`. */
const CONCURRENCY = 10;

/** A stack of resources that do nothing: what an engine takes for as many. */
export class NothingStack {
  readonly #stack: MeasuredStack;
  readonly #resources: number;

  private constructor(stack: MeasuredStack, resources: number) {
    this.#stack = stack;
    this.#resources = resources;
  }

  static async create(engine: Engine, resources: number): Promise<NothingStack> {
    return new NothingStack(await MeasuredStack.create(engine, { files: programOf(resources) }), resources);
  }

  up(): Promise<Measured> {
    return this.#stack.measure("up");
  }

  unchanged(): Promise<Measured> {
    return this.#stack.measure("up", "--expect-no-changes");
  }

  /** Updates so many of them, once. */
  update(resources: number): Promise<Measured> {
    this.#stack.write(programOf(this.#resources, resources));
    return this.#stack.measure("up");
  }

  destroy(): Promise<Measured> {
    return this.#stack.measure("destroy");
  }

  close(): void {
    this.#stack.close();
  }
}

/** A row about a command, against what as many resources that do nothing and its requests take at the least. */
export function rowAgainstFloor(what: string, { ms, requests }: Measured, nothing: Measured): Row {
  const least = nothing.ms + (requests * LATENCY_MS) / CONCURRENCY;
  return [`${what}, ${requests} requests`, seconds(ms), `floor ${seconds(least)}`, times(ms / least)];
}

/** The text of the provider is a constant, as ours is: the SDK would take longer to make it. */
function programOf(resources: number, updated = 0): Readonly<Record<string, string>> {
  const program = `
    const pulumi = require("@pulumi/pulumi");
    const __provider = \`exports.handler = () => ({
      check: async (_olds, inputs) => ({ inputs }),
      diff: async (_id, olds, news) => ({ changes: olds.version !== news.version }),
      create: async (inputs) => ({ id: inputs.name, outs: inputs }),
      update: async (_id, _olds, inputs) => ({ outs: inputs }),
      delete: async () => {},
    });\`;
    for (let index = 0; index < ${resources}; index++) {
      const name = \`nothing-\${index}\`;
      const version = index < ${updated} ? 2 : 1;
      new pulumi.CustomResource("pulumi-nodejs:dynamic/bench:Nothing", name, { name, version, __provider });
    }`;
  return { "index.js": program };
}
