import type { Clock } from "./clock";

/**
 * Tells how many of many domains are done: at most once a second, for all that is under way together, and once more at
 * the end. What takes less than a second is not told, and nothing is told twice.
 */
export class Progress {
  readonly #clock: Clock;
  readonly #print: (text: string) => void;
  #all = 0;
  #done = 0;
  #isScheduled = false;
  #told: number | undefined;

  constructor(clock: Clock, print: (text: string) => void) {
    this.#clock = clock;
    this.#print = print;
  }

  /** More domains are being worked on. */
  begin(count: number): void {
    this.#all += count;
    this.#schedule();
  }

  /** One of them is done, or has failed. */
  finish(): void {
    this.#done++;
    if (this.#done < this.#all) return;
    if (this.#told !== undefined) this.#tell();
    this.#all = 0;
    this.#done = 0;
    this.#told = undefined;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.later(SECOND_MS, () => {
      this.#isScheduled = false;
      if (this.#all === 0) return;
      if (this.#told !== this.#done) this.#tell();
      this.#schedule();
    });
  }

  #tell(): void {
    this.#told = this.#done;
    this.#print(`oss-cname: ${this.#done} of ${this.#all} domains done`);
  }
}

const SECOND_MS = 1000;
