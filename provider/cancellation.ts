import { setMaxListeners } from "node:events";
import { ActionableError } from "./actionableError";
import type { Clock } from "./clock";

/** What to do after a cancellation. */
export const CONTINUE = "run `pulumi up` again, which looks at what is there and continues";

/** The user has stopped the operation. */
export class Cancelled extends ActionableError {
  override readonly name = "Cancelled";

  constructor(facts = "This was cancelled") {
    super(facts, CONTINUE);
  }
}

/** Stops waits and requests when the user does not want to wait for them any longer. */
export class Cancellation {
  readonly #controller = new AbortController();
  #isAsked = false;
  #held = 0;

  /** Aborts, with `Cancelled`, what cannot be raced. */
  readonly signal: AbortSignal = this.#controller.signal;

  constructor() {
    // As many as there are waits and requests at once.
    setMaxListeners(0, this.signal);
  }

  cancel(): void {
    this.#isAsked = true;
    if (this.#held === 0) this.#controller.abort(new Cancelled());
  }

  /** For a wait in what is held that may end there all the same. @throws Cancelled once the user has asked for it */
  throwIfAsked(): void {
    if (this.#isAsked) throw new Cancelled();
  }

  /** Lets nothing be stopped meanwhile: for what must not be left half done. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#held++;
    try {
      return await work();
    } finally {
      this.#held--;
      if (this.#isAsked) this.cancel();
    }
  }

  /** Waits for something as long as nobody cancels. @throws Cancelled */
  async race<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop);
      work()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", stop));
    });
  }

  /** A clock on which nobody sleeps any longer then. */
  stopping(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      sleep: (milliseconds) => this.race(() => clock.sleep(milliseconds)),
      later: (milliseconds, action) => clock.later(milliseconds, action),
    };
  }
}
