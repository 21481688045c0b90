import type { AlidnsRecordInfo } from "../../alidns/client";
import { isAlidnsError } from "../../alidns/error";
import { printable } from "../../redact";
import type { Run } from "../../run";
import type { CheckFailure } from "../lifecycle";
import { isUnknown } from "../lifecycle";
import { conflictError, conflictsOf, replaceable } from "./conflicts";
import type { Inputs } from "./lifecycle";
import { isNeeded } from "./own";
import { rrIn } from "./rr";

/**
 * What is in the way of a record that is not in the state yet, for the preview to say before anything is done. A CNAME
 * record that the user allows to replace is announced instead.
 */
export async function foresee(run: Run, inputs: Inputs): Promise<CheckFailure[]> {
  const { alidns, notices } = run;
  if ([inputs.name, inputs.type, inputs.zone].some(isUnknown) || !isNeeded(inputs)) return [];
  const zone = inputs.zone ?? (await alidns.lookUpZone(inputs.name));
  // The program may be about to make the zone.
  if (zone === undefined) return [];
  const rr = rrIn(zone, inputs.name);
  const snapshot = await alidns.snapshot(zone).catch((error: unknown) => {
    if (isAlidnsError(error, "InvalidDomainName.NoExist")) return [];
    throw error;
  });
  if (inTheWay(inputs, rr, snapshot).length === 0) return [];
  // This `up` itself may have changed it since.
  const conflicts = inTheWay(inputs, rr, await alidns.findRecords(zone, rr));
  const replaced = replaceable(inputs, conflicts);
  if (replaced !== undefined) {
    notices.tell(`CNAME ${inputs.name} = ${printable(replaced.value)} is to be replaced by ${inputs.value}`);
    return [];
  }
  return conflicts.length === 0 ? [] : [{ property: "name", reason: conflictError(inputs, conflicts).message }];
}

function inTheWay(inputs: Inputs, rr: string, records: readonly AlidnsRecordInfo[]): AlidnsRecordInfo[] {
  const { type, value } = inputs;
  const here = records.filter((record) => record.rr === rr && record.line === "default");
  if (here.some((record) => record.type === type && record.value === value)) return [];
  // One of the same type may have the very value that is not known yet.
  return conflictsOf(inputs, here).filter((record) => !isUnknown(value) || record.type !== type);
}
