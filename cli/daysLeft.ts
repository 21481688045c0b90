import { type OutputOptions, paint } from "./output";

const DAY_MS = 86_400_000;

/** Whole days until a date (ISO 8601), negative once it has passed; `undefined` where there is no date. */
export function daysLeft(end: string | undefined, now = Date.now()): number | undefined {
  const days = Math.floor((Date.parse(end ?? "") - now) / DAY_MS);
  return Number.isNaN(days) ? undefined : days;
}

/** When a certificate's end is near, and when it is all but there. */
export const NEAR_DAYS = 30;
export const CRITICAL_DAYS = 7;

export function daysCell(days: number | undefined, options: OutputOptions): string {
  if (days === undefined) return "";
  if (days >= NEAR_DAYS) return String(days);
  return paint(days < CRITICAL_DAYS ? "red" : "yellow", String(days), options);
}
