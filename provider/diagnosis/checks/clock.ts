import type { Evidence } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown, wrong } from "../finding";

/** Is this machine's clock close enough for OSS to accept its requests? */
export function assessClock({ oss, now }: Evidence): Verdict {
  if (oss instanceof Error) return unknown("OSS was not reached");
  const { serverTime } = oss;
  if (serverTime === undefined) return unknown("OSS did not say what time it is");
  const skewMs = Math.abs(serverTime.getTime() - now);
  const text = `${Math.round(skewMs / 1000)} s from the clock of OSS, which shows ${serverTime.toISOString()}`;
  return skewMs > MAX_SKEW_MS
    ? wrong(text, "set this machine's clock: OSS refuses requests that are more than 15 minutes off")
    : right(text);
}

const MAX_SKEW_MS = 15 * 60 * 1000;
