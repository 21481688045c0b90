import { type BoundDomain, domainProblem, foldName, type ImportableDomain } from "../../provider/internal";

export interface ListedBucket {
  readonly bucket: string;
  readonly cnames: readonly BoundDomain[];
}

/** A bound domain as `oss-cname:domains` declares it. */
interface AdoptedDomain extends ImportableDomain {
  readonly dns: "none";
  readonly protect?: true;
}

/** What all domains that are adopted together have in common. */
export type Common = Pick<AdoptedDomain, "region" | "endpoint" | "protect">;

export interface Adopted {
  /** The domains to declare. */
  readonly added: readonly AdoptedDomain[];
  /** What was left out, and why. */
  readonly leftOut: readonly string[];
}

/** Declares what is bound, without the domains that are known already. */
export function boundDomains(
  buckets: readonly ListedBucket[],
  common: Common,
  known: ReadonlySet<string> = new Set(),
): Adopted {
  const leftOut: string[] = [];
  const added: AdoptedDomain[] = [];
  for (const { bucket, cnames } of buckets)
    for (const cname of cnames) {
      const domain = foldName(cname.domain);
      if (known.has(domain)) continue;
      const problem = domainProblem(domain);
      if (problem !== undefined) leftOut.push(`left out of bucket ${bucket}: ${problem}`);
      else added.push({ domain, bucket, dns: "none", ...certificateOf(cname, leftOut), ...common });
    }
  return { added, leftOut };
}

function certificateOf({ domain, certificate }: BoundDomain, leftOut: string[]): Pick<AdoptedDomain, "certificate"> {
  if (certificate === undefined) return {};
  const { certId } = certificate;
  if (/^\d+-[a-z0-9-]+$/.test(certId)) return { certificate: { certId } };
  leftOut.push(`left out: the certificate of ${domain}, because OSS does not tell its CertId`);
  return {};
}
