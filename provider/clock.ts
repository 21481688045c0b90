import { setTimeout as delay } from "node:timers/promises";

/** The time that resources wait by. Tests put their own in its place. */
export const clock = {
  now: (): number => Date.now(),
  sleep: (milliseconds: number): Promise<void> => delay(milliseconds),
};
