import type { FleetDomain } from "./fleet";
import { escaped } from "./html";

/**
 * A drawing (SVG) of how many certificates expire in each week from now. The first bar is for those that have expired,
 * the last for all later weeks.
 */
export function timeline(domains: readonly FleetDomain[]): string {
  const weeks = byWeek(domains);
  const most = Math.max(1, ...weeks.map(({ length }) => length));
  const bars = weeks.map((expiring, index) => (expiring.length === 0 ? "" : bar(expiring, index, most)));
  const marks = MARKED_WEEKS.map(mark);
  return (
    '<figure role="img" aria-label="Certificates by the week in which they expire">' +
    `<svg viewBox="0 0 ${(WEEKS + 2) * BAR_WIDTH} ${HEIGHT + 20}">${marks.join("")}${bars.join("")}</svg></figure>`
  );
}

const WEEKS = 56;
const MARKED_WEEKS = [0, 4, 13, 26, 39, 52];
const BAR_WIDTH = 16;
const HEIGHT = 120;
const NAMES_SHOWN = 10;

function byWeek(domains: readonly FleetDomain[]): FleetDomain[][] {
  const weeks = Array.from({ length: WEEKS + 2 }, () => [] as FleetDomain[]);
  for (const domain of domains) {
    if (domain.daysLeft === null) continue;
    const week = domain.daysLeft < 0 ? 0 : Math.min(Math.floor(domain.daysLeft / 7), WEEKS) + 1;
    weeks[week]?.push(domain);
  }
  return weeks;
}

function bar(expiring: readonly FleetDomain[], index: number, most: number): string {
  const height = Math.max(3, (expiring.length / most) * HEIGHT);
  const when = index === 0 ? "expired" : index > WEEKS ? "later" : `in week ${index}`;
  const names = expiring.slice(0, NAMES_SHOWN).map(({ domain }) => domain);
  const title = `${expiring.length} ${when}: ${names.join(", ")}${expiring.length > NAMES_SHOWN ? ", …" : ""}`;
  const states = expiring.map(({ state }) => state);
  const worst = (["expired", "critical", "near"] as const).find((state) => states.includes(state)) ?? "fine";
  const place = `x="${index * BAR_WIDTH + 1}" y="${HEIGHT - height}" width="${BAR_WIDTH - 2}" height="${height}"`;
  return `<rect class="${worst}" ${place}><title>${escaped(title)}</title></rect>`;
}

function mark(week: number): string {
  const x = (week + 1) * BAR_WIDTH;
  const text = week === 0 ? "now" : `${week} weeks`;
  return `<line x1="${x}" x2="${x}" y1="0" y2="${HEIGHT + 4}"/>` + `<text x="${x}" y="${HEIGHT + 17}">${text}</text>`;
}
