import { AcmeClient } from "./acme/client";
import { directoryUrl } from "./acme/directories";
import type { RenewalInfo } from "./acme/renewalInfo";
import { ActionableError } from "./actionableError";
import { AlidnsClient } from "./alidns/client";
import { Bucket } from "./bucket";
import { Cancellation } from "./cancellation";
import { CasClient } from "./cas/client";
import type { Clock } from "./clock";
import { systemClock } from "./clock";
import { readAccountKey } from "./config/acmeAccount";
import { CredentialChain } from "./config/credentials";
import type { Location } from "./config/location";
import { resolveLocation } from "./config/location";
import type { Config } from "./config/settings";
import { Settings } from "./config/settings";
import { Declared } from "./declared";
import { HttpClient } from "./http";
import { KnownCertificates } from "./knownCertificates";
import { Notices } from "./notices";
import { OssClient } from "./oss/client";
import { Pace } from "./pace";
import { KnownPems } from "./pem";
import { Progress } from "./progress";
import type { SharedLines } from "./sharedLines";

export interface RunOptions {
  /** Configuration of the stack, where it is known beforehand; Pulumi hands it to a provider process later. */
  readonly config?: Config;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Gets the lines that are meant for the user. Default: standard output, which Pulumi shows of dynamic resources. */
  readonly print?: (line: string, where: string) => void;
  /** The resource whose operation is under way, where that is known: lines stand there. Default: none for all. */
  readonly where?: () => string;
  /** Default: connections of its own. */
  readonly http?: HttpClient;
  /** What other provider processes of the same engine write too. Default: there are none. */
  readonly shared?: SharedLines | undefined;
}

/**
 * What one process shares between all resources that it serves: one operation of one account, since Pulumi starts a
 * provider process for each. `dynamic.ts` makes one and hands it to the resources; queries and the command make their
 * own.
 */
export class Run {
  readonly clock: Clock;
  readonly http: HttpClient;
  /**
   * One for OSS and Alibaba Cloud DNS: the limit that a user sets holds for the account, and a domain needs both, so that
   * nothing is gained by asking one while the other has too many requests.
   */
  readonly pace: Pace;
  readonly cancellation = new Cancellation();
  readonly credentials = new CredentialChain(() => this.settings);
  readonly notices: Notices;
  readonly progress: Progress;

  /** Written by `check`, read by `delete`; all that an engine's processes share. */
  readonly declared: Declared;
  /** Written by CnameCertificate's `check`, `diff` and uploads, read by its `create` and `update`. */
  readonly knownCertificates = new KnownCertificates();
  /** Chains and keys that `check`, `diff`, `create` and `update` have read. */
  readonly knownPems = new KnownPems();
  /**
   * `bucket/domain` of bindings that this run left Pending; written by BucketCname, read by CnameCertificate, which
   * then waits too.
   */
  readonly pendingBindings = new Set<string>();
  /** Names of buckets that did not exist when a new resource was checked; they are not looked at again for others. */
  readonly missingBuckets = new Set<string>();

  /** Orders of certificates, of which a CA and its limits see only a few at once. */
  readonly orders: Pace;
  /** Answers to challenges of a CA that this run has made and not yet removed: TXT values and keys of objects. */
  readonly challenges = new Set<string>();
  /** When certificates should be renewed, by RenewalId: asked once, by AcmeCertificate. */
  readonly recommendations = new Map<string, Promise<RenewalInfo | undefined>>();
  /** Certificates that this run has found to be new, by CA and registered domain: written and read by `check`. */
  readonly newCertificates = new Map<string, Set<string>>();

  /** Looks at DNS, each of which asks all servers of a zone. */
  readonly #looks: Pace;
  readonly #buckets = new Map<string, Bucket>();
  readonly #clients = new Map<string, OssClient>();
  #settings: Settings;
  #alidns: AlidnsClient | undefined;
  #cas: CasClient | undefined;
  readonly #acme = new Map<string, AcmeClient>();
  readonly #alidnsOfOthers = new Map<string | undefined, AlidnsClient>();

  constructor({
    config = NOT_CONFIGURED,
    clock = systemClock,
    print = (line) => console.log(line),
    where = () => "",
    http,
    shared,
  }: RunOptions = {}) {
    this.clock = this.cancellation.stopping(clock);
    this.http = http ?? new HttpClient(this.cancellation);
    this.declared = new Declared(shared);
    this.pace = new Pace(this.clock, () => this.settings.maxConcurrentRequests);
    this.#looks = new Pace(this.clock, () => MOST_LOOKS);
    this.orders = new Pace(this.clock, () => MOST_ORDERS);
    this.notices = new Notices(clock, print, where);
    this.progress = new Progress(clock, (line) => print(line, where()));
    this.#settings = new Settings(config);
  }

  get settings(): Settings {
    return this.#settings;
  }

  /**
   * Takes the provider's configuration. Pulumi calls this once for each kind of resource, always with the same values,
   * so what has been learned meanwhile is kept. It does not wait for the result, so this finishes synchronously. Throws
   * where a value is invalid.
   */
  configure(config: Config): void {
    this.#settings = new Settings(config);
  }

