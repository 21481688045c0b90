import type { Run } from "../../run";
import { handOver, isHandedOver } from "./handOver";
import type { Outputs } from "./lifecycle";
import { isNeeded, isOwn, isUnconfirmed } from "./own";

/**
 * Deletes the record of a resource that no longer stands for it.
 *
 * Whoever wrote a record last removes it: one that was adopted stays, and so does one that somebody has given another
 * value since, such as another stack that serves the domain now. One that another resource of the program declares is
 * left to it.
 */
export async function releaseRecord(run: Run, olds: Outputs): Promise<void> {
  const { zone, rr } = olds;
  if (olds.recordId === "" && !isUnconfirmed(olds)) return;
  if (olds.recordId !== "" && run.declared.ownRecords.has(olds.recordId)) return;
  const record = (await run.alidns.findRecords(zone, rr)).find((found) => isOwn(found, olds));
  if (record === undefined || (isNeeded(olds) && record.value !== olds.value)) return;
  const { recordId } = record;
  if (olds.adopted && !isHandedOver(record, olds)) return;
  const heir = run.declared.record(olds);
  if (heir === undefined || (heir.zone ?? zone) !== zone) await run.alidns.deleteRecord(zone, rr, recordId);
  else if (!run.declared.ownRecords.has(recordId)) await handOver(run, zone, record, heir.ttl);
}
