import { clock } from "./clock";
import type { Location } from "./config/connection";
import { ossClient } from "./config/connection";
import type { OssClient } from "./oss/client";
import { isOssError, isOutcomeUnknown } from "./oss/error";
import { createCnameToken, deleteCname, getCnameToken, listCname, putCname } from "./oss/operations";
import { leastRamPolicy } from "./oss/ramPolicy";
import type { CertificateConfiguration, CnameInfo, CnameToken } from "./oss/xml";
import type { BindingInputs } from "./resources/binding";

/** How old a list may be and still be used. */
const LIST_AGE_MS = 10_000;
/** How long a list may go on missing a write of ours that OSS has confirmed. */
const LIST_LAG_MS = 30_000;
const SECOND_LIST_PAUSE_MS = 1000;
const BIND_ATTEMPTS = 3;

type Bindings = ReadonlyMap<string, CnameInfo>;

interface List {
  readonly sentAt: number;
  readonly bindings: Promise<Bindings>;
}

/**
 * One bucket's bindings as this process knows them, and the only way in which it changes them.
 *
 * ListCname answers for all domains of a bucket at once, so one list serves all resources: who asks joins a list not answered
 * yet, or uses one under ten seconds old. What we wrote ourselves is known without asking.
 */
export class Bucket {
  private kept: List | undefined;
  private queued: Promise<List> | undefined;
  private readonly writes = new Map<string, { readonly at: number; readonly entry: CnameInfo | undefined }>();
  /** Tokens made in this run, of domains not bound since. */
  private readonly tokens = new Map<string, string>();
  /** Domains whose binding waits for a TXT record made by hand: what depends on it waits as well. */
  readonly pending = new Set<string>();

  constructor(
    private readonly client: OssClient,
    readonly name: string,
  ) {}

  /** The binding of a domain to this bucket, or `undefined`. Fails when the bucket cannot be listed. */
  async find(domain: string): Promise<CnameInfo | undefined> {
    return (await this.bindings()).get(domain);
  }

  /** As `find`, but what is not as expected must be so in a second list too: a list may be behind the last write of another process. */
  async findSurely(
    domain: string,
    isExpected: (found: CnameInfo) => boolean = () => true,
  ): Promise<CnameInfo | undefined> {
    const found = await this.find(domain);
    // OSS makes a token only for what is not bound here: that tells it as surely as a second list.
    if (found === undefined ? this.tokens.has(domain) : isExpected(found)) return found;
    const since = clock.now();
    await clock.sleep(SECOND_LIST_PAUSE_MS);
    return (await this.bindings(since)).get(domain);
  }

  /** All bindings, by domain, from a list sent after `since`. */
  async bindings(since = clock.now() - LIST_AGE_MS): Promise<Bindings> {
    const list = this.kept === undefined || this.kept.sentAt <= since ? await this.listAnew() : this.kept;
    return this.withWrites(await list.bindings, list.sentAt);
  }

  /** What OSS itself lists for a domain now, whatever we wrote before. */
  async observe(domain: string): Promise<CnameInfo | undefined> {
    const list = await this.listAnew();
    return (await list.bindings).get(domain);
  }

  /** As `observe`, for what may have been bound a moment ago: missing only when two lists say so. */
  async observeSurely(domain: string): Promise<CnameInfo | undefined> {
    const found = await this.observe(domain);
    if (found !== undefined) return found;
    await clock.sleep(SECOND_LIST_PAUSE_MS);
    return this.observe(domain);
  }

  /** Mints a token, or gets the one that is still valid. */
  async createToken(domain: string): Promise<CnameToken> {
    const token = await this.allowed(createCnameToken(this.client, this.name, domain));
    this.tokens.set(domain, token.token);
    return token;
  }

  getToken(domain: string): Promise<CnameToken> {
    return this.allowed(getCnameToken(this.client, this.name, domain));
  }

