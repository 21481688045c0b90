import * as pulumi from "@pulumi/pulumi";
import { OssDynamicResource } from "../dynamicResource";

/**
 * Remembers, in the stack's state, the domains of a program. When too many of them are gone, or one that is protected, it
 * ends the next preview or `up` before anything is deleted. It stands for nothing in the cloud. While a domain is
 * protected, so is it: `destroy` is refused.
 */
class RemovalGuard extends OssDynamicResource {
  constructor({ domains, protectedDomains }: Guarded) {
    const inputs = {
      domains: [...domains].sort(),
      ...(protectedDomains.size > 0 && { protected: [...protectedDomains].sort() }),
    };
    super("removalGuard", "RemovalGuard", "custom-domains", [], inputs, { protect: protectedDomains.size > 0 });
  }
}

/** What a program says of its domains. */
interface Guarded {
  readonly domains: Set<string>;
  readonly protectedDomains: Set<string>;
}

/** Notes a domain of this program. */
export function declareDomain(domain: string): void {
  guardRemovals()?.domains.add(domain);
}

/** Notes that a domain of this program is not to be lost. */
export function protectDomain(domain: string): void {
  guardRemovals()?.protectedDomains.add(domain);
}

/**
 * Has this program guarded, even if it declares no domain: then all of them may have been lost. Gives what is declared
 * so far; nothing outside of a stack, as in a unit test.
 */
export function guardRemovals(): Guarded | undefined {
  const stack = pulumi.runtime.getStackResource() as ProgramStack | undefined;
  if (stack === undefined) return undefined;
  if (stack[GUARDED] === undefined) {
    const guarded: Guarded = { domains: new Set(), protectedDomains: new Set() };
    stack[GUARDED] = guarded;
    // All are declared once the program has run. One that failed deletes nothing.
    stack.getData().then(
      () => new RemovalGuard(guarded),
      () => {},
    );
  }
  return stack[GUARDED];
}

/** The stack's resource lives as long as its program, and is the same for all copies of this package. */
const GUARDED = Symbol.for("pulumi-oss-cname:guarded");

interface ProgramStack {
  [GUARDED]?: Guarded;
  /** What the program exports. Protected, for components of one's own. */
  getData(): Promise<unknown>;
}
