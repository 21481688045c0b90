import { ActionableError, factsOf } from "../actionableError";

/** What one check found. */
export interface Verdict {
  readonly state: "right" | "wrong" | "unknown";
  /** What was found, or why it is unknown. */
  readonly text: string;
  /** How to fix what is wrong. */
  readonly fix?: string;
}

/** A verdict with the name of its check. */
export interface Finding extends Verdict {
  readonly check: string;
}

export function right(text: string): Verdict {
  return { state: "right", text };
}

export function wrong(text: string, fix: string): Verdict {
  return { state: "wrong", text, fix };
}

export function unknown(text: string): Verdict {
  return { state: "unknown", text };
}

/** Reports an error as wrong, with its own remedy or else the given one. */
export function wrongFrom(error: Error, otherwise: string): Verdict {
  return wrong(factsOf(error), (error instanceof ActionableError ? error.remedy : undefined) ?? otherwise);
}
