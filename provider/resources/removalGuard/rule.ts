/** The domains of a stack before and after a run. */
export interface Removal {
  /** What the stack had. */
  readonly before: readonly string[];
  /** What its program declares now. */
  readonly now: readonly string[];
  /** How many may go at once. Default: 10, or a tenth of those that the stack had if that is more. */
  readonly limit?: number | undefined;
  /** How many the user lets go in this run, in `OSS_CNAME_ALLOW_REMOVAL`. */
  readonly allowed?: number | undefined;
}

/** Why the domains that are no longer declared may not go, if there are too many. */
export function removalProblem({ before, now, limit, allowed = 0 }: Removal): string | undefined {
  const declared = new Set(now);
  const removed = before.filter((domain) => !declared.has(domain));
  const most = limit ?? Math.max(10, Math.floor(before.length / 10));
  if (removed.length <= Math.max(most, allowed)) return undefined;
  return (
    `of this stack's domains at most ${most} may go at once, and the program no longer declares ${removed.length} of ` +
    `${before.length}: ${removed.join(", ")}. Nothing was removed. Next: restore what is missing, perhaps from a list ` +
    `that was cut short; if all of these are to go, say so for one run: OSS_CNAME_ALLOW_REMOVAL=${removed.length} pulumi up`
  );
}

/** Why protected domains that are no longer declared may not go, if there are any. */
export function protectionProblem(before: readonly string[], now: readonly string[]): string | undefined {
  const declared = new Set(now);
  const removed = before.filter((domain) => !declared.has(domain));
  if (removed.length === 0) return undefined;
  return (
    `the program no longer declares ${removed.join(", ")}, and protect is set there. Nothing was removed. Next: declare ` +
    "what is missing; if it is to go, take its protect away, run `pulumi up`, and then remove it"
  );
}
