import type { Clock } from "../provider/internal";

/** The parts of a process that a command uses. `process` is one; tests pass their own. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Screen;
  readonly stderr: Screen;
  /** Default: the machine's. */
  readonly clock?: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The exit status that the process will end with. */
  exitCode?: number | string | null | undefined;
}

/** An output stream, perhaps a terminal. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Milliseconds since 1970. */
export function now({ clock }: Io): number {
  return clock?.now() ?? Date.now();
}
