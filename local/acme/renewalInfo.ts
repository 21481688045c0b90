import type { World } from "../world";
import type { Issued } from "./authority";

/** When a certificate should be renewed, as RFC 9773 has it; `explanationURL` says why. */
export interface RenewalWindow {
  readonly start: string;
  readonly end: string;
  readonly explanationURL?: string | undefined;
}

const HOUR_MS = 3_600_000;

/** The window that was set from outside; by default it opens at the last third of the life, for a 45th of it. */
export function renewalInfo(world: World, { renewalId, notBefore, notAfter }: Issued) {
  const lifeMs = notAfter.getTime() - notBefore.getTime();
  const opensMs = notAfter.getTime() - lifeMs / 3;
  const byDefault = { start: new Date(opensMs).toISOString(), end: new Date(opensMs + lifeMs / 45).toISOString() };
  const { explanationURL, ...suggestedWindow } =
    world.renewalWindows.get(renewalId) ?? world.renewalWindows.get("*") ?? ({ ...byDefault } as RenewalWindow);
  return { retryAfterSeconds: (6 * HOUR_MS) / 1000, body: { suggestedWindow, explanationURL } };
}
