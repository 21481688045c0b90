import type { Run } from "../../run";
import { table } from "../../table";
import type { CertificateInputs } from "../cnameCertificate/desired";
import { expiryWarnings } from "../cnameCertificate/warnings";
import { isUnknown } from "../lifecycle";
import type { Inputs } from "./declared";
import { resultsOf } from "./results";
import type { RecordedDomains } from "./state";

/** Declared certificates that expire soon. */
export function warningsOf(run: Run, inputs: Inputs, outs: RecordedDomains | undefined): string[] {
  if (isUnknown(inputs.domains)) return [];
  const declared = [inputs, ...Object.values(inputs.domains)].flatMap(({ certificate }) => certificate ?? []);
  return declared.flatMap((certificate) => {
    const { certId = "" } = certificate;
    const { validTo } = outs?.certificates[certId] ?? {};
    const placed = typeof validTo === "string" ? { name: certId, validTo } : undefined;
    return expiryWarnings(run, certificate as CertificateInputs, placed);
  });
}

/** The records that a person has still to create. */
export function toDoOf({ alidns }: Inputs, outs: RecordedDomains): string[] {
  const missing = Object.values(resultsOf(outs)).flatMap((result) => result.recordsToCreate);
  if (alidns !== undefined || missing.length === 0) return [];
  const rows = missing.map(({ name, type, value, ttl, state }) => [name, type, value, String(ttl), state]);
  const records = table([["NAME", "TYPE", "VALUE", "TTL", "STATE"], ...rows]).trimEnd();
  return [`Create these DNS records, then run \`pulumi up\` again:\n${records}`];
}
