import type { Clock } from "./clock";

const QUIET_MS = 10_000;
/** What happens to many domains at once becomes one line. */
const GATHERING_MS = 100;
const SHOWN = 3;

/**
 * Lines for the user about what a provider process is doing.
 *
 * Pulumi shows what a dynamic provider prints, but beside no resource in particular, and a hundred domains would drown
 * everything else. So there is at most one line in ten seconds, about all that happened since the last one.
 */
export class Notices {
  readonly #clock: Clock;
  readonly #print: (line: string) => void;
  /** What each domain waits for. */
  readonly #waiting = new Map<string, string>();
  readonly #unsaid: string[] = [];
  #lastLineAt = Number.NEGATIVE_INFINITY;
  #isScheduled = false;

  constructor(clock: Clock, print: (line: string) => void) {
    this.#clock = clock;
    this.#print = print;
  }

  /**
   * Resolves when the line has been printed, unless it has to wait: Pulumi may end the process with the last resource.
   */
  async say(text: string): Promise<void> {
    this.#unsaid.push(text);
    if (this.#clock.now() >= this.#lastLineAt + QUIET_MS) await this.#clock.sleep(GATHERING_MS);
    this.#schedule();
  }

  /** Says what a domain waits for, again and again until `doneWaiting`. */
  waitingFor(domain: string, what: string): void {
    this.#waiting.set(domain, what);
    this.#schedule();
  }

  doneWaiting(domain: string): void {
    this.#waiting.delete(domain);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    const pause = this.#lastLineAt + QUIET_MS - this.#clock.now();
    if (pause <= 0) {
      this.#printLine();
    } else {
      this.#isScheduled = true;
      this.#clock.later(pause, () => this.#printLine());
    }
  }

  #printLine(): void {
    this.#isScheduled = false;
    const waiting = [...this.#waiting].map(([domain, what]) => `${domain} (${what})`);
    const parts = [...shortened(this.#unsaid.splice(0), "; "), ...shortened(waiting, ", ").map(waitingText)];
    if (parts.length === 0) return;
    this.#lastLineAt = this.#clock.now();
    this.#print(`oss-cname: ${parts.join("; ")}`);
  }
}

function waitingText(domains: string): string {
  return `waiting for ${domains}`;
}

/** The first few of many in one string, with how many more there are; nothing where there are none. */
function shortened(texts: readonly string[], separator: string): string[] {
  if (texts.length === 0) return [];
  const more = texts.length > SHOWN ? ` and ${texts.length - SHOWN} more` : "";
  return [texts.slice(0, SHOWN).join(separator) + more];
}
