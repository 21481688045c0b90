import type { Clock } from "./clock";
import type { Location } from "./config/location";
import type { HttpReply } from "./http";
import type { OssClient } from "./oss/client";
import { publicHost } from "./oss/endpoint";
import { attemptsAt, isOssError, isOutcomeUnknown } from "./oss/error";
import { objects } from "./oss/objects";
import type { WithXml } from "./oss/operations";
import { operations } from "./oss/operations";
import { leastRamPolicy } from "./oss/remedies";
import type { CertificateConfiguration, CnameInfo, CnameList, CnameTokenInfo } from "./oss/xml";

/** How to look a binding up. */
export interface Lookup {
  /**
   * Ask OSS now and take its word. Default: a list under ten seconds old will do, and confirmed writes of ours are
   * added to it.
   */
  readonly fresh?: boolean;
  /**
   * What is expected. A list may be behind a write, so one that shows something else is fetched again. Default: a
   * binding.
   */
  readonly until?: (found: CnameInfo | undefined) => boolean;
  /** How many lists to look at, a second apart, before the unexpected is believed. Default 1. */
  readonly looks?: number;
  /** Count a bucket that does not exist as one without bindings. Default false: the lookup fails. */
  readonly bucketMayBeGone?: boolean;
}

interface Token {
  readonly token: string;
  /** When OSS said by it that the domain is not bound here. */
  readonly at: number;
}

/** Where a CNAME record should point: the bucket's public host; empty where the region is unknown. */
export function cnameTargetOf(bucket: string, region: string | undefined): string {
  return region === undefined ? "" : `${bucket}.${publicHost(region)}`;
}

type Bindings = ReadonlyMap<string, CnameInfo>;

interface List {
  readonly sentAt: number;
  readonly reply: Promise<WithXml<CnameList>>;
  readonly bindings: Promise<Bindings>;
}

/** A write that OSS has confirmed; no entry means that the domain was unbound. */
interface Write {
  readonly at: number;
  readonly entry: CnameInfo | undefined;
}

/**
 * One bucket's bindings as this process knows them, and the only way in which it changes them.
 *
 * ListCname answers for all domains of a bucket at once, so one list serves all resources: a lookup joins a list that
 * is under way, or uses one under ten seconds old. What this process has written itself is known without asking.
 */
export class Bucket {
  readonly name: string;
  /** Undefined where neither a region nor an endpoint that names one is known. */
  readonly region: string | undefined;
  readonly #client: OssClient;
  readonly #clock: Clock;
  #list: List | undefined;
  /** How many were sent. */
  #lists = 0;
  #nextList: Promise<List> | undefined;
  readonly #writes = new Map<string, Write>();
  /** Tokens made in this run, of domains not bound since. */
  readonly #tokens = new Map<string, Token>();

  constructor(name: string, { region }: Location, client: OssClient, clock: Clock) {
    this.name = name;
    this.region = region;
    this.#client = client;
    this.#clock = clock;
  }

  get cnameTarget(): string {
    return cnameTargetOf(this.name, this.region);
  }

