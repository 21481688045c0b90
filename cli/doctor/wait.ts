import type { Clock, Diagnosis } from "../../provider/internal";
import { stateOf } from "./text";

/**
 * Looks again every ten seconds, at the domains with which something is wrong, until nothing is or the time is over. Gives
 * the last diagnosis of each. What is unknown does not get better by waiting.
 *
 * @param look diagnoses these domains; all if none are given
 */
export async function waitUntilFine(
  look: (domains?: ReadonlySet<string>) => Promise<readonly Diagnosis[]>,
  clock: Clock,
  seconds: number,
): Promise<Diagnosis[]> {
  const end = clock.now() + seconds * 1000;
  const settled: Diagnosis[] = [];
  let open: ReadonlySet<string> | undefined;
  for (;;) {
    const looked = await look(open);
    const wrong = new Set(looked.filter((each) => stateOf(each) === "wrong").map(({ domain }) => domain));
    const leftMs = end - clock.now();
    if (wrong.size === 0 || leftMs <= 0) return [...settled, ...looked];
    settled.push(...looked.filter(({ domain }) => !wrong.has(domain)));
    open = wrong;
    await clock.sleep(Math.min(PAUSE_MS, leftMs));
  }
}

const PAUSE_MS = 10_000;
