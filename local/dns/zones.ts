import { isIP } from "node:net";
import type { Answer, Question, RecordType } from "dns-packet";

/** One record. `name` is the full name; several values at one name are several records. */
export interface DnsRecord {
  readonly id: string;
  /** The zone that the record was written into: what lies below a delegation there is not served. */
  readonly zone: string;
  /** Lower case, no trailing dot. */
  readonly name: string;
  readonly type: string;
  /** Target or address; the text of a TXT record, bare. A list gives the strings of one split TXT record. */
  readonly value: string | readonly string[];
  /** Seconds. */
  readonly ttl: number;
  /** Not served before this instant. */
  readonly visibleAt?: Date | undefined;
  /** Not served until this many queries for its name and type were answered without it. */
  afterQueries?: number | undefined;
}

export interface NewRecord extends Pick<DnsRecord, "name" | "type" | "value" | "afterQueries"> {
  /** The longest zone that holds the name when left out. */
  readonly zone?: string | undefined;
  /** 600 when left out. */
  readonly ttl?: number | undefined;
  /** Not served for this long. */
  readonly delayMs?: number | undefined;
}

export interface DnsReply {
  readonly rcode: "NOERROR" | "NXDOMAIN" | "REFUSED";
  readonly authoritative: boolean;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  readonly additionals: readonly Answer[];
}

const negativeTtl = 60;
const longestChain = 8;

/**
 * The zones of one server. Each comes with a SOA, two name servers (`ns1`, `ns2`) and their addresses on loopback; NS records
 * set at the top of a zone take the place of those two, NS records below it delegate.
 */
export class Zones {
  readonly names: string[] = [];
  readonly records: DnsRecord[] = [];
  readonly #now: () => Date;
  #lastId = 900_000_000;

  constructor(names: readonly string[] = [], now: () => Date = () => new Date()) {
    this.#now = now;
    for (const name of names) this.addZone(name);
  }

  addZone(name: string): void {
    const zone = normaliseName(name);
    if (!this.names.includes(zone)) this.names.push(zone);
  }

  /** Throws when no zone holds the name, or when such a record cannot be served. */
  add(record: NewRecord): DnsRecord {
    const added = this.#checked(String(++this.#lastId), record);
    this.records.push(added);
    return added;
  }

  /** Adds records that had their ids before. */
  restore(records: readonly DnsRecord[]): void {
    this.records.push(...records);
    this.#lastId = Math.max(this.#lastId, ...records.map(({ id }) => Number(id)));
  }

  replace(id: string, record: NewRecord): void {
    const at = this.records.findIndex((each) => each.id === id);
    if (at >= 0) this.records[at] = this.#checked(id, record);
  }

  #checked(id: string, { delayMs, ttl = 600, ...record }: NewRecord): DnsRecord {
    const name = normaliseName(record.name);
    const type = record.type.toUpperCase();
    const zone = record.zone ?? this.zoneOf(name);
    if (zone === undefined) throw new Error(`${name} is in none of the zones ${this.names.join(", ")}`);
    const problem = unfit(type, record.value);
    if (problem) throw new Error(problem);
    const visibleAt = delayMs ? new Date(this.#now().getTime() + delayMs) : undefined;
    return { ...record, id, zone, name, type, ttl, visibleAt };
  }

  /** Removes what matches and says how many that were. */
  remove(matches: (record: DnsRecord) => boolean): number {
    const kept = this.records.filter((record) => !matches(record));
    const removed = this.records.length - kept.length;
    this.records.splice(0, this.records.length, ...kept);
    return removed;
  }

  /** The longest zone that holds the name. */
  zoneOf(name: string): string | undefined {
    let found: string | undefined;
    for (const zone of this.names) if (isWithin(name, zone) && zone.length > (found?.length ?? 0)) found = zone;
    return found;
  }

  nameServersOf(zone: string): string[] {
    const own = this.#own(zone).filter((record) => record.type === "NS" && record.name === zone);
    return own.length > 0 ? own.map((record) => String(record.value)) : [`ns1.${zone}`, `ns2.${zone}`];
  }

