import type { Engine } from "../test/support/pulumiRun";
import { type Row, seconds, times } from "./figures";
import { type Measured, MeasuredStack } from "./measuredStack";

/** The service's answer to each request comes this late. */
export const LATENCY_MS = 50;
/** The default of `oss-cname:maxConcurrentRequests`. */
const CONCURRENCY = 10;

/** How many resources, and how many of them each component has, where each needs the one before. */
interface Shape {
  readonly resources: number;
  /** Default: no components, and resources that need no other. */
  readonly chain?: number;
}

/** A stack of resources that do nothing: what an engine takes for as many. */
export class NothingStack {
  readonly #stack: MeasuredStack;
  readonly #shape: Shape;

  private constructor(stack: MeasuredStack, shape: Shape) {
    this.#stack = stack;
    this.#shape = shape;
  }

  static async create(engine: Engine, shape: Shape): Promise<NothingStack> {
    return new NothingStack(await MeasuredStack.create(engine, { files: programOf(shape) }), shape);
  }

  up(): Promise<Measured> {
    return this.#stack.measure("up");
  }

  unchanged(): Promise<Measured> {
    return this.#stack.measure("up", "--expect-no-changes");
  }

  /** Updates all of them, once; in components, the last of each. */
  update(): Promise<Measured> {
    this.#stack.write(programOf(this.#shape, 2));
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
export function rowAgainstFloor(what: string, { ms, requests, lists, uploads }: Measured, nothing: Measured): Row {
  const least = nothing.ms + (requests * LATENCY_MS) / CONCURRENCY;
  const sent = requests === 0 ? "no requests" : `${requests} requests (${lists} ListCname, ${uploads} uploads)`;
  return [`${what}, ${sent}`, seconds(ms), `floor ${seconds(least)}`, times(ms / least)];
}

/** The text of the provider is a constant, as ours is: the SDK would take longer to make it. */
function programOf({ resources, chain = 0 }: Shape, version = 1): Readonly<Record<string, string>> {
  const program = `
    const pulumi = require("@pulumi/pulumi");
    const __provider = \`exports.handler = () => ({
      check: async (_olds, inputs) => ({ inputs }),
      diff: async (_id, olds, news) => ({ changes: olds.version !== news.version }),
      create: async (inputs) => ({ id: inputs.name, outs: inputs }),
      update: async (_id, _olds, inputs) => ({ outs: inputs }),
      delete: async () => {},
    });\`;
    let parent, before;
    for (let index = 0; index < ${resources}; index++) {
      const place = ${chain} && index % ${chain};
      if (${chain} && place === 0) {
        parent = new pulumi.ComponentResource("bench:index:Group", \`group-\${index}\`);
        before = undefined;
      }
      const name = \`nothing-\${index}\`;
      const version = ${chain} === 0 || place === ${chain} - 1 ? ${version} : 1;
      const options = { parent, dependsOn: before };
      before = new pulumi.CustomResource("pulumi-nodejs:dynamic/bench:Nothing", name, { name, version, __provider }, options);
      if (!${chain}) before = undefined;
    }`;
  return { "index.js": program };
}
