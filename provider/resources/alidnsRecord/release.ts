import type { Run } from "../../run";
import { handedOverTtl, isHandedOver } from "./handOver";
import type { Outputs } from "./lifecycle";

/**
 * Deletes the record of a resource that no longer stands for it.
 *
 * Whoever wrote a record last removes it: one that was adopted stays, and so does one that somebody has given another
 * value since, such as another stack that serves the domain now. One that another resource of the program declares is
 * left to it: see `handOver.ts`.
 */
export async function releaseRecord({ alidns, declared }: Run, olds: Outputs): Promise<void> {
  const { zone, rr, recordId } = olds;
  if (recordId === "") return;
  const record = await alidns.getRecord(zone, rr, recordId);
  if (record === undefined || record.type !== olds.type || record.value !== olds.value) return;
  if (olds.adopted && !isHandedOver(record, olds.ttl)) return;
  const heir = declared.record(olds);
  if (heir === undefined || (heir.zone ?? zone) !== zone) return alidns.deleteRecord(zone, rr, recordId);
  if (!isHandedOver(record, heir.ttl))
    await alidns.updateRecord(zone, recordId, { ...record, ttl: handedOverTtl(heir.ttl) });
}
