import * as pulumi from "@pulumi/pulumi";
import { foldName } from "./names";

/** A resource that declares a domain. */
interface Declaration {
  /** `BucketCname` */
  readonly kind: string;
  /** Of the resource. */
  readonly name: string;
  /** Undefined for the default one. */
  readonly account: pulumi.ProviderResource | undefined;
  /** What is wrong with two of them, and what to do. Default: that of a domain. */
  readonly advice?: string;
}

/**
 * The domains that the programs of this process declare. A domain has one bucket and one certificate: two resources of
 * the same kind for it would take it from each other in every `up`.
 */
export class UniqueDomains {
  /** By the stack of each run, since the Automation API runs programs repeatedly in one process; then by domain. */
  readonly #ofRun = new WeakMap<pulumi.Resource, Map<string, Declaration[]>>();

  /**
   * Gives the domain back, for the inputs of the resource that declares it. Throws where another resource of that kind
   * and account has it already; the output fails where the domain is one.
   */
  claim(declaration: Declaration, domain: pulumi.Input<string>): pulumi.Input<string> {
    // Without a stack, resources are made by a unit test, which may make the same ones again and again.
    const stack = pulumi.runtime.getStackResource();
    if (stack === undefined) return domain;
    const declared = this.#ofRun.get(stack) ?? new Map<string, Declaration[]>();
    this.#ofRun.set(stack, declared);
    const claimed = (known: string) => {
      addUnlessTaken(declared, declaration, known);
      return known;
    };
    return typeof domain === "string" ? claimed(domain) : pulumi.output(domain).apply(claimed);
  }
}

function addUnlessTaken(declared: Map<string, Declaration[]>, declaration: Declaration, domain: unknown): void {
  // Anything else is reported by the resource's check.
  if (typeof domain !== "string") return;
  const { kind, name, account, advice = "a domain belongs to one bucket, so remove one of the two" } = declaration;
  const all = declared.get(foldName(domain)) ?? [];
  const first = all.find((other) => other.kind === kind && other.account === account);
  if (first !== undefined)
    throw new pulumi.RunError(
      `${kind} ${name} declares ${domain}, but ${kind} ${first.name} of this program declares it already: ${advice}`,
    );
  declared.set(foldName(domain), [...all, declaration]);
}
