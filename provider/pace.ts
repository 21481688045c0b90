import type { Clock } from "./clock";

/** A service took a request for one too many. */
export interface Refusal {
  /** How long it asks us to wait. */
  readonly delayMs?: number | undefined;
}

/**
 * When requests may be sent, and how many at once: one for all services that a process asks.
 *
 * A refusal halves the bound and stops everything for a while: what is under way at that moment counts as one refusal.
 * Each reply that is none raises the bound by a quarter of a request, up to what the user allows.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #most: () => number;
  readonly #waiting: (() => void)[] = [];
  #bound = Number.POSITIVE_INFINITY;
  #underWay = 0;
  #pauses = 0;
  /** Requests that were sent, and how many of them before the last refusal that counted. */
  #sent = 0;
  #sentBeforeRefusal = 0;
  /** Refusals since the last reply that was none. */
  #refusals = 0;

  /** `most`: asked before every request, how many may be under way at once. */
  constructor(clock: Clock, most: () => number = () => MOST_REQUESTS) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Whether nothing but refusals has come for so long (half a minute) that it is no use to wait for anything else. */
  get isHopeless(): boolean {
    return this.#refusals >= MOST_REFUSALS;
  }

  /** Sends a request when its turn has come, in the order of the calls. */
  async send<Reply>(
    exchange: () => Promise<Reply>,
    refusalOf: (error: unknown) => Refusal | undefined = () => undefined,
  ): Promise<Reply> {
    await new Promise<void>((start) => {
      this.#waiting.push(start);
      this.#startNext();
    });
    const number = ++this.#sent;
    let refusal: Refusal | undefined;
    try {
      return await exchange();
    } catch (error) {
      refusal = refusalOf(error);
      throw error;
    } finally {
      if (refusal === undefined) this.#speedUp();
      else if (number > this.#sentBeforeRefusal) this.#slowDown(refusal);
      this.#underWay--;
      this.#startNext();
    }
  }

  #startNext(): void {
    while (this.#pauses === 0 && this.#underWay < Math.floor(Math.min(this.#bound, this.#most()))) {
      const start = this.#waiting.shift();
      if (start === undefined) return;
      this.#underWay++;
      start();
    }
  }

  #speedUp(): void {
    this.#refusals = 0;
    this.#bound = Math.min(this.#bound + SPEED_UP, this.#most());
  }

  #slowDown({ delayMs = 0 }: Refusal): void {
    this.#sentBeforeRefusal = this.#sent;
    this.#bound = Math.max(Math.min(this.#bound, this.#most()) / 2, 1);
    this.#refusals++;
    if (this.isHopeless) return;
    const growing = Math.min(PAUSE_MS * 2 ** (this.#refusals - 1), LONGEST_PAUSE_MS);
    const pauseMs = Math.max(growing, Math.min(delayMs, LONGEST_WISH_MS));
    this.#pauses++;
    const goOn = () => {
      this.#pauses--;
      this.#startNext();
    };
    // After a cancellation nobody sleeps, and what waits for its turn has to learn of it.
    this.#clock.sleep(pauseMs).then(goOn, goOn);
  }
}

/** As many requests as other tools send at once to one account. */
export const MOST_REQUESTS = 10;
const SPEED_UP = 0.25;
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_WISH_MS = 20_000;
const MOST_REFUSALS = 10;
