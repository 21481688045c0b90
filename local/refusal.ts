/** An error reply: OSS writes it as XML, the others as JSON. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Further elements of the reply, such as `EC`. */
    readonly extras: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}
