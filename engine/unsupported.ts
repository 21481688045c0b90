export const DYNAMIC_PROVIDER = "pulumi:providers:pulumi-nodejs";

/** Is this the type of a dynamic resource, or of a provider of such? */
export function isDynamic(type: string): boolean {
  return type.startsWith("pulumi-nodejs:") || type === DYNAMIC_PROVIDER;
}

/** What this engine does not do, refused by name. Nobody has to guess: the same program, stack or setting goes with the CLI. */
export class Unsupported extends Error {
  /** @param what the thing with its place, as "the program uses a transform" */
  constructor(what: string) {
    super(`${what}, which this engine does not do: use the Pulumi CLI`);
    this.name = "Unsupported";
  }
}
