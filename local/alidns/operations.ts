import { type Parameters, required } from "../acs3/service";
import { type DnsRecord, liesIn, type NewRecord, normaliseName } from "../dns/zones";
import { Refusal } from "../refusal";
import type { World } from "../world";

/** The operations on records, by action. They return the reply without its RequestId. */
export const ALIDNS_OPERATIONS: Readonly<Record<string, (world: World, parameters: Parameters) => object>> = {
  AddDomainRecord(world, parameters) {
    const record = readRecord(zoneOf(world, required(parameters, "DomainName")), parameters);
    refuseClash(world, record);
    const { dnsDelayMs, dnsDelayQueries } = world.switches;
    const delayed = { ...record, delayMs: dnsDelayMs, afterQueries: dnsDelayQueries || undefined };
    return { RecordId: orInvalid(() => world.zones.add(delayed)).id };
  },

  UpdateDomainRecord(world, parameters) {
    const { id, zone } = recordOf(world, parameters);
    const record = readRecord(zone, parameters);
    refuseClash(world, record, id);
    orInvalid(() => world.zones.replace(id, record));
    return { RecordId: id };
  },

  DeleteDomainRecord(world, parameters) {
    const { id } = recordOf(world, parameters);
    world.zones.remove((record) => record.id === id);
    return { RecordId: id };
  },

  DescribeDomainRecords(world, parameters) {
    const zone = zoneOf(world, required(parameters, "DomainName"));
    const { RRKeyWord, Type = parameters.TypeKeyWord, ValueKeyWord, KeyWord, SearchMode = "LIKE" } = parameters;
    if (!["LIKE", "EXACT"].includes(SearchMode))
      throw new Refusal(400, "InvalidSearchMode", `This emulator does not support the search mode ${SearchMode}.`);
    const found = recordsAt(world, zone, Type).filter(
      (record) =>
        contains(rrOf(record), RRKeyWord) &&
        contains(textOf(record), ValueKeyWord) &&
        (SearchMode === "EXACT" && KeyWord ? rrOf(record) === KeyWord.toLowerCase() : contains(rrOf(record), KeyWord)),
    );
    return recordPage(world, found, parameters, 500);
  },

  DescribeSubDomainRecords(world, parameters) {
    const name = normaliseName(required(parameters, "SubDomain"));
    // Without DomainName the service derives the zone from the public suffix, and so never looks into a sub-zone.
    const shortest = world.zones.names.filter((zone) => liesIn(name, zone)).sort((a, b) => a.length - b.length)[0];
    const zone = zoneOf(world, parameters.DomainName ?? shortest ?? name);
    const found = recordsAt(world, zone, parameters.Type).filter((record) => record.name === name);
    return recordPage(world, found, parameters, 100);
  },

  DescribeDomains(world, parameters) {
    const found = world.zones.names.filter((zone) => contains(zone, parameters.KeyWord));
    const { items, ...page } = pageOf(found, parameters, 100);
    const Domain = items.map((zone) => ({
      DomainId: `domain-${zone}`,
      DomainName: zone,
      PunyCode: zone,
      AliDomain: true,
      RecordCount: recordsAt(world, zone).length,
      DnsServers: { DnsServer: world.zones.nameServersOf(zone) },
    }));
    return { ...page, Domains: { Domain } };
  },
};

type Draft = NewRecord & Pick<DnsRecord, "zone" | "ttl">;

function readRecord(zone: string, parameters: Parameters): Draft {
  const rr = required(parameters, "RR").toLowerCase();
  const type = required(parameters, "Type").toUpperCase();
  const value = required(parameters, "Value");
  const ttl = Number(parameters.TTL ?? 600);
  if ((parameters.Line ?? "default") !== "default")
    throw new Refusal(400, "InvalidLine", "This emulator supports only the line default.");
  if (!Number.isInteger(ttl) || ttl < 1 || ttl > 86_400)
    throw new Refusal(400, "InvalidTTL", "The TTL is out of range.");
  if (rr !== "@" && !/^(\*|[a-z0-9_-]{1,63})(\.[a-z0-9_-]{1,63})*$/.test(rr))
    throw new Refusal(400, "InvalidRR.Format", `The RR ${rr} is not a host name.`);
  return { zone, name: rr === "@" ? zone : `${rr}.${zone}`, type, value, ttl };
}

