import { createHash } from "node:crypto";
import type { CertificateInfo } from "../../oss/xml";
import { parseDate } from "../../oss/xml";
import type { Run } from "../../run";
import { boundTo } from "./bound";
import type { Inputs } from "./declared";
import { renewal } from "./due";
import type { IssuedCertificate } from "./issue";

/**
 * The name of an upload, which tells what was ordered: letters, digits and `_`, at most 64, and another one for each
 * certificate.
 */
export function uploadName(inputs: Inputs, names: readonly string[], fingerprint: string): string {
  const [first = ""] = names;
  const readable = first.replace("*", "wildcard").replace(/[^a-z0-9]/g, "_");
  return `${markOf(inputs, names)}_${readable.slice(0, 28)}_${fingerprint.replaceAll(":", "").slice(0, 8).toLowerCase()}`;
}

/**
 * A certificate that a domain of these names has and that was uploaded for just what is ordered now: by a resource of
 * another name, or one whose state was lost. It need not be ordered again.
 */
export async function findAdoptable(run: Run, inputs: Inputs): Promise<IssuedCertificate | undefined> {
  const mark = markOf(inputs, inputs.names);
  for (const certificate of await certificatesOfDomains(run, inputs)) {
    const [from, to] = [parseDate(certificate.validStartDate), parseDate(certificate.validEndDate)];
    if (from === undefined || to === undefined) continue;
    const life = { validFrom: from.toISOString(), validTo: to.toISOString() };
    const { at } = renewal(life, inputs.renewBefore, undefined);
    if (at.getTime() <= run.clock.now()) continue;
    // Without the permission to look, it is ordered again.
    const uploaded = await run.cas.describe(certificate.certId).catch(() => undefined);
    if (!uploaded?.name.startsWith(`${mark}_`)) continue;
    const { certId } = certificate;
    const { fingerprint } = uploaded;
    const unknown = { chainDigest: "", renewalId: "" };
    return { certId, covers: [...inputs.names], ...life, fingerprint, ...unknown, renewAt: at.toISOString() };
  }
  return undefined;
}

function markOf({ directory, profile, keyType }: Inputs, names: readonly string[]): string {
  const ordered = JSON.stringify([names, directory, profile, keyType]);
  return `oss_cname_${createHash("sha256").update(ordered).digest("hex").slice(0, 16)}`;
}

/** Each certificate once. */
async function certificatesOfDomains(run: Run, { names, buckets = [] }: Inputs): Promise<CertificateInfo[]> {
  const found = new Map<string, CertificateInfo>();
  for (const { domain, certificate } of await boundTo(run, buckets))
    if (certificate !== undefined && (names.includes(domain) || names.includes(domain.replace(/^[^.]+/, "*"))))
      found.set(certificate.certId, certificate);
  return [...found.values()];
}
