import type { Clock } from "./clock";
import { table } from "./table";

const QUIET_MS = 10_000;
/** What happens to many domains at once is told at once. */
const GATHERING_MS = 100;
/** Waits are told again when their record has changed, and after this time, which doubles. */
const AGAIN_MS = 60_000;
const SHOWN = 3;
/** Of a table. */
const ROWS = 60;

/** A TXT record that a domain waits for. */
export interface Wait {
  readonly name: string;
  readonly value: string;
  /** What is known of the record, in a few words. */
  readonly state: string;
  /** When the wait ends in any case. Milliseconds since 1970. */
  readonly until: number;
}

/** A line of several, and the resource that it stands at. */
interface Placed<T> {
  readonly what: T;
  readonly where: string;
}

/**
 * Lines for the user about what a provider process is doing.
 *
 * Pulumi shows what a dynamic provider prints, but beside no resource in particular, and a hundred domains would drown
 * everything else. So they are told together, at most once in ten seconds; only what a preview finds out about a domain
 * is told by itself. The plugin knows the resource of each, and those of one resource are told together.
 */
export class Notices {
  readonly #clock: Clock;
  readonly #print: (text: string, where: string) => void;
  readonly #where: () => string;
  readonly #waiting = new Map<string, Placed<Wait>>();
  /** The state in which the record of each wait was told. */
  readonly #told = new Map<string, string>();
  readonly #unsaid: Placed<string>[] = [];
  #gathered: string[] | undefined;
  #lastPrintAt = Number.NEGATIVE_INFINITY;
  #isScheduled = false;
  #tellAgainAt = Number.POSITIVE_INFINITY;
  #tellAgainAfter = AGAIN_MS;

  constructor(clock: Clock, print: (text: string, where: string) => void, where: () => string = () => "") {
    this.#clock = clock;
    this.#print = print;
    this.#where = where;
  }

  /**
   * Resolves when the line has been printed, unless it has to wait: Pulumi may end the process with the last resource.
   */
  async say(text: string): Promise<void> {
    this.#unsaid.push({ what: text, where: this.#where() });
    if (this.#clock.now() >= this.#lastPrintAt + QUIET_MS) await this.#clock.sleep(GATHERING_MS);
    this.#schedule(0);
  }

  /** Prints a line at once, for `check`: Pulumi may end the process of a preview right after it. */
  tell(text: string): void {
    if (this.#gathered === undefined) this.#print(`oss-cname: ${text}`, this.#where());
    else this.#gathered.push(text);
  }

  /** Makes one line of what is told meanwhile. */
  async gather<T>(work: () => Promise<T>): Promise<T> {
    if (this.#gathered !== undefined) return work();
    const gathered: string[] = [];
    this.#gathered = gathered;
    try {
      return await work();
    } finally {
      this.#gathered = undefined;
      if (gathered.length > 0) this.tell(shortened(gathered));
    }
  }

  /** Says what a domain waits for: soon, when the state of the record changes, and ever more seldom until `doneWaiting`. */
  waitingFor(domain: string, wait: Wait): void {
    this.#waiting.set(domain, { what: wait, where: this.#where() });
    if (this.#told.get(domain) !== wait.state || this.#clock.now() >= this.#tellAgainAt) this.#schedule(GATHERING_MS);
  }

  doneWaiting(domain: string): void {
    this.#waiting.delete(domain);
    this.#told.delete(domain);
  }

  #schedule(least: number): void {
    if (this.#isScheduled) return;
    const pause = Math.max(this.#lastPrintAt + QUIET_MS - this.#clock.now(), least);
    if (pause <= 0) {
      this.#printAll();
    } else {
      this.#isScheduled = true;
      this.#clock.later(pause, () => this.#printAll());
    }
  }

  #printAll(): void {
    this.#isScheduled = false;
    const now = this.#clock.now();
    const said = byPlace(this.#unsaid.splice(0));
    const waits = byPlace(this.#waitsToTell(now));
    if (said.size === 0 && waits.size === 0) return;
    this.#lastPrintAt = now;
    for (const [where, texts] of said) this.#print(`oss-cname: ${shortened(texts)}`, where);
    for (const [where, here] of waits) this.#print(`oss-cname: waiting for ${records(here, now)}`, where);
  }

  /** Those whose record is in another state than was told; when it is time again, all of them. */
  #waitsToTell(now: number): Placed<Wait>[] {
    const all = [...this.#waiting];
    const isAgain = now >= this.#tellAgainAt;
    const told = isAgain ? all : all.filter(([domain, { what }]) => this.#told.get(domain) !== what.state);
    if (told.length === 0) return [];
    for (const [domain, { what }] of told) this.#told.set(domain, what.state);
    if (isAgain) this.#tellAgainAfter *= 2;
    this.#tellAgainAt = now + this.#tellAgainAfter;
    return told.map(([, wait]) => wait);
  }
}

function byPlace<T>(all: readonly Placed<T>[]): ReadonlyMap<string, T[]> {
  const places = new Map<string, T[]>();
  for (const { what, where } of all) places.set(where, [...(places.get(where) ?? []), what]);
  return places;
}

/** One record in the same line, several as a table. */
function records(waits: readonly Wait[], now: number): string {
  const left = ({ until }: Wait) => timeLeft(until - now);
  const [first, ...more] = waits;
  if (first !== undefined && more.length === 0)
    return `TXT ${first.name} = ${first.value} (${first.state}; ${left(first)} left)`;
  const rows = waits.slice(0, ROWS).map((wait) => [wait.name, "TXT", wait.value, wait.state, left(wait)]);
  const unshown = waits.length > ROWS ? `\nand ${waits.length - ROWS} more` : "";
  return `these DNS records:\n${table([["NAME", "TYPE", "VALUE", "STATE", "TIME LEFT"], ...rows]).trimEnd()}${unshown}`;
}

function timeLeft(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** The first few of many in one string, with how many more there are. */
function shortened(texts: readonly string[]): string {
  const more = texts.length > SHOWN ? ` and ${texts.length - SHOWN} more` : "";
  return texts.slice(0, SHOWN).join("; ") + more;
}
