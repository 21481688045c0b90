import { isIP } from "node:net";

/** One record; several values at one name are several records. */
export interface DnsRecord {
  readonly id: string;
  /** The zone that the record was written into. It is not served where that zone delegates its name. */
  readonly zone: string;
  /** The full name, lower case, without trailing dot. */
  readonly name: string;
  readonly type: string;
  /** A target, an address or an unquoted text. A list has the strings of one split TXT record. */
  readonly value: string | readonly string[];
  /** In seconds. */
  readonly ttl: number;
  /** The time from which on the record is served. */
  readonly visibleAt?: Date | undefined;
  /** How many queries for its name and type are still answered without it. */
  afterQueries?: number | undefined;
}

export interface NewRecord extends Pick<DnsRecord, "name" | "type" | "value" | "afterQueries"> {
  /** The longest zone that holds the name when left out. */
  readonly zone?: string | undefined;
  /** 600 when left out. */
  readonly ttl?: number | undefined;
  /** How long the record is not served yet. */
  readonly delayMs?: number | undefined;
}

export interface RecordFilter {
  readonly name: string;
  readonly type?: string | undefined;
  readonly value?: string | undefined;
}

interface DnsReply {
  readonly rcode: "NOERROR" | "NXDOMAIN" | "REFUSED";
  readonly authoritative: boolean;
  readonly answers: DnsRecord[];
  readonly authorities?: DnsRecord[];
  readonly additionals?: DnsRecord[];
}

const TYPES = ["A", "AAAA", "CNAME", "NS", "TXT"];
const NEGATIVE_TTL = 60;
const MAX_CHAIN = 8;

/**
 * The zones of one server. Each has an SOA record and two name servers on loopback, `ns1` and `ns2`. NS records at the
 * top of a zone replace those two, NS records below it delegate.
 */
export class Zones {
  readonly names: string[] = [];
  readonly records: DnsRecord[] = [];
  readonly #now: () => Date;
  /** When each record was written or restored. */
  readonly #changes = new Map<string, number>();
  #lastChange = 0;
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
    this.#noteChange(added.id);
    return added;
  }

  /** Adds records of an earlier state, which keep their ids. */
  restore(records: readonly DnsRecord[]): void {
    this.records.push(...records);
    this.#lastId = Math.max(this.#lastId, ...records.map(({ id }) => Number(id)));
    for (const { id } of records) this.#noteChange(id);
  }

  replace(id: string, record: NewRecord): void {
    const index = this.records.findIndex((record) => record.id === id);
    if (index < 0) return;
    this.records[index] = this.#checked(id, record);
    this.#noteChange(id);
  }

  /** When a record was written, in milliseconds since 1970. */
  changedAt(id: string): number | undefined {
    return this.#changes.get(id);
  }

  /** No two changes have the same time. */
  #noteChange(id: string): void {
    this.#lastChange = Math.max(this.#now().getTime(), this.#lastChange + 1);
    this.#changes.set(id, this.#lastChange);
  }

  #checked(id: string, { delayMs, ttl = 600, ...record }: NewRecord): DnsRecord {
    const name = normaliseName(record.name);
    const type = record.type.toUpperCase();
    const zone = record.zone ?? this.zoneOf(name);
    if (zone === undefined) throw new Error(`none of the zones ${this.names.join(", ")} holds ${name}`);
    const problem = problemOf(type, record.value);
    if (problem) throw new Error(problem);
    const visibleAt = delayMs ? new Date(this.#now().getTime() + delayMs) : undefined;
    return { ...record, id, zone, name, type, ttl, visibleAt };
  }

  /** Returns how many records it removed. */
  remove(matches: (record: DnsRecord) => boolean): number {
    const kept = this.records.filter((record) => !matches(record));
    const removed = this.records.length - kept.length;
    this.records.splice(0, this.records.length, ...kept);
    return removed;
  }

  /** Returns the longest zone that holds the name. */
  zoneOf(name: string): string | undefined {
    return this.names.filter((zone) => liesIn(name, zone)).sort((a, b) => b.length - a.length)[0];
  }

  nameServersOf(zone: string): string[] {
    const own = this.#own(zone).filter((record) => record.type === "NS" && record.name === zone);
    return own.length > 0 ? own.map(({ value }) => String(value)) : [`ns1.${zone}`, `ns2.${zone}`];
  }

  answer(question: { readonly name: string; readonly type: string }): DnsReply {
    const answers: DnsRecord[] = [];
    let name = normaliseName(question.name);
    let zone = this.zoneOf(name);
    if (zone === undefined) return { rcode: "REFUSED", authoritative: false, answers };
    // A CNAME that leads out of these zones ends the chain: resolvers follow it elsewhere.
    for (let hop = 0; zone !== undefined && hop < MAX_CHAIN; hop++) {
      const referral = this.#referral(name, zone);
      if (referral) return hop === 0 ? referral : { ...referral, authoritative: true, answers, additionals: [] };
      const served = this.#served(name, zone);
      const matching = served.filter((record) => question.type === "ANY" || record.type === question.type);
      const alias = matching.length > 0 ? undefined : served.find((record) => record.type === "CNAME");
      const exists = served.length > 0 || this.#own(zone).some((record) => liesIn(record.name, name));
      this.#countDown(name, question.type);
      answers.push(...(alias ? [alias] : matching));
      if (matching.length > 0) break;
      if (!alias) {
        const rcode = exists ? "NOERROR" : "NXDOMAIN";
        return { rcode, authoritative: true, answers, authorities: [this.#soa(zone)] };
      }
      name = normaliseName(String(alias.value));
      zone = this.zoneOf(name);
    }
    return { rcode: "NOERROR", authoritative: true, answers };
  }

  #referral(name: string, zone: string): DnsReply | undefined {
    const below = (owner: string) => owner !== zone && liesIn(owner, zone) && liesIn(name, owner);
    const own = this.#own(zone);
    const cuts = own.filter((record) => record.type === "NS" && below(record.name));
    const cut = cuts.filter((record) => record.name === cuts[0]?.name);
    if (cut.length === 0) return undefined;
    const servers = cut.map((record) => normaliseName(String(record.value)));
    const glue = own.filter((record) => servers.includes(record.name) && /^A(AAA)?$/.test(record.type));
    return { rcode: "NOERROR", authoritative: false, answers: [], authorities: cut, additionals: glue };
  }

  /** Returns the records served at a name of the zone, including those that every zone has. */
  #served(name: string, zone: string): DnsRecord[] {
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
    return { id: "", zone, name: zone, type: "SOA", value: this.nameServersOf(zone)[0] ?? zone, ttl: NEGATIVE_TTL };
  }

  /** Returns the added records of the zone, except those whose delay is not over. */
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

/** Tells whether the name is the zone itself or below it: `notexample.com` is not within `example.com`. */
export function liesIn(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** Says why a record cannot be served. */
function problemOf(type: string, value: DnsRecord["value"]): string | undefined {
  const text = [value].flat().join("");
  if (!TYPES.includes(type)) return `records of type ${type} are not supported`;
  const version = { A: 4, AAAA: 6 }[type];
  if (text === "" || (version && isIP(text) !== version))
    return `"${text}" is not a valid value of a record of type ${type}`;
  return undefined;
}
