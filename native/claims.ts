import { isMap, type PropertyMap, UNKNOWN } from "../engine/property/value";
import type { CheckFailure } from "../provider/plugin";

/**
 * Which resource declares a domain. A domain has one bucket and one certificate: two resources for it would take it from
 * each other in every `up`. The classes for TypeScript look at that in the program; for other languages there is only the
 * plugin. Pulumi checks each resource that is declared, and no other.
 */
export class Claims {
  readonly #urns = new Map<string, string>();

  /** Notes the domains in checked inputs, and reports those that another resource declares. */
  problems(type: string, urn: string, inputs: PropertyMap): CheckFailure[] {
    return domainsOf(type, inputs).flatMap((domain) => {
      const place = `${type === "CnameCertificate" ? "certificate" : "binding"} ${domain}`;
      const first = this.#urns.get(place) ?? urn;
      this.#urns.set(place, first);
      if (first === urn) return [];
      const other = first.split("::").slice(2).join(" ");
      const reason = `${domain} is declared by ${other} already: a domain belongs to one bucket, so remove one of the two`;
      return [{ property: "", reason }];
    });
  }
}

function domainsOf(type: string, { domain, domains }: PropertyMap): string[] {
  if (type === "BucketCnames") return isMap(domains) ? Object.keys(domains) : [];
  const isDeclared = type === "BucketCname" || type === "CnameCertificate";
  return isDeclared && typeof domain === "string" && domain !== UNKNOWN ? [domain] : [];
}