  /** Looks at DNS when its turn has come, unless the run is cancelled. */
  look<Found>(lookUp: () => Promise<Found>): Promise<Found> {
    return this.#looks.send(() => this.cancellation.race(lookUp));
  }

  /** Ends all waits and requests of this run, for ever, as soon as no domain is between two buckets. */
  cancel(): void {
    this.cancellation.cancel();
  }

  /** The one `Bucket` of a name at a location. */
  bucket({ bucket: name, ...given }: Location & { readonly bucket: string }): Bucket {
    const location = resolveLocation(given, this.settings);
    if (location.region === undefined) this.#refuseWithoutRegion(name, location);
    const key = JSON.stringify([name, location.region, location.endpoint]);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new Bucket(name, location, this.#client(location), this.clock);
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  /** Another bucket that has a domain, according to the lists that this process has fetched already. Sends nothing. */
  async bucketKnownToBind(domain: string): Promise<Bucket | undefined> {
    for (const bucket of this.#buckets.values()) if (await bucket.isKnownToBind(domain)) return bucket;
    return undefined;
  }

  /** Alibaba Cloud DNS with the credentials of this run. */
  get alidns(): AlidnsClient {
    this.#alidns ??= this.#alidnsWith(this.credentials);
    return this.#alidns;
  }

  /** The same with a profile of the CLI, or with what the environment has, whatever the provider's configuration says. */
  alidnsOf(profile: string | undefined): AlidnsClient {
    let alidns = this.#alidnsOfOthers.get(profile);
    if (alidns === undefined) {
      const settings = new Settings({ get: (key) => (key === "alicloud:profile" ? profile : undefined) });
      alidns = this.#alidnsWith(new CredentialChain(() => settings));
      this.#alidnsOfOthers.set(profile, alidns);
    }
    return alidns;
  }

  #alidnsWith(credentials: CredentialChain): AlidnsClient {
    return new AlidnsClient({
      http: this.http,
      clock: this.clock,
      pace: this.pace,
      credentials: () => this.cancellation.race(() => credentials.get()),
      endpoint: () => this.settings.get("oss-cname:alidnsEndpoint"),
      allowHttp: () => this.settings.allowHttp,
    });
  }

  /** Certificate Management Service with the credentials of this run. */
  get cas(): CasClient {
    this.#cas ??= new CasClient({
      http: this.http,
      clock: this.clock,
      pace: this.pace,
      credentials: this.#getCredentials,
      endpoint: () => this.settings.get("oss-cname:casEndpoint"),
      allowHttp: () => this.settings.allowHttp,
    });
    return this.#cas;
  }

  /** The URL of a CA's directory: one that is given as such or by its name, or the stack's, or Let's Encrypt's. */
  acmeDirectory(given: string | undefined): string {
    return directoryUrl(given ?? this.settings.get("oss-cname:acmeDirectory") ?? "letsEncrypt");
  }

  /** The account at the CA that has this URL as its directory. */
  acme(directory: string): AcmeClient {
    let client = this.#acme.get(directory);
    if (client === undefined) {
      client = new AcmeClient({
        directory,
        http: this.http,
        clock: this.clock,
        accountKey: async () => readAccountKey(this.settings),
        allowHttp: () => this.settings.allowHttp,
      });
      this.#acme.set(directory, client);
    }
    return client;
  }

  readonly #getCredentials = () => this.cancellation.race(() => this.credentials.get());

  /** Only an endpoint and the old signature do without a region. */
  #refuseWithoutRegion(bucket: string, { endpoint }: Location): void {
    if (endpoint !== undefined && this.settings.choice("oss-cname:signatureVersion") === "v1") return;
    const named = endpoint === undefined ? "" : `, and the endpoint ${endpoint} does not name its region`;
    throw new ActionableError(
      `The region of bucket ${bucket} is not known${named}. Nothing was sent.`,
      "set it for the stack, `pulumi config set alicloud:region cn-hangzhou` (for the plugin, oss-cname:region), or as " +
        "region of the resource or its account",
    );
  }

  /** Made once for each location, with connections that live as long as the process. */
  #client(location: Location): OssClient {
    const key = JSON.stringify([location.region, location.endpoint]);
    let client = this.#clients.get(key);
    if (client === undefined) {
      client = new OssClient({
        ...location,
        http: this.http,
        clock: this.clock,
        pace: this.pace,
        credentials: this.#getCredentials,
        signatureVersion: this.settings.choice("oss-cname:signatureVersion"),
        addressing: this.settings.choice("oss-cname:addressing"),
        allowHttp: this.settings.allowHttp,
      });
      this.#clients.set(key, client);
    }
    return client;
  }
}

/** Enough for a thousand domains to be looked at in seconds, and few enough for the sockets of any machine. */
const MOST_LOOKS = 30;

const MOST_ORDERS = 3;

const NOT_CONFIGURED: Config = { get: () => undefined };
