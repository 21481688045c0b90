import type { CheckFailure } from "../lifecycle";

/** Some of many domains failed; what the others became is recorded. */
export class DomainFailures extends Error {
  override readonly name = "DomainFailures";

  constructor(failures: ReadonlyMap<string, Error>, of: number) {
    const rest = of === failures.size ? "" : " The others are done, and the next `pulumi up` sends nothing for them.";
    const lines = byReason([...failures].map(([domain, error]) => [domain, [error.message]]));
    super(`${failures.size} of ${of} domains failed.${rest}\n${lines.map((line) => `- ${line}`).join("\n")}`);
  }
}

/** What `check` has against each domain. No failure names a property: Pulumi prints its value, keys included. */
export function checkFailures(all: readonly (readonly [string, readonly CheckFailure[]])[]): CheckFailure[] {
  const reasons = all.map(([domain, failures]) => [domain, failures.map(reasonOf)] as const);
  return byReason(reasons).map((reason) => ({ property: "", reason }));
}

function reasonOf({ property, reason }: CheckFailure): string {
  return property === "" ? reason : `${property}: ${reason}`;
}

/** A line for each reason, with the domains that it is about. */
function byReason(all: readonly (readonly [domain: string, reasons: readonly string[]])[]): string[] {
  const domains = new Map<string, Set<string>>();
  for (const [domain, reasons] of all)
    for (const reason of reasons) domains.set(reason, (domains.get(reason) ?? new Set()).add(domain));
  return [...domains].map(([reason, about]) => `${[...about].join(", ")}: ${reason}`);
}
