import { createHash } from "node:crypto";
import type { Challenge } from "../../acme/issue";
import type { AlidnsClient, AlidnsRecordInfo } from "../../alidns/client";
import { isAlidnsError } from "../../alidns/error";
import { describeLook, lookForTxt } from "../../dns/txt";
import { RECORD_TTL_SECONDS } from "../../names";
import type { Run } from "../../run";
import { rrIn } from "../alidnsRecord/rr";
import { Backoff } from "../bucketCname/wait";
import type { Inputs } from "./declared";
import { undone } from "./undo";

/**
 * Proves a name by a TXT record in Alibaba Cloud DNS (dns-01): resolves when all servers of the zone have it. Other
 * values at the same name are left alone: a name and its wildcard are proven side by side, and other clients may be at
 * work. Only what an earlier order for the same names has left behind, because it was killed, is removed.
 */
export async function proveByDns(
  run: Run,
  inputs: Pick<Inputs, "names" | "directory" | "dns">,
  { name, value }: Challenge,
): Promise<{ readonly undo: () => Promise<void> }> {
  const { dns = {} } = inputs;
  const isOthers = dns.profile !== undefined || dns.environment === true;
  const alidns = isOthers ? run.alidnsOf(dns.profile) : run.alidns;
  const recordName = `_acme-challenge.${name}`;
  const zone = dns.zone ?? (await alidns.findZone(recordName));
  const at = { zone, rr: rrIn(zone, recordName), ttl: markOf(inputs) };
  const ours = async () =>
    (await alidns.findRecords(zone, at.rr)).filter(({ type, ttl }) => type === "TXT" && ttl === at.ttl);
  run.challenges.add(value);
  const undo = async () => {
    await undone(run, `the record TXT ${recordName} ${value}`, async () => {
      for (const record of await ours()) if (record.value === value) await remove(alidns, at, record);
    });
    run.challenges.delete(value);
  };
  try {
    const found = await ours();
    for (const record of found) if (!run.challenges.has(record.value)) await remove(alidns, at, record);
    if (!found.some((record) => record.value === value)) await add(alidns, at, value);
    await waitUntilSeen(run, recordName, value);
    return { undo };
  } catch (error) {
    await undo();
    throw error;
  }
}

interface Place {
  readonly zone: string;
  readonly rr: string;
  readonly ttl: number;
}

/**
 * The TTL of records for one certificate, in seconds, by which they are told from those of others: nothing else can be
 * written with a record in one request. Servers of the zone answer the CA, so how long it is does not matter.
 */
function markOf({ names, directory }: Pick<Inputs, "names" | "directory">): number {
  const hash = createHash("sha256")
    .update(JSON.stringify([names, directory]))
    .digest();
  return RECORD_TTL_SECONDS + 1 + (hash.readUInt16BE() % 997);
}

async function add(alidns: AlidnsClient, { zone, ...content }: Place, value: string): Promise<void> {
  try {
    await alidns.addRecord(zone, { ...content, type: "TXT", value });
  } catch (error) {
    // An earlier attempt whose reply was lost.
    if (!isAlidnsError(error, "DomainRecordDuplicate")) throw error;
  }
}

function remove(alidns: AlidnsClient, { zone, rr }: Place, { recordId }: AlidnsRecordInfo): Promise<void> {
  return alidns.deleteRecord(zone, rr, recordId);
}

async function waitUntilSeen(run: Run, name: string, value: string): Promise<void> {
  const { clock, settings } = run;
  const deadline = clock.now() + 1000 * settings.dnsTimeoutSeconds;
  const pauses = new Backoff(1000, 1.5, 10_000);
  const looks = settings.choice("oss-cname:verification") !== "none";
  try {
    for (;;) {
      const look = looks && (await run.look(() => lookForTxt(name, value, { servers: settings.dnsServers })));
      // Where nothing can be seen from here, the servers of the zone are given a while.
      if (!look || look.blocked) return await clock.sleep(BLIND_PAUSE_MS);
      if (look.present) return;
      if (clock.now() >= deadline)
        throw new Error(
          `The record for the CA does not appear in DNS. Nothing was asked of the CA.\n${describeLook(look)}`,
        );
      run.notices.waitingFor(name, { name, value, until: deadline, state: "for the CA, not everywhere yet" });
      run.cancellation.throwIfAsked();
      await clock.sleep(Math.min(pauses.next(), Math.max(deadline - clock.now(), 0)));
    }
  } finally {
    run.notices.doneWaiting(name);
  }
}

const BLIND_PAUSE_MS = 20_000;
