import { clock } from "./clock";

const QUIET_MS = 10_000;
const SHOWN = 3;

const waiting = new Map<string, string>();
const notices: string[] = [];
let lastLine = Number.NEGATIVE_INFINITY;
let timer: NodeJS.Timeout | undefined;

/**
 * Pulumi shows what a dynamic provider prints, but of no resource in particular, and a fleet of a hundred domains would drown
 * everything else. So there is at most one line in ten seconds, about all that happened since.
 */
export function notice(text: string): void {
  notices.push(text);
  schedule();
}

/** Says what a domain waits for, until `doneWaiting`. */
export function waitingFor(domain: string, what: string): void {
  waiting.set(domain, what);
  schedule();
}

export function doneWaiting(domain: string): void {
  waiting.delete(domain);
}

function schedule(): void {
  if (timer !== undefined) return;
  const pause = lastLine + QUIET_MS - clock.now();
  if (pause <= 0) print();
  else timer = setTimeout(print, pause).unref();
}

function print(): void {
  timer = undefined;
  const parts = [...notices.splice(0), ...waitingText()];
  if (parts.length === 0) return;
  lastLine = clock.now();
  console.log(`oss-cname: ${parts.join("; ")}`);
}

function waitingText(): string[] {
  if (waiting.size === 0) return [];
  const shown = [...waiting].slice(0, SHOWN).map(([domain, what]) => `${domain} (${what})`);
  const more = waiting.size > SHOWN ? ` and ${waiting.size - SHOWN} more` : "";
  return [`waiting for ${shown.join(", ")}${more}`];
}
