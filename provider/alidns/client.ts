import { callRpc, isTooBusy } from "../acs3/call";
import { CONTINUE } from "../cancellation";
import type { Clock } from "../clock";
import { systemClock } from "../clock";
import { HttpClient, HttpFailure } from "../http";
import { isWithin } from "../names";
import { toUrl } from "../oss/endpoint";
import type { Credentials } from "../oss/sign";
import { Pace } from "../pace";
import { printable } from "../redact";
import { AlidnsError, alidnsRemedy, isAlidnsError } from "./error";
import type { Reply, WireDomain, WireRecord } from "./reply";
import { invalidReply } from "./reply";

const VERSION = "2015-01-09";
/** Of up to 500 records or 100 zones. */
const MAX_PAGES = 100;
const DELAYS_MS = [250, 500, 1000, 2000, 4000, 6000, 6000, 6000, 6000];

interface AlidnsClientOptions {
  readonly credentials: () => Promise<Credentials>;
  /** Asked before every call: send it over plain http to another machine. Default: never. */
  readonly allowHttp?: (() => boolean) | undefined;
  /** Default: connections of its own. */
  readonly http?: HttpClient | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Default: one of its own. */
  readonly pace?: Pace | undefined;
  /** Asked before every call: URL or host, with a port if need be. Default: `https://alidns.aliyuncs.com`. */
  readonly endpoint?: (() => string | undefined) | undefined;
}

/** What a record holds. `rr` is its name inside the zone, `@` for the zone itself; `ttl` is in seconds. */
interface RecordContent {
  readonly rr: string;
  readonly type: string;
  readonly value: string;
  readonly ttl: number;
}

export interface AlidnsRecordInfo extends RecordContent {
  readonly recordId: string;
  /** When it was changed last, in milliseconds since 1970; 0 where the service does not say. */
  readonly changedAt: number;
  /** Resolution line; all of ours are on `default`. */
  readonly line: string;
  /** False for a record that was paused. */
  readonly enabled: boolean;
}

/**
 * The record calls of Alibaba Cloud DNS (Alidns). Failures that may pass are tried again for half a minute, and where the
 * service has too many requests, with all other requests more slowly.
 */
export class AlidnsClient {
  readonly #options: AlidnsClientOptions;
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #snapshots = new Map<string, Promise<readonly AlidnsRecordInfo[]>>();
  /** Zones that have been written to. */
  readonly #written = new Set<string>();
  #zones: Promise<string[]> | undefined;

  constructor(options: AlidnsClientOptions) {
    this.#options = options;
    this.#http = options.http ?? new HttpClient();
    this.#clock = options.clock ?? systemClock;
    this.#pace = options.pace ?? new Pace(this.#clock);
  }

  /** All zones of the account. */
  async listZones(): Promise<string[]> {
    const zones = await this.#listAll<WireDomain>("DescribeDomains", "the account's zones", { PageSize: "100" });
    return zones.map(({ PunyCode, DomainName }) => printable(PunyCode || DomainName).toLowerCase());
  }

