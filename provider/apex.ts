import { getDomain } from "tldts-icann";
import { foldName } from "./names";

/**
 * What to do about visitors of a (folded) domain at the top of its zone, where a CNAME record is made only if the user
 * asks for one; `undefined` below the top. The top is what is registered under a public suffix, such as
 * `example.com.cn`, or the given zone itself.
 */
export function apexAdvice(domain: string, zone?: string): string | undefined {
  const isApex = domain === getDomain(domain) || (zone !== undefined && domain === foldName(zone));
  if (!isApex) return undefined;
  return (
    `${domain} is the top of its zone, where DNS allows no CNAME record: use the ALIAS record or CNAME flattening of your DNS host, ` +
    `or serve www.${domain} and redirect to it. Some hosts take a CNAME record there all the same; Alibaba Cloud DNS does ` +
    "beside NS, MX and TXT records, but mail may get lost. For them, set cnameRecord: true"
  );
}
