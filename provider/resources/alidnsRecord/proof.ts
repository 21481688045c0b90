import type { AlidnsClient, AlidnsRecordInfo } from "../../alidns/client";
import { txtRecordName } from "../../names";
import { rrIn } from "./rr";

/**
 * The token in the TXT record of a bound domain, if there is exactly one: what proved its ownership when it was bound.
 * OSS may not tell it any more.
 */
export async function findProof(alidns: AlidnsClient, domain: string, zone?: string): Promise<string | undefined> {
  const name = txtRecordName(domain);
  const at = zone ?? (await alidns.findZone(name));
  return proofAmong(await alidns.findRecords(at, rrIn(at, name)))?.value;
}

/** The record with the token, of all at its name. */
export function proofAmong(records: readonly AlidnsRecordInfo[]): AlidnsRecordInfo | undefined {
  const found = records.filter(({ type, line }) => type === "TXT" && line === "default");
  const [record] = found;
  return found.length === 1 && record?.enabled && /^[0-9a-f]{32}$/.test(record.value) ? record : undefined;
}