/** Refuses a draft that clashes with other records. `id` is the record that the draft replaces. */
function refuseClash(world: World, draft: Draft, id?: string): void {
  const sameName = recordsAt(world, draft.zone).filter((record) => record.name === draft.name);
  const others = sameName.filter((record) => record.id !== id);
  const isSame = (record: DnsRecord) => record.type === draft.type && textOf(record) === textOf(draft);
  const changesNothing = sameName.some((record) => record.id === id && isSame(record) && record.ttl === draft.ttl);
  if (changesNothing || others.some(isSame))
    throw new Refusal(400, "DomainRecordDuplicate", "The DNS record already exists.");
  if (others.some((record) => mayNotShareName(draft.name === draft.zone, draft.type, record.type)))
    throw new Refusal(400, "DomainRecordConflict", "The DNS record conflicts with other records of the same host.");
}

/** The service's published conflict rules, but for the CNAME records with weights of its paid editions. */
function mayNotShareName(isApex: boolean, ...types: [string, string]): boolean {
  const other = types.find((type) => type !== "CNAME") ?? "CNAME";
  return types.includes("CNAME") && !(isApex && ["NS", "MX", "TXT"].includes(other));
}

function orInvalid<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new Refusal(400, "InvalidParameter", error instanceof Error ? error.message : String(error));
  }
}

function recordOf(world: World, parameters: Parameters): DnsRecord {
  const id = required(parameters, "RecordId");
  const record = world.zones.records.find((record) => record.id === id);
  if (record) return record;
  throw new Refusal(400, "DomainRecordNotBelongToUser", "The domain record does not belong to this user.");
}

function recordsAt(world: World, zone: string, type?: string): DnsRecord[] {
  const wanted = type?.toUpperCase();
  return world.zones.records.filter(({ zone: owner, type }) => owner === zone && (wanted ?? type) === type);
}

function zoneOf(world: World, name: string): string {
  const zone = normaliseName(name);
  if (world.zones.names.includes(zone)) return zone;
  throw new Refusal(400, "InvalidDomainName.NoExist", "The specified domain name does not exist in your account.");
}

function contains(text: string, part = ""): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

function textOf({ value }: Pick<DnsRecord, "value">): string {
  return [value].flat().join("");
}

function rrOf({ name, zone }: DnsRecord): string {
  return name === zone ? "@" : name.slice(0, -zone.length - 1);
}

function recordPage(world: World, found: readonly DnsRecord[], parameters: Parameters, maxSize: number): object {
  const { items, ...page } = pageOf(found, parameters, maxSize);
  const Record = items.map((record) => ({
    RecordId: record.id,
    DomainName: record.zone,
    RR: rrOf(record),
    Type: record.type,
    Value: textOf(record),
    TTL: record.ttl,
    UpdateTimestamp: world.zones.changedAt(record.id),
    Line: "default",
    Status: "ENABLE",
    Locked: false,
    Weight: 1,
  }));
  return { ...page, DomainRecords: { Record } };
}

function pageOf<T>(all: readonly T[], parameters: Parameters, maxSize: number) {
  const PageNumber = Number(parameters.PageNumber ?? 1);
  const PageSize = Number(parameters.PageSize ?? 20);
  if (!Number.isInteger(PageNumber) || PageNumber < 1)
    throw new Refusal(400, "InvalidPageNumber", "PageNumber starts at 1.");
  if (!Number.isInteger(PageSize) || PageSize < 1 || PageSize > maxSize)
    throw new Refusal(400, "InvalidPageSize", `PageSize is between 1 and ${maxSize}.`);
  const start = (PageNumber - 1) * PageSize;
  return { TotalCount: all.length, PageNumber, PageSize, items: all.slice(start, start + PageSize) };
}
