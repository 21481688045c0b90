/** A certificate with fewer days left than this expires soon. */
export const EXPIRES_SOON_DAYS = 30;

/** A certificate with fewer days left than this is critical: it should have been renewed by now. */
export const CRITICAL_DAYS = 7;

const DAY_MS = 24 * 60 * 60 * 1000;

/** Whole days from `now` until a date, negative once it has passed; `undefined` if there is no readable date. */
export function daysLeft(end: Date | string | undefined, now: number): number | undefined {
  const time = end instanceof Date ? end.getTime() : Date.parse(end ?? "");
  return Number.isNaN(time) ? undefined : Math.floor((time - now) / DAY_MS);
}

/** A warning of a certificate that expires within `days` or has expired. */
export function expiryWarning(name: string, validTo: Date, days: number, now: number): string | undefined {
  const left = daysLeft(validTo, now);
  if (left === undefined || left >= days) return undefined;
  const when = left < 0 ? "expired on" : `expires in ${left} day${left === 1 ? "" : "s"}, on`;
  return `the certificate ${name} ${when} ${validTo.toISOString()}: renew it`;
}
