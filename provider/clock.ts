import { setTimeout as delay } from "node:timers/promises";

/** The one way to tell time and to wait. Tests hand in a clock that only waiting moves. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Runs an action after a while, unless the process has nothing else left to do before then. */
  later(milliseconds: number, action: () => void): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => delay(milliseconds),
  later: (milliseconds, action) => {
    setTimeout(action, milliseconds).unref();
  },
};