  /** The binding of a domain to this bucket, or `undefined`. */
  async binding(domain: string, lookup: Lookup = {}): Promise<CnameInfo | undefined> {
    const { fresh = false, looks = 1, until = (found) => found !== undefined, bucketMayBeGone = false } = lookup;
    let newerThan = this.#clock.now() - (fresh ? 0 : LIST_AGE_MS);
    try {
      for (let look = 1; ; look++) {
        const found = await (fresh ? this.#listed(domain, newerThan) : this.#known(domain, newerThan));
        // OSS makes a token only for a domain that is not bound here: that is as good as a second list.
        const isSurelyUnbound = !fresh && found === undefined && this.#tokens.has(domain);
        if (look >= looks || until(found) || isSurelyUnbound) return found;
        newerThan = this.#clock.now();
        await this.#clock.sleep(LOOK_PAUSE_MS);
      }
    } catch (error) {
      if (bucketMayBeGone && isOssError(error, "NoSuchBucket")) return undefined;
      throw error;
    }
  }

  /** All bindings, by domain, from a list sent after `newerThan` and from what was written since. */
  async bindings(newerThan = this.#clock.now() - LIST_AGE_MS): Promise<Bindings> {
    const list = await this.#listAfter(newerThan);
    const merged = new Map(await list.bindings);
    for (const [domain, { at, entry }] of this.#writes) {
      if (!mayMiss(list.sentAt, { at })) continue;
      if (entry === undefined) merged.delete(domain);
      else merged.set(domain, entry);
    }
    return merged;
  }

  /** Whether the latest list shows the domain, or a write of ours since. Sends nothing. */
  async isKnownToBind(domain: string): Promise<boolean> {
    if (this.#list === undefined) return false;
    // A list that failed tells nothing; those who asked for it have the error.
    const bindings = await this.bindings(Number.NEGATIVE_INFINITY).catch(() => undefined);
    return bindings?.has(domain) ?? false;
  }

  /** What OSS lists now, with the XML of its reply. */
  async list(): Promise<WithXml<CnameList>> {
    return (await this.#listAfter(this.#clock.now())).reply;
  }

  /** Mints a token, or gets the one that is still valid. */
  async createToken(domain: string): Promise<CnameTokenInfo> {
    const token = await this.#allowed(operations.createCnameToken(this.#client, this.name, domain));
    this.#tokens.set(domain, { token: token.token, at: this.#clock.now() });
    return token;
  }

  getToken(domain: string): Promise<WithXml<CnameTokenInfo>> {
    return this.#allowed(operations.getCnameToken(this.#client, this.name, domain));
  }

  /** The value that OSS expects in the TXT record. Sends nothing for a token that was made in this run. */
  async proof(domain: string): Promise<string> {
    return this.#tokens.get(domain)?.token ?? (await this.getToken(domain)).token;
  }

  /** Binds a domain that is not bound here. When the reply is lost, the list tells whether it was bound. */
  async bind(domain: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#allowed(operations.putCname(this.#client, this.name, domain));
        break;
      } catch (error) {
        if (!isOutcomeUnknown(error)) throw error;
        if ((await this.afterFailure(domain, attempt, 2)) !== undefined) break;
        if (attempt >= attemptsAt(error)) throw error;
      }
    }
    this.#wrote(domain, { domain, status: "Enabled", lastModified: new Date(this.#clock.now()).toISOString() });
  }

  async unbind(domain: string): Promise<void> {
    try {
      await this.#allowed(operations.deleteCname(this.#client, this.name, domain));
    } catch (error) {
      if (!isOutcomeUnknown(error) || (await this.binding(domain, { fresh: true })) !== undefined) throw error;
    }
    this.#wrote(domain, undefined);
  }

  /** Puts a certificate on a bound domain, or removes it. Gives the CertId that OSS answered. */
  async putCertificate(domain: string, certificate: CertificateConfiguration): Promise<string | undefined> {
    const reply = this.#allowed(operations.putCname(this.#client, this.name, domain, certificate), {
      certificates: true,
    });
    return (await reply).certId;
  }

  /** Writes an object that the CA reads through a bound domain. */
  putChallenge(key: string, body: string, options: { readonly isPublic: boolean }): Promise<void> {
    return objects.putObject(this.#client, this.name, key, body, options);
  }

  getChallenge(key: string): Promise<string | undefined> {
    return objects.getObject(this.#client, this.name, key);
  }

  deleteChallenge(key: string): Promise<void> {
    return objects.deleteObject(this.#client, this.name, key);
  }

  /** What a visitor of a domain gets from this bucket. */
  visit(domain: string, key: string): Promise<HttpReply> {
    return this.#client.visit(this.name, domain, key);
  }

  /**
   * The binding by a list that was sent after a write whose outcome is not known; by a later one if that shows none and
   * there are more `looks`. One list answers for all that have failed before it, and the more there were, the longer the
   * next one waits: a service that is too busy gets no more to do.
   */
  async afterFailure(domain: string, attempt: number, looks = 1): Promise<CnameInfo | undefined> {
    let newerThan = this.#clock.now();
    for (let look = 1; ; look++) {
      const longer = LONGER_PAUSE_MS * Math.max(0, this.#lists - FEW_LISTS);
      await this.#clock.sleep(Math.min(LOOK_PAUSE_MS * (look === 1 ? attempt : 1) + longer, LONGEST_PAUSE_MS));
      const { sentAt, bindings } = await this.#listAfter(newerThan);
      const found = (await bindings).get(domain);
      if (found !== undefined || look >= looks) return found;
      newerThan = sentAt;
    }
  }

  /** Records what a confirmed PutCname made of a binding. */
  putConfirmed(entry: CnameInfo): void {
    this.#wrote(entry.domain, entry);
  }

  #wrote(domain: string, entry: CnameInfo | undefined): void {
    this.#writes.set(domain, { at: this.#clock.now(), entry });
    this.#tokens.delete(domain);
  }

  async #listed(domain: string, newerThan: number): Promise<CnameInfo | undefined> {
    return (await (await this.#listAfter(newerThan)).bindings).get(domain);
  }

  /** The binding by what was written or answered after `newerThan`, or else by a list, which may be behind our writes. */
  async #known(domain: string, newerThan: number): Promise<CnameInfo | undefined> {
    const write = this.#writes.get(domain);
    if (write !== undefined && write.at > newerThan) return write.entry;
    if ((this.#tokens.get(domain)?.at ?? newerThan) > newerThan) return undefined;
    const { sentAt, bindings } = await this.#listAfter(newerThan);
    return write !== undefined && mayMiss(sentAt, write) ? write.entry : (await bindings).get(domain);
  }

  /** The latest list if it was sent after that time, or else a new one. All lookups of the same turn share one. */
  async #listAfter(newerThan: number): Promise<List> {
    if (this.#list !== undefined && this.#list.sentAt > newerThan) return this.#list;
    this.#nextList ??= Promise.resolve().then(() => {
      this.#nextList = undefined;
      const reply = this.#allowed(operations.listCname(this.#client, this.name));
      this.#lists++;
      const list = { sentAt: this.#clock.now(), reply, bindings: reply.then(byDomain) };
      this.#list = list;
      list.bindings.catch(() => {
        if (this.#list === list) this.#list = undefined;
      });
      return list;
    });
    return this.#nextList;
  }

  /** Adds the least RAM policy to AccessDenied, except where the bucket is in another region. */
  async #allowed<T>(reply: Promise<T>, needs = { certificates: false }): Promise<T> {
    try {
      return await reply;
    } catch (error) {
      if (!isOssError(error, "AccessDenied") || error.details.endpoint !== undefined) throw error;
      const policy = leastRamPolicy(this.name, needs);
      throw error.withRemedy(`${error.remedy} The least RAM policy for this bucket:\n${policy}`);
    }
  }
}

/** Whether a list may not show a write yet. */
function mayMiss(sentAt: number, { at }: Pick<Write, "at">): boolean {
  return at + LIST_LAG_MS >= sentAt;
}

function byDomain({ cnames }: CnameList): Bindings {
  return new Map(cnames.map((cname) => [cname.domain.toLowerCase(), cname]));
}

/** How old a list may be and still be used. */
const LIST_AGE_MS = 10_000;
/** How long a list may go on missing a write of ours that OSS has confirmed. */
const LIST_LAG_MS = 30_000;
const LOOK_PAUSE_MS = 1000;
const LONGER_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;
/** More than an operation needs of a service that answers. */
const FEW_LISTS = 3;
