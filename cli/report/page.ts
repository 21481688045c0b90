import { createHash } from "node:crypto";
import type { Fleet, FleetDomain } from "./fleet";
import { escaped } from "./html";
import { timeline } from "./timeline";

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
  const time = `${generatedAt.slice(0, 16).replace("T", " ")} UTC`;
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
<p>${escaped(summary(fleet))}. As of <time datetime="${generatedAt}">${time}</time>.</p>
${timeline(domains)}
${failureList(failures)}<table>
<thead><tr>${HEADS}</tr></thead>
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

const HEADS = [
  head("domain", "Domain"),
  head("bucket", "Bucket"),
  head("status", "Status"),
  head("certificate", "Certificate"),
  head("end", "Expires"),
  head("renewal", "Renews itself"),
  head("days", "Days left", true),
].join("");

function head(name: string, title: string, isNumber = false): string {
  const sorting = isNumber ? ' data-number aria-sort="ascending"' : "";
  return `<th scope="col" data-name="${name}"${sorting}><button type="button">${title}</button></th>`;
}

function failureList(failures: Fleet["failures"]): string {
  if (failures.length === 0) return "";
  const items = failures.map(({ bucket, reason }) => `<li>${escaped(bucket)}: ${escaped(reason)}</li>\n`);
  return `<h2>Not reported</h2>\n<ul>\n${items.join("")}</ul>\n`;
}

/** A domain without a certificate sorts after all others. */
function row({ domain, bucket, status, certId, validTo, renewal, daysLeft, state }: FleetDomain): string {
  const renews = renewal?.problem ?? renewal?.at ?? "";
  const cells = [domain, bucket, status, certId ?? "", validTo ?? "", renews]
    .map((text) => `<td>${escaped(text)}</td>`)
    .join("");
  return `<tr>${cells}<td class="${state}" data-value="${daysLeft ?? 1e9}">${daysLeft ?? state}</td></tr>`;
}

function digest(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
