import * as pulumi from "@pulumi/pulumi";
import { OssDynamicResource } from "../dynamicResource";

/**
 * Remembers, in the stack's state, the domains of all `CustomDomain` components of a program. When too many of them are
 * gone, it ends the next preview or `up` before anything is deleted. It stands for nothing in the cloud.
 */
class RemovalGuard extends OssDynamicResource {
  constructor(domains: ReadonlySet<string>) {
    super("removalGuard", "RemovalGuard", "custom-domains", [], { domains: [...domains].sort() });
  }
}

/** Notes a domain of this program. */
export function declareDomain(domain: string): void {
  guardRemovals()?.add(domain);
}

/**
 * Has this program guarded, even if it declares no domain: then all of them may have been lost. Gives the domains that
 * are declared so far; nothing outside of a stack, as in a unit test.
 */
export function guardRemovals(): Set<string> | undefined {
  const stack = pulumi.runtime.getStackResource() as ProgramStack | undefined;
  if (stack === undefined) return undefined;
  if (stack[DOMAINS] === undefined) {
    const domains = new Set<string>();
    stack[DOMAINS] = domains;
    // All are declared once the program has run. One that failed deletes nothing.
    stack.getData().then(
      () => new RemovalGuard(domains),
      () => {},
    );
  }
  return stack[DOMAINS];
}

/** The stack's resource lives as long as its program, and is the same for all copies of this package. */
const DOMAINS = Symbol.for("pulumi-oss-cname:domains");

interface ProgramStack {
  [DOMAINS]?: Set<string>;
  /** What the program exports. Protected, for components of one's own. */
  getData(): Promise<unknown>;
}
