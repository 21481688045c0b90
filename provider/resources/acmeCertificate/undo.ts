import { factsOf } from "../../actionableError";
import type { Run } from "../../run";

/**
 * Takes away what has proven a name, trying a few times. Where that fails it only says so: the certificate is none the
 * worse for it, and the next order for the same names takes it away.
 */
export async function undone(run: Run, what: string, takeAway: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await takeAway();
    } catch (error) {
      if (attempt === ATTEMPTS) return run.notices.say(`${what} could not be removed: ${factsOf(error)}`);
      await run.clock.sleep(PAUSE_MS);
    }
}

const ATTEMPTS = 3;
const PAUSE_MS = 1000;
