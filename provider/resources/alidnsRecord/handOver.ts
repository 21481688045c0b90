import type { AlidnsRecordInfo } from "../../alidns/client";
import type { Run } from "../../run";
import type { Outputs } from "./lifecycle";

/**
 * How one resource leaves a record to another.
 *
 * A renamed, replaced or tainted resource is first created, which adopts the record that exists, and then deleted under
 * its old name. That delete must leave the record alone. Yet the new resource, whose state says only that it adopted
 * the record, must delete it one day. So the record is touched: its TTL is changed by one second and back, which leaves
 * nothing in the zone but a later time of change. The new resource knows that time as it was when it adopted the record.
 */

/** A record as it was when a resource adopted it. Milliseconds since 1970. */
export interface Adoption {
  /** When the record had been changed last, as the service says; 0 where it does not say. */
  readonly changedAt: number;
  readonly adoptedAt: number;
}

/** An owner who changes an adopted record and changes it back is not mistaken for us later than that. */
const HAND_OVER_MS = 24 * 3600_000;

/** `ttl` is what the new resource declares. */
export async function handOver(run: Run, zone: string, record: AlidnsRecordInfo, ttl: number): Promise<void> {
  const touched = { ...record, ttl: touchedTtl(ttl) };
  if (record.ttl !== touched.ttl) await run.alidns.updateRecord(zone, record.recordId, touched);
  // The TTL itself tells where the time cannot: the service does not say it, or another `up` adopted the record.
  const isTimeKnown = record.changedAt !== 0 && run.declared.adoptedRecords.has(record.recordId);
  if (isTimeKnown) await run.alidns.updateRecord(zone, record.recordId, { ...record, ttl });
}

/** Whether an adopted record has been handed over since. */
export function isHandedOver(
  record: Pick<AlidnsRecordInfo, "ttl" | "changedAt">,
  { ttl, adoption }: Pick<Outputs, "ttl" | "adoption">,
): boolean {
  // Where the time cannot tell, and as earlier versions left it.
  if (record.ttl === touchedTtl(ttl)) return true;
  if (adoption === undefined || record.ttl !== ttl) return false;
  return record.changedAt > adoption.changedAt && record.changedAt < adoption.adoptedAt + HAND_OVER_MS;
}

function touchedTtl(ttl: number): number {
  return ttl < 86400 ? ttl + 1 : ttl - 1;
}
