import type * as pulumi from "@pulumi/pulumi";
import { foldName, RECORD_TTL_SECONDS } from "../../names";
import type { Run } from "../../run";
import { bindingOf } from "../binding";
import type { CertificateInputs } from "../cnameCertificate/desired";
import { checkCertificate } from "../cnameCertificate/desired";
import type { CheckFailure } from "../lifecycle";
import type { DeclaredDomain } from "./domain";
import type { BucketCnamesArgs } from "./resource";

export type Inputs = pulumi.Unwrap<BucketCnamesArgs>;

/** The inputs with domains as they are compared, and what keeps them from being read. */
export function foldDomains(news: Inputs): { inputs: Inputs; failures: CheckFailure[] } {
  const given: unknown = news.domains;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return {
      inputs: { ...news, domains: {} },
      failures: [{ property: "domains", reason: "must be an object with domains as its keys" }],
    };
  const domains: Record<string, Inputs["domains"][string]> = {};
  const failures: CheckFailure[] = [];
  for (const [name, entry] of Object.entries(news.domains)) {
    const domain = foldName(name);
    if (domains[domain] !== undefined) failures.push({ property: "domains", reason: `${domain} is given twice` });
    domains[domain] = entry;
  }
  return { inputs: { ...news, domains }, failures };
}

/** One domain with what is declared for all. */
export function declaredDomain(
  { domains, certificate, alidns, manual, ...shared }: Inputs,
  domain: string,
): DeclaredDomain {
  const { certificate: own, cnameRecord = true, cnameTarget, ...entry } = domains[domain] ?? {};
  const binding = { ...(manual && { unverified: "pending" as const }), ...shared, ...entry, domain };
  const declared = own ?? certificate;
  return {
    binding,
    ...(declared && { certificate: { ...bindingOf(binding), ...declared } as CertificateInputs }),
    ...(alidns && { records: { ...alidns, ttl: alidns.ttl ?? RECORD_TTL_SECONDS } }),
    cname: !cnameRecord ? "none" : alidns ? "alidns" : manual ? "manual" : "none",
    ...(cnameTarget !== undefined && { cnameTarget }),
  };
}

/** What the content of a domain's certificate adds to the inputs: nothing where there is none. */
export interface JudgedCertificate {
  readonly domain: string;
  readonly added: Pick<CertificateInputs, "chainDigest" | "validTo">;
}

/** The inputs with what belongs to each certificate because of the content of its files, which are not read again. */
export function withDigests(inputs: Inputs, judged: readonly JudgedCertificate[], run: Run): Inputs {
  const entries = judged.map(({ domain, added }) => {
    const { certificate, ...entry } = inputs.domains[domain] ?? {};
    return [domain, certificate ? { ...entry, certificate: { ...certificate, ...added } } : entry] as const;
  });
  const { certificate } = inputs;
  const domains = Object.fromEntries(entries);
  if (certificate === undefined) return { ...inputs, domains };
  const { added } =
    judged.find(({ domain }) => inputs.domains[domain]?.certificate === undefined) ??
    checkCertificate({}, certificate as CertificateInputs, run);
  return { ...inputs, certificate: { ...certificate, ...added }, domains };
}
