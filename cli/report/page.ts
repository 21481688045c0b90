import { createHash } from "node:crypto";
import type { Fleet, FleetDomain } from "./fleet";

const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --back: #fff; --line: #d5dae0; --fine: #2a7d4f; --near: #b26a00; --critical: #c62f2f; --none: #77808a; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ec; --back: #15181c; --line: #363c43; --fine: #57b984; --near: #e5a13c; --critical: #f07070; --none: #8b949e; } }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .7rem; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { text-align: right; }
th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
figure { margin: 1.5rem 0; }
svg { width: 100%; height: auto; overflow: visible; }
svg line { stroke: var(--line); }
svg text { fill: var(--text); font-size: 11px; }
rect.expired, rect.critical { fill: var(--critical); } rect.near { fill: var(--near); } rect.fine { fill: var(--fine); }
td.expired, td.critical { color: var(--critical); font-weight: 600; } td.near, td.unknown { color: var(--near); font-weight: 600; } td.none { color: var(--none); }
@media print {
  :root { color-scheme: light; --text: #000; --back: #fff; --line: #bbb; --fine: #2a7d4f; --near: #b26a00; --critical: #c62f2f; --none: #555; }
  body { margin: 0; max-width: none; font-size: 10pt; }
  thead { display: table-header-group; } tr, figure { break-inside: avoid; }
  rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  th button::after { content: "" !important; }
}
`;

/** Sorts by the column in the fragment of the address: `#days`, or `#-days` for descending order. */
const SCRIPT = `
const table = document.querySelector("table");
const heads = [...table.tHead.rows[0].cells];
function sort() {
  const wanted = location.hash.slice(1) || "days";
  const name = wanted.replace(/^-/, "");
  const column = heads.findIndex((head) => head.dataset.name === name);
  if (column < 0) return;
  const sign = wanted === name ? 1 : -1;
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const isNumber = "number" in heads[column].dataset;
  const compare = (a, b) => (isNumber ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0);
  const rows = [...table.tBodies[0].rows].sort((a, b) => sign * compare(value(a), value(b)));
  table.tBodies[0].append(...rows);
  for (const head of heads) head.removeAttribute("aria-sort");
  heads[column].setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
}
for (const head of heads)
  head.querySelector("button").addEventListener("click", () => {
    location.hash = (head.getAttribute("aria-sort") === "ascending" ? "-" : "") + head.dataset.name;
  });
addEventListener("hashchange", sort);
sort();
`;

/** One HTML page that loads nothing else, and whose policy allows nothing else. */
export function reportPage(fleet: Fleet): string {
  const { generatedAt, domains, failures } = fleet;
  const policy = [
    "default-src 'none'",
    `style-src '${digest(STYLE)}'`,
    `script-src '${digest(SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Certificates of ${domains.length} domains</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Certificates of ${domains.length} domains</h1>
<p>${escaped(summary(fleet))}. As of <time datetime="${generatedAt}">${generatedAt.slice(0, 16).replace("T", " ")} UTC</time>.</p>
${timeline(domains)}
${failures.length === 0 ? "" : `<h2>Not reported</h2>\n<ul>\n${failures.map(({ bucket, reason }) => `<li>${escaped(bucket)}: ${escaped(reason)}</li>\n`).join("")}</ul>\n`}<table>
<thead><tr>${head("domain", "Domain")}${head("bucket", "Bucket")}${head("status", "Status")}${head("certificate", "Certificate")}${head("end", "Expires")}${head("days", "Days left", true)}</tr></thead>
<tbody>
${domains.map(row).join("\n")}
</tbody>
</table>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function summary({ domains, nearDays, criticalDays }: Fleet): string {
  const count = (state: FleetDomain["state"]) => domains.filter((domain) => domain.state === state).length;
  return [
    `${count("expired")} expired`,
    `${count("critical")} within ${criticalDays} days`,
    `${count("near")} within ${nearDays} days`,
    `${count("fine")} later`,
    `${count("none")} without a certificate`,
    ...(count("unknown") > 0 ? [`${count("unknown")} whose expiry cannot be read`] : []),
  ].join(", ");
}

function head(name: string, title: string, isNumber = false): string {
  return `<th scope="col" data-name="${name}"${isNumber ? ' data-number aria-sort="ascending"' : ""}><button type="button">${title}</button></th>`;
}

/** A domain without a certificate sorts after all others. */
function row({ domain, bucket, status, certId, validTo, daysLeft, state }: FleetDomain): string {
  const cells = [domain, bucket, status, certId ?? "", validTo ?? ""]
    .map((text) => `<td>${escaped(text)}</td>`)
    .join("");
  return `<tr>${cells}<td class="${state}" data-value="${daysLeft ?? 1e9}">${daysLeft ?? state}</td></tr>`;
}

const WEEKS = 56;
const BAR = 16;
const HEIGHT = 120;

/** How many certificates expire in each week from now. The first bar is for those that have expired, the last for all later weeks. */
function timeline(domains: readonly FleetDomain[]): string {
  const bars = Array.from({ length: WEEKS + 2 }, () => [] as FleetDomain[]);
  for (const domain of domains) {
    if (domain.daysLeft === null) continue;
    const week = domain.daysLeft < 0 ? 0 : Math.min(Math.floor(domain.daysLeft / 7), WEEKS) + 1;
    bars[week]?.push(domain);
  }
  const most = Math.max(1, ...bars.map(({ length }) => length));
  const drawn = bars.flatMap((expiring, index) => {
    if (expiring.length === 0) return [];
    const height = Math.max(3, (expiring.length / most) * HEIGHT);
    const when = index === 0 ? "expired" : index > WEEKS ? "later" : `in week ${index}`;
    const names = expiring.slice(0, 10).map(({ domain }) => domain);
    const title = `${expiring.length} ${when}: ${names.join(", ")}${expiring.length > names.length ? ", …" : ""}`;
    const worst = (["expired", "critical", "near"] as const).find((state) =>
      expiring.some((domain) => domain.state === state),
    );
    return `<rect class="${worst ?? "fine"}" x="${index * BAR + 1}" y="${HEIGHT - height}" width="${BAR - 2}" height="${height}"><title>${escaped(title)}</title></rect>`;
  });
  const marks = [0, 4, 13, 26, 39, 52].map((week) => {
    const x = (week + 1) * BAR;
    const text = week === 0 ? "now" : `${week} weeks`;
    return `<line x1="${x}" x2="${x}" y1="0" y2="${HEIGHT + 4}"/><text x="${x}" y="${HEIGHT + 17}">${text}</text>`;
  });
  const width = (WEEKS + 2) * BAR;
  return `<figure role="img" aria-label="Certificates by the week in which they expire"><svg viewBox="0 0 ${width} ${HEIGHT + 20}">${marks.join("")}${drawn.join("")}</svg></figure>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function digest(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
