import { CRITICAL_DAYS, EXPIRES_SOON_DAYS } from "../provider/expiry";
import { type OutputOptions, paint } from "./output";

export function daysCell(days: number | undefined, options: OutputOptions): string {
  if (days === undefined) return "";
  if (days >= EXPIRES_SOON_DAYS) return String(days);
  return paint(days < CRITICAL_DAYS ? "red" : "yellow", String(days), options);
}
