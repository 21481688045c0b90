import type { Diagnosis, Finding } from "../../provider/internal";
import { table } from "../../provider/table";
import type { Paint } from "../output";

export type State = Finding["state"];

const STATES = ["wrong", "unknown", "right"] as const;
const COLOURS = { right: "green", wrong: "red", unknown: "yellow" } as const;

/** The worst that was found. */
export function worstOf(states: readonly State[]): State {
  return STATES.find((state) => states.includes(state)) ?? "right";
}

export function stateOf({ findings }: Diagnosis): State {
  return worstOf(findings.map(({ state }) => state));
}

/** Those with problems first, then by name. */
export function worstFirst(diagnoses: readonly Diagnosis[]): Diagnosis[] {
  const rank = (diagnosis: Diagnosis) => STATES.indexOf(stateOf(diagnosis));
  return [...diagnoses].sort((a, b) => rank(a) - rank(b) || (a.domain < b.domain ? -1 : 1));
}

/** How many domains are in which state. */
export function countsOf(diagnoses: readonly Diagnosis[]): Readonly<Record<State, number>> {
  const count = (state: State) => diagnoses.filter((diagnosis) => stateOf(diagnosis) === state).length;
  return { wrong: count("wrong"), unknown: count("unknown"), right: count("right") };
}

/** What matters of a diagnosis: what is wrong, else what is unknown, which often only follows from it. */
export function problemsOf(diagnosis: Diagnosis): readonly Finding[] {
  const state = stateOf(diagnosis);
  return state === "right" ? [] : diagnosis.findings.filter((finding) => finding.state === state);
}

/** A line for each finding, and one for its fix. */
export function findingLines(findings: readonly Finding[], paint: Paint): string {
  const indented = (text: string) => text.replace(/\n/g, `\n${INDENT}`);
  const lines = findings.flatMap(({ check, state, text, fix }) => [
    `${paint(COLOURS[state], state.padEnd(9))}${check.padEnd(21)}${indented(text)}`,
    ...(fix === undefined ? [] : [`${INDENT}Next: ${indented(fix)}`]),
  ]);
  return `${lines.join("\n")}\n`;
}

const INDENT = " ".repeat(30);

/**
 * A table with a line for each domain, the problems in full, and how many domains are in which state. What many domains
 * have in common is told once. Of more than a screen of domains the numbers come first, and those without a problem have
 * no line.
 */
export function overview(diagnoses: readonly Diagnosis[], paint: Paint): string {
  const isLong = diagnoses.length > SCREEN;
  const shown = worstFirst(diagnoses).filter((diagnosis) => !isLong || stateOf(diagnosis) !== "right");
  const rows = shown.map((diagnosis) => {
    const state = stateOf(diagnosis);
    const checks = problemsOf(diagnosis).map(({ check }) => check);
    return [paint(COLOURS[state], state), diagnosis.domain, diagnosis.bucket ?? "", checks.join(", ")];
  });
  const { wrong, unknown, right } = countsOf(diagnoses);
  const numbers = `${diagnoses.length} domains: ${wrong} wrong, ${unknown} unknown, ${right} right\n`;
  const parts = isLong ? [numbers] : [];
  if (rows.length > 0) parts.push(table([["STATE", "DOMAIN", "BUCKET", "PROBLEMS"], ...rows]));
  const alike = new Map<string, { readonly domains: string[]; readonly text: string }>();
  for (const diagnosis of shown) {
    const problems = problemsOf(diagnosis);
    if (problems.length === 0) continue;
    const text = findingLines(problems, paint);
    const common = text.replaceAll(diagnosis.domain, "<domain>");
    const group = alike.get(common) ?? { domains: [], text };
    group.domains.push(diagnosis.domain);
    alike.set(common, group);
  }
  for (const [common, { domains, text }] of alike)
    parts.push(`${namesOf(domains)}\n${domains.length === 1 ? text : common}`);
  if (!isLong) parts.push(numbers);
  return parts.join("\n");
}

function namesOf(domains: readonly string[]): string {
  const more = domains.length - NAMES_SHOWN;
  const names = domains.slice(0, NAMES_SHOWN).join(", ");
  return more > 0 ? `${names} and ${more} more` : names;
}

const NAMES_SHOWN = 5;
/** Lines of a table that one can overlook. */
const SCREEN = 40;