  /**
   * The longest zone of the account that holds `name`, if there is one. The account's zones are listed once, and again
   * when none fits, since the zone may have been created meanwhile.
   */
  async lookUpZone(name: string): Promise<string | undefined> {
    this.#zones ??= this.listZones();
    const listed = this.#zones;
    const known = longest(
      await listed.catch((error) => {
        if (this.#zones === listed) this.#zones = undefined;
        throw error;
      }),
      name,
    );
    if (known !== undefined) return known;
    this.#zones = this.listZones();
    return longest(await this.#zones, name);
  }

  /** @throws AlidnsError when no zone holds the name */
  async findZone(name: string): Promise<string> {
    const found = await this.lookUpZone(name);
    if (found !== undefined) return found;
    const zones = (await this.#zones) ?? [];
    const has = zones.length === 0 ? "no zones" : `${zones.slice(0, 10).join(", ")}${zones.length > 10 ? ", …" : ""}`;
    throw new AlidnsError(`No zone of this account in Alibaba Cloud DNS holds ${name} (the account has ${has}).`, {
      remedy: "add the domain there, or use the credentials of the account that has it.",
    });
  }

  /** The records at one name. */
  async findRecords(zone: string, rr: string): Promise<AlidnsRecordInfo[]> {
    // The service finds every name that contains this one.
    const found = await this.#listRecords(zone, recordName(zone, rr), { RRKeyWord: rr });
    return found.filter((record) => record.rr === rr);
  }

  /** All records of a zone as they were when this was first asked: one list serves the previews of all its names. */
  snapshot(zone: string): Promise<readonly AlidnsRecordInfo[]> {
    let snapshot = this.#snapshots.get(zone);
    if (snapshot === undefined) {
      snapshot = this.#listRecords(zone, `the zone ${zone}`);
      this.#snapshots.set(zone, snapshot);
    }
    return snapshot;
  }

  /** Whether a snapshot that was taken before shows no record at this name. Sends nothing. */
  async isKnownEmpty(zone: string, rr: string): Promise<boolean> {
    const snapshot = await this.#snapshots.get(zone);
    return snapshot !== undefined && !snapshot.some((record) => record.rr === rr);
  }

  async getRecord(zone: string, rr: string, recordId: string): Promise<AlidnsRecordInfo | undefined> {
    return (await this.findRecords(zone, rr)).find((record) => record.recordId === recordId);
  }

  /** The same for many records: one list of the zone serves all that are read before the first write. */
  async readRecord(zone: string, rr: string, recordId: string): Promise<AlidnsRecordInfo | undefined> {
    if (this.#written.has(zone)) return this.getRecord(zone, rr, recordId);
    return (await this.snapshot(zone)).find((record) => record.recordId === recordId && record.rr === rr);
  }

  /** @returns the new record's id */
  async addRecord(zone: string, content: RecordContent): Promise<string> {
    this.#written.add(zone);
    const parameters = { DomainName: zone, ...wireContent(content) };
    const what = described(zone, content);
    const { RecordId } = await this.#call("AddDomainRecord", what, parameters);
    if (RecordId === undefined) throw invalidReply("AddDomainRecord", what, "there is no RecordId in it");
    return String(RecordId);
  }

  async updateRecord(zone: string, recordId: string, content: RecordContent): Promise<void> {
    this.#written.add(zone);
    const parameters = { RecordId: recordId, ...wireContent(content) };
    try {
      await this.#call("UpdateDomainRecord", described(zone, content), parameters);
    } catch (error) {
      // An earlier attempt took effect although its reply was lost: the service does not write what is so already.
      if (!isAlidnsError(error, "DomainRecordDuplicate") || !error.maybeDone) throw error;
    }
  }

  /** Deletes a record; one that is gone already counts as deleted. */
  async deleteRecord(zone: string, rr: string, recordId: string): Promise<void> {
    this.#written.add(zone);
    try {
      await this.#call("DeleteDomainRecord", `record ${recordId} (${recordName(zone, rr)})`, { RecordId: recordId });
    } catch (error) {
      if (!isAlidnsError(error, ...GONE)) throw error;
    }
  }

  async #listRecords(zone: string, what: string, filter: Record<string, string> = {}): Promise<AlidnsRecordInfo[]> {
    const parameters = { DomainName: zone, PageSize: "500", ...filter };
    const found = await this.#listAll<WireRecord>("DescribeDomainRecords", what, parameters);
    return found.map((record) => ({
      recordId: String(record.RecordId),
      rr: record.RR.toLowerCase(),
      type: record.Type,
      value: record.Type === "CNAME" ? record.Value.replace(/\.$/, "").toLowerCase() : record.Value,
      ttl: Number(record.TTL),
      changedAt: Number(record.UpdateTimestamp ?? record.CreateTimestamp ?? 0),
      line: record.Line ?? "default",
      enabled: (record.Status ?? "ENABLE").toUpperCase() === "ENABLE",
    }));
  }

  async #listAll<Item>(operation: string, what: string, parameters: Record<string, string>): Promise<Item[]> {
    const items: Item[] = [];
    for (let page = 1; page <= MAX_PAGES; page++) {
      const reply = await this.#call(operation, what, { ...parameters, PageNumber: String(page) });
      const found = (reply.Domains?.Domain ?? reply.DomainRecords?.Record) as Item[] | undefined;
      if (!Array.isArray(found) || typeof reply.TotalCount !== "number")
        throw invalidReply(operation, what, "there is no list in it");
      items.push(...found);
      if (found.length === 0 || items.length >= reply.TotalCount) return items;
    }
    throw invalidReply(operation, what, `the list has more than ${MAX_PAGES} pages`);
  }

  async #call(operation: string, what: string, query: Record<string, string>): Promise<Reply> {
    let maybeDone = false;
    for (let attempts = 1; ; attempts++) {
      try {
        const attempt = () => this.#send(operation, what, query, maybeDone);
        return await this.#pace.send(attempt, (error) => (isBusy(error) ? {} : undefined));
      } catch (error) {
        maybeDone = isAlidnsError(error) && error.maybeDone;
        const delayMs = DELAYS_MS[attempts - 1];
        if (delayMs === undefined || !mayPass(error) || (isBusy(error) && this.#pace.isHopeless)) throw error;
        await this.#clock.sleep(delayMs * (0.75 + Math.random() / 2));
      }
    }
  }

  async #send(operation: string, what: string, query: Record<string, string>, maybeDone: boolean): Promise<Reply> {
    const { credentials, endpoint = () => undefined, allowHttp = () => false } = this.#options;
    const at = endpoint() ?? "https://alidns.aliyuncs.com";
    const connection = { http: this.#http, clock: this.#clock, credentials, allowHttp, endpoint: at, version: VERSION };
    const { status, fields, refusal } = await callRpc(connection, { operation, what, query }).catch((error) => {
      if (!(error instanceof HttpFailure)) throw error;
      const { message, isCancelled, unsent } = error;
      throw new AlidnsError(
        `${operation} for ${what} did not reach Alibaba Cloud DNS (${toUrl(at).host}): ${message}`,
        {
          maybeDone: maybeDone || !unsent,
          ...(isCancelled && { isCancelled, remedy: CONTINUE }),
        },
      );
    });
    if (refusal !== undefined) {
      const { code, facts } = refusal;
      const remedy = alidnsRemedy(code, operation);
      throw new AlidnsError(facts, { code, status, maybeDone, ...(remedy && { remedy }) });
    }
    if (fields === undefined) throw invalidReply(operation, what, "it is not JSON");
    return fields;
  }
}

/** The name inside a zone, or undefined when it is not in the zone. */
export function rrOf(name: string, zone: string): string | undefined {
  if (name === zone) return "@";
  return isWithin(name, zone) ? name.slice(0, -zone.length - 1) : undefined;
}

/** The record, or its name, does not exist. */
const GONE = ["DomainRecordNotBelongToUser", "DomainRecordNotExist", "InvalidRR.NoExist", "InvalidDomainName.NoExist"];

function longest(zones: readonly string[], name: string): string | undefined {
  return zones.filter((zone) => isWithin(name, zone)).sort((a, b) => b.length - a.length)[0];
}

function recordName(zone: string, rr: string): string {
  return rr === "@" ? zone : `${rr}.${zone}`;
}

function described(zone: string, { rr, type, value }: RecordContent): string {
  return `${type} ${recordName(zone, rr)} ${JSON.stringify(value)}`;
}

function wireContent({ rr, type, value, ttl }: RecordContent): Record<string, string> {
  return { RR: rr, Type: type, Value: value, TTL: String(ttl) };
}

/** Failures that may pass. A call may be repeated although it took effect: callers look again at a duplicate. */
function mayPass(error: unknown): boolean {
  if (!isAlidnsError(error) || error.isCancelled) return false;
  const { code, status } = error;
  return (
    isBusy(error) ||
    status === undefined ||
    status >= 500 ||
    ["LastOperationNotFinished", "InternalError", "ServiceUnavailable", "RecordForbidden.DNSChange"].includes(code)
  );
}

function isBusy(error: unknown): boolean {
  return isAlidnsError(error) && isTooBusy(error);
}
