/** A failure that knows the user's next step. */
export class ActionableError extends Error {
  /** What we did, to what, and what came back: whole sentences. */
  readonly facts: string;

  constructor(
    facts: string,
    /** What the user can do about it; undefined where that is not known. */
    readonly remedy?: string,
    options?: ErrorOptions,
  ) {
    const sentence = /[.!?]$/.test(facts) ? facts : `${facts}.`;
    super(remedy ? `${sentence} Next: ${remedy}` : sentence, options);
    this.facts = sentence;
  }
}

/** What happened, without the next step. */
export function factsOf(error: unknown): string {
  if (error instanceof ActionableError) return error.facts;
  return error instanceof Error ? error.message : String(error);
}
