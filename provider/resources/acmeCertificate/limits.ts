import { getDomain } from "tldts-icann";
import type { Run } from "../../run";
import type { Inputs } from "./declared";

/** What a CA gives within a week, by the host of its directory. Renewals that name what they replace do not count. */
const CERTIFICATES_A_WEEK: Readonly<Record<string, number>> = { "acme-v02.api.letsencrypt.org": 50 };
/** Within three hours, for one account. */
const ORDERS: Readonly<Record<string, number>> = { "acme-v02.api.letsencrypt.org": 300 };

/**
 * Counts a certificate that this run is to order, and says what is wrong where there are more than the CA gives: in the
 * preview, before the first of them is ordered.
 */
export function limitProblem(run: Run, { names, directory }: Inputs): string | undefined {
  const { host } = new URL(directory);
  const id = names.join(",");
  const count = (of: string) => {
    const key = `${host} ${of}`;
    const counted = run.newCertificates.get(key) ?? new Set();
    run.newCertificates.set(key, counted.add(id));
    return counted.size;
  };
  const advice =
    "put domains together in a CustomDomains, which takes up to 100 into one certificate, ask for a wildcard, or bring some of them up later";
  const domains = new Set(names.map((name) => getDomain(name.replace(/^\*\./, "")) ?? name));
  for (const domain of domains) {
    const asked = count(domain);
    const most = CERTIFICATES_A_WEEK[host];
    if (most !== undefined && asked > most)
      return `is one of more than ${most} new certificates under ${domain}, and ${host} gives ${most} a week: ${advice}`;
  }
  const most = ORDERS[host];
  return most !== undefined && count("orders") > most
    ? `is one of more than ${most} new certificates, and ${host} takes ${most} orders in three hours: ${advice}`
    : undefined;
}
