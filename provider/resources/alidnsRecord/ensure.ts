import { ActionableError } from "../../actionableError";
import type { AlidnsRecordInfo } from "../../alidns/client";
import { isAlidnsError } from "../../alidns/error";
import type { Run } from "../../run";
import { conflictError, conflictsOf, describe, replaceable } from "./conflicts";
import { isHandedOver } from "./handOver";
import type { Inputs, Outputs } from "./lifecycle";
import { isNeeded, isOwn } from "./own";
import { proofAmong } from "./proof";
import { releaseRecord } from "./release";
import { rrIn } from "./rr";

/** No reply said whether the record was added. */
export class Unconfirmed extends Error {
  constructor(
    readonly outputs: Outputs,
    cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/**
 * Adopts a record that is as declared, changes one of ours, and adds one that is missing, in place of a CNAME that
 * the user allows to replace. None is made where none is needed. A record of a BucketCnames that no longer declares the
 * domain is ours as it is.
 */
export async function ensureRecord(run: Run, inputs: Inputs, olds?: Outputs): Promise<Outputs> {
  const { alidns } = run;
  const zone = inputs.zone ?? olds?.zone ?? (await alidns.findZone(inputs.name));
  const rr = rrIn(zone, inputs.name);
  const content = { rr, type: inputs.type, value: inputs.value, ttl: inputs.ttl };
  const outputs = (recordId: string) => ({ ...inputs, zone, rr, recordId, adopted: false });
  const adopted = ({ recordId, changedAt }: AlidnsRecordInfo) => {
    const adoption = { changedAt, adoptedAt: run.clock.now() };
    run.declared.adoptedRecords.add(recordId);
    return { ...outputs(recordId), adopted: true, adoption };
  };

  const isFormer = () => olds === undefined && run.declared.formerRecords.has(inputs.name);
  const taken = ({ recordId }: AlidnsRecordInfo) => {
    run.declared.ownRecords.add(recordId);
    return outputs(recordId);
  };

  if (!isNeeded(inputs)) {
    if (olds !== undefined) await releaseRecord(run, olds);
    const proof = isFormer() ? proofAmong(await alidns.findRecords(zone, rr)) : undefined;
    return proof === undefined ? outputs("") : taken(proof);
  }
  let replyLost = false;
  for (let mayRace = true; ; mayRace = false) {
    // Another TXT record that has come since then does no harm, and a CNAME record refuses ours.
    const isEmpty = mayRace && inputs.type === "TXT" && olds === undefined && (await alidns.isKnownEmpty(zone, rr));
    const existing = isEmpty ? [] : (await alidns.findRecords(zone, rr)).filter(({ line }) => line === "default");
    const own = existing.find((record) => olds !== undefined && olds.type === inputs.type && isOwn(record, olds));
    const same = existing.find(({ type, value }) => type === inputs.type && value === inputs.value);
    // A TXT record of somebody else may still be needed, and takes another beside it.
    const isOthers = olds?.adopted && inputs.type === "TXT";
    if (own !== undefined && same === undefined && !isOthers) {
      const conflicts = conflictsOf(inputs, existing, own);
      if (conflicts.length > 0) throw conflictError(inputs, conflicts);
      await alidns.updateRecord(zone, own.recordId, content);
      return outputs(own.recordId);
    }
    if (same !== undefined) {
      if (!same.enabled)
        throw new ActionableError(`${describe(inputs)} exists but is paused.`, `enable record ${same.recordId}.`);
      if (same !== own) {
        if (olds !== undefined && own !== undefined) await releaseRecord(run, olds);
        if (replyLost) return outputs(same.recordId);
        if (!isFormer()) return adopted(same);
        if (same.ttl !== inputs.ttl) await alidns.updateRecord(zone, same.recordId, content);
        return taken(same);
      }
      if (own.ttl !== inputs.ttl) await alidns.updateRecord(zone, own.recordId, content);
      else if (olds?.adopted && !isHandedOver(own, olds)) return { ...olds, ...inputs };
      return outputs(own.recordId);
    }
    const conflicts = conflictsOf(inputs, existing);
    const replaced = replaceable(inputs, conflicts);
    if (replaced !== undefined) {
      await alidns.updateRecord(zone, replaced.recordId, content);
      return outputs(replaced.recordId);
    }
    if (conflicts.length > 0) throw conflictError(inputs, conflicts);
    try {
      return outputs(await alidns.addRecord(zone, content));
    } catch (error) {
      if (!isAlidnsError(error)) throw error;
      // Either somebody was faster, or an earlier attempt of ours took effect although its reply was lost.
      replyLost = error.maybeDone;
      if (mayRace && isAlidnsError(error, "DomainRecordDuplicate", "DomainRecordConflict")) continue;
      throw replyLost ? new Unconfirmed(outputs(""), error) : error;
    }
  }
}
