/** Refuses by name what this engine does not do, so that nobody has to guess; the Pulumi CLI does it. */
export class Unsupported extends Error {
  /** @param what the thing and where it is, as in "the program uses a transform" */
  constructor(what: string) {
    super(`${what}, which this engine does not do: use the Pulumi CLI`);
    this.name = "Unsupported";
  }
}