  /** The value that OSS expects in the TXT record. Asked for only when it was not created in this run. */
  async proof(domain: string): Promise<string> {
    return this.tokens.get(domain) ?? (await this.getToken(domain)).token;
  }

  /** Binds a domain that is not bound here. When the reply is lost, the list tells what became of it. */
  async bind(domain: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.allowed(putCname(this.client, this.name, domain));
        break;
      } catch (error) {
        if (!isOutcomeUnknown(error)) throw error;
        await clock.sleep(1000 * attempt);
        if ((await this.observeSurely(domain)) !== undefined) break;
        if (attempt === BIND_ATTEMPTS) throw error;
      }
    }
    this.pending.delete(domain);
    this.wrote(domain, { domain, status: "Enabled", lastModified: new Date(clock.now()).toISOString() });
  }

  async unbind(domain: string): Promise<void> {
    try {
      await this.allowed(deleteCname(this.client, this.name, domain));
    } catch (error) {
      if (!isOutcomeUnknown(error) || (await this.observe(domain)) !== undefined) throw error;
    }
    this.wrote(domain, undefined);
  }

  /** Puts a certificate on a bound domain. Gives the CertId that OSS answered. */
  async putCertificate(domain: string, certificate: CertificateConfiguration): Promise<string | undefined> {
    const reply = this.allowed(putCname(this.client, this.name, domain, certificate), { certificates: true });
    return (await reply).certId;
  }

  /** Records what a confirmed write made of a binding; `undefined`: there is none any more. */
  wrote(domain: string, entry: CnameInfo | undefined): void {
    this.writes.set(domain, { at: clock.now(), entry });
    this.tokens.delete(domain);
  }

  /** A list that is sent after this call. All who ask in the same turn share one. */
  private listAnew(): Promise<List> {
    this.queued ??= Promise.resolve().then(() => {
      this.queued = undefined;
      const list = { sentAt: clock.now(), bindings: this.list() };
      this.kept = list;
      list.bindings.catch(() => {
        if (this.kept === list) this.kept = undefined;
      });
      return list;
    });
    return this.queued;
  }

  private async list(): Promise<Bindings> {
    const { cnames } = await this.allowed(listCname(this.client, this.name));
    return new Map(cnames.map((cname) => [cname.domain.toLowerCase(), cname]));
  }

  private withWrites(bindings: Bindings, sentAt: number): Bindings {
    const merged = new Map(bindings);
    for (const [domain, { at, entry }] of this.writes) {
      if (at + LIST_LAG_MS < sentAt) continue;
      if (entry === undefined) merged.delete(domain);
      else merged.set(domain, entry);
    }
    return merged;
  }

  /** Who is denied an operation reads the policy that would allow it; a bucket of another region is another matter. */
  private async allowed<T>(reply: Promise<T>, needs = { certificates: false }): Promise<T> {
    try {
      return await reply;
    } catch (error) {
      if (isOssError(error, "AccessDenied") && error.endpoint === undefined)
        error.message += ` The least RAM policy for this bucket:\n${leastRamPolicy(this.name, needs)}`;
      throw error;
    }
  }
}

const buckets = new WeakMap<OssClient, Map<string, Bucket>>();

/** The one `Bucket` of a name at a location in this process. */
export function bucketAt(location: Location & { readonly bucket: string }): Bucket {
  const client = ossClient(location);
  const known = buckets.get(client) ?? new Map<string, Bucket>();
  buckets.set(client, known);
  const bucket = known.get(location.bucket) ?? new Bucket(client, location.bucket);
  known.set(location.bucket, bucket);
  return bucket;
}

/** The binding as OSS lists it, looked at twice before it is missing or not as expected; `undefined` also when its bucket is gone. */
export async function observeBinding(
  binding: BindingInputs,
  isExpected?: (found: CnameInfo) => boolean,
): Promise<CnameInfo | undefined> {
  try {
    return await bucketAt(binding).findSurely(binding.domain, isExpected);
  } catch (error) {
    if (isOssError(error, "NoSuchBucket")) return undefined;
    throw error;
  }
}
