import { ActionableError } from "../../actionableError";
import type { AlidnsClient, AlidnsRecordInfo } from "../../alidns/client";
import { rrOf } from "../../alidns/client";
import { isAlidnsError } from "../../alidns/error";
import { printable } from "../../redact";
import type { Inputs, Outputs } from "./lifecycle";

/** Leaves a record that is as declared, changes one of ours, and adds one that is missing. */
export async function ensureRecord(alidns: AlidnsClient, inputs: Inputs, olds?: Outputs): Promise<Outputs> {
  const zone = inputs.zone ?? olds?.zone ?? (await alidns.findZone(inputs.name));
  const rr = rrIn(zone, inputs.name);
  const content = { rr, type: inputs.type, value: inputs.value, ttl: inputs.ttl };
  const outputs = (recordId: string, adopted: boolean) => ({ ...inputs, zone, rr, recordId, adopted });

  let replyLost = false;
  for (let mayRace = true; ; mayRace = false) {
    const existing = (await alidns.findRecords(zone, rr)).filter(({ line }) => line === "default");
    const own = existing.find(({ recordId, type }) => recordId === olds?.recordId && type === inputs.type);
    const same = existing.find(({ type, value }) => type === inputs.type && value === inputs.value);
    if (olds !== undefined && own !== undefined && same !== own) {
      refuseConflicts(inputs, existing, own);
      await alidns.updateRecord(zone, own.recordId, content);
      return outputs(own.recordId, false);
    }
    if (same !== undefined) {
      if (!same.enabled)
        throw new ActionableError(`${describe(inputs)} exists but is paused.`, `enable record ${same.recordId}.`);
      if (same !== own) return outputs(same.recordId, !replyLost);
      if (own.ttl === inputs.ttl) return outputs(own.recordId, olds?.adopted ?? true);
      await alidns.updateRecord(zone, own.recordId, content);
      return outputs(own.recordId, false);
    }
    refuseConflicts(inputs, existing);
    try {
      return outputs(await alidns.addRecord(zone, content), false);
    } catch (error) {
      if (!mayRace || !isAlidnsError(error, "DomainRecordDuplicate", "DomainRecordConflict")) throw error;
      // Either somebody was faster, or an earlier attempt of ours took effect although its reply was lost.
      replyLost = error.attempts > 1;
    }
  }
}

/** The name of a record inside its zone. Throws where it is outside. */
export function rrIn(zone: string, name: string): string {
  const rr = rrOf(name, zone);
  if (rr === undefined) throw new Error(`${name} does not lie in the zone ${zone}`);
  return rr;
}

function refuseConflicts(inputs: Inputs, existing: AlidnsRecordInfo[], own?: AlidnsRecordInfo): void {
  const conflicts = existing.filter((record) => {
    const excludes = record !== own && record.enabled && isExclusive(record.rr, record.type, inputs.type);
    const isSame = record !== own && record.type === inputs.type && record.value === inputs.value;
    return excludes || isSame;
  });
  if (conflicts.length === 0) return;
  const found = conflicts.map(
    ({ type, value, recordId }) => `${type} ${printable(JSON.stringify(value))} (record ${recordId})`,
  );
  throw new ActionableError(
    `${describe(inputs)} cannot be made: that name already has ${found.join(", ")} in Alibaba Cloud DNS.`,
    "delete what is there, or declare its value.",
  );
}

function describe({ type, name, value }: Inputs): string {
  return `${type} ${name} ${JSON.stringify(value)}`;
}

/** A CNAME stands alone at its name. At the top of a zone Alibaba Cloud DNS tolerates a few types beside it. */
function isExclusive(rr: string, ...types: [string, string]): boolean {
  if (!types.includes("CNAME")) return false;
  return rr !== "@" || !types.some((type) => ["NS", "MX", "TXT"].includes(type));
}