  answer(question: Pick<Question, "name" | "type">): DnsReply {
    const answers: Answer[] = [];
    let name = normaliseName(question.name);
    let zone = this.zoneOf(name);
    if (zone === undefined) return reply("REFUSED", false, []);
    // An alias that leads out of our zones ends the chain: the asker follows it elsewhere.
    for (let hop = 0; zone !== undefined && hop < longestChain; hop++) {
      const referral = this.#referral(name, zone);
      if (referral) return hop === 0 ? referral : reply("NOERROR", true, answers, referral.authorities);
      const here = this.#at(name, zone);
      const matching = here.filter((record) => (question.type as string) === "ANY" || record.type === question.type);
      const alias = matching.length > 0 ? undefined : here.find((record) => record.type === "CNAME");
      const exists = here.length > 0 || this.#own(zone).some((record) => isWithin(record.name, name));
      this.#countDown(name, question.type);
      answers.push(...(alias ? [alias] : matching).map(toAnswer));
      if (matching.length > 0) return reply("NOERROR", true, answers);
      if (!alias) return reply(exists ? "NOERROR" : "NXDOMAIN", true, answers, [toAnswer(this.#soa(zone))]);
      name = normaliseName(String(alias.value));
      zone = this.zoneOf(name);
    }
    return reply("NOERROR", true, answers);
  }

  #referral(name: string, zone: string): DnsReply | undefined {
    const below = (owner: string) => owner !== zone && isWithin(owner, zone) && isWithin(name, owner);
    const own = this.#own(zone);
    const cuts = own.filter((each) => each.type === "NS" && below(each.name));
    const cut = cuts.filter((each) => each.name === cuts[0]?.name);
    if (cut.length === 0) return undefined;
    const servers = cut.map((each) => normaliseName(String(each.value)));
    const glue = own.filter((each) => servers.includes(each.name) && /^A(AAA)?$/.test(each.type));
    return reply("NOERROR", false, [], cut.map(toAnswer), glue.map(toAnswer));
  }

  /** What is served at a name of the zone, with the records that every zone has. */
  #at(name: string, zone: string): DnsRecord[] {
    const own = this.#own(zone).filter((record) => record.name === name);
    const fixed = (type: string, value: string): DnsRecord => ({ id: "", zone, name, type, value, ttl: 600 });
    const servers = this.nameServersOf(zone);
    if (name === zone) {
      const ns = own.some((record) => record.type === "NS") ? [] : servers.map((server) => fixed("NS", server));
      return [...own, ...ns, this.#soa(zone)];
    }
    return own.length === 0 && servers.includes(name) ? [fixed("A", "127.0.0.1")] : own;
  }

  #soa(zone: string): DnsRecord {
    return { id: "", zone, name: zone, type: "SOA", value: this.nameServersOf(zone)[0] ?? zone, ttl: negativeTtl };
  }

  /** The records of the zone that are served now. */
  #own(zone: string): DnsRecord[] {
    const isLate = ({ afterQueries, visibleAt }: DnsRecord) => afterQueries || (visibleAt && visibleAt > this.#now());
    return this.records.filter((record) => record.zone === zone && !isLate(record));
  }

  #countDown(name: string, type: string): void {
    for (const record of this.records)
      if (record.afterQueries && record.name === name && [type, "CNAME"].includes(record.type))
        record.afterQueries -= 1;
  }
}

export function normaliseName(name: string): string {
  return name.trim().replace(/\.$/, "").toLowerCase();
}

/** Is the name the zone itself or below it? Label by label: `notexample.com` is not within `example.com`. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** What is wrong with such a record; undefined when it can be served. */
function unfit(type: string, value: DnsRecord["value"]): string | undefined {
  const text = [value].flat().join("");
  if (!["A", "AAAA", "CNAME", "NS", "TXT"].includes(type)) return `records of type ${type} are not served here`;
  const version = { A: 4, AAAA: 6 }[type];
  if (text === "" || (version && isIP(text) !== version)) return `"${text}" is no value for a record of type ${type}`;
  return undefined;
}

function reply(
  rcode: DnsReply["rcode"],
  authoritative: boolean,
  answers: readonly Answer[],
  authorities: readonly Answer[] = [],
  additionals: readonly Answer[] = [],
): DnsReply {
  return { rcode, authoritative, answers, authorities, additionals };
}

function toAnswer({ name, type, value, ttl }: DnsRecord): Answer {
  const owner = { name, ttl, class: "IN" as const };
  switch (type) {
    case "TXT":
      return { ...owner, type: "TXT", data: [value].flat().flatMap(strings) };
    case "SOA": {
      const timers = { serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: negativeTtl };
      return { ...owner, type: "SOA", data: { mname: String(value), rname: `hostmaster.${name}`, ...timers } };
    }
    default:
      return { ...owner, type: type as Exclude<RecordType, "OPT">, data: String(value) } as Answer;
  }
}

/** A string on the wire holds at most 255 bytes; a longer text is sent as several. */
function strings(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) pieces.push(bytes.subarray(at, at + 255));
  return pieces;
}
