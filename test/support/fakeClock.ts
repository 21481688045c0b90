import type { Clock } from "../../provider/clock";

/** A clock that only waiting moves. A local cloud takes it as its `now` option. */
export class FakeClock implements Clock {
  #now = Math.floor(Date.now() / 1000) * 1000;
  #timers: { readonly at: number; readonly action: () => void }[] = [];
  readonly #onSleep: (milliseconds: number) => void;

  /** `onSleep` is called before each sleep. */
  constructor(onSleep: (milliseconds: number) => void = () => {}) {
    this.#onSleep = onSleep;
  }

  now(): number {
    return this.#now;
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { action } of due) action();
  }

  async sleep(milliseconds: number): Promise<void> {
    this.#onSleep(milliseconds);
    this.pass(milliseconds);
    // Others go on meanwhile.
    await new Promise(setImmediate);
  }

  later(milliseconds: number, action: () => void): void {
    this.#timers.push({ at: this.#now + milliseconds, action });
  }
}
