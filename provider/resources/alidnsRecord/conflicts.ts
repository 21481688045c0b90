import { ActionableError } from "../../actionableError";
import type { AlidnsRecordInfo } from "../../alidns/client";
import { printable } from "../../redact";
import { isUnknown } from "../lifecycle";
import type { Inputs } from "./lifecycle";

/** The records at its name that a record cannot be added beside; `own` is one that it replaces. */
export function conflictsOf(
  { type }: Inputs,
  existing: readonly AlidnsRecordInfo[],
  own?: AlidnsRecordInfo,
): AlidnsRecordInfo[] {
  return existing.filter((record) => record !== own && record.enabled && isExclusive(record.rr, record.type, type));
}

/** The CNAME record that is alone in the way of another, where the user consents to replace it. */
export function replaceable(inputs: Inputs, conflicts: readonly AlidnsRecordInfo[]): AlidnsRecordInfo | undefined {
  const [only, ...more] = conflicts;
  const isAlone = more.length === 0 && only?.type === "CNAME" && inputs.type === "CNAME";
  // Not known yet, it counts as consent: only a preview has to do with that.
  return isAlone && inputs.allowOverwrite ? only : undefined;
}

export function conflictError(inputs: Inputs, conflicts: readonly AlidnsRecordInfo[]): ActionableError {
  const found = conflicts.map(
    ({ type, value, recordId }) => `${type} ${printable(JSON.stringify(value))} (record ${recordId})`,
  );
  const isConsentMissing = replaceable({ ...inputs, allowOverwrite: true }, conflicts) !== undefined;
  return new ActionableError(
    `${describe(inputs)} cannot be made: that name already has ${found.join(", ")} in Alibaba Cloud DNS.`,
    isConsentMissing
      ? "set allowOverwrite: true (an option of alidns() too) to have it replaced, or delete it."
      : "delete what is there.",
  );
}

/** The record for messages. Its value may not be known yet. */
export function describe({ type, name, value }: Pick<Inputs, "type" | "name" | "value">): string {
  return isUnknown(value) ? `${type} ${name}` : `${type} ${name} ${JSON.stringify(value)}`;
}

/** A CNAME stands alone at its name. At the top of a zone Alibaba Cloud DNS tolerates a few types beside it. */
function isExclusive(rr: string, ...types: [string, string]): boolean {
  if (!types.includes("CNAME")) return false;
  return rr !== "@" || !types.some((type) => ["NS", "MX", "TXT"].includes(type));
}
