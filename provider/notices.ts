import { clock } from "./clock";

const QUIET_MS = 10_000;
/** What happens to many domains at once is to be one line. */
const GATHERING_MS = 100;
const SHOWN = 3;

const waiting = new Map<string, string>();
const notices: string[] = [];
let lastLine = Number.NEGATIVE_INFINITY;
let timer: NodeJS.Timeout | undefined;

/**
 * Pulumi shows what a dynamic provider prints, but of no resource in particular, and a fleet of a hundred domains would drown
 * everything else. So there is at most one line in ten seconds, about all that happened since. Pulumi may end the process as soon as
 * the last resource is done: who waits for the promise has been heard, if it was quiet before.
 */
export async function notice(text: string): Promise<void> {
  notices.push(text);
  if (clock.now() < lastLine + QUIET_MS) return schedule();
  await clock.sleep(GATHERING_MS);
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
  const parts = [...few(notices.splice(0), "; "), ...waitingText()];
  if (parts.length === 0) return;
  lastLine = clock.now();
  console.log(`oss-cname: ${parts.join("; ")}`);
}

function waitingText(): string[] {
  const domains = [...waiting].map(([domain, what]) => `${domain} (${what})`);
  return few(domains, ", ").map((text) => `waiting for ${text}`);
}

/** The first of many, and how many more there are. */
function few(texts: readonly string[], separator: string): string[] {
  if (texts.length === 0) return [];
  const more = texts.length > SHOWN ? ` and ${texts.length - SHOWN} more` : "";
  return [texts.slice(0, SHOWN).join(separator) + more];
}
