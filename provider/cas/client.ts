import { callRpc, isTooBusy } from "../acs3/call";
import { factsOf } from "../actionableError";
import { Cancelled } from "../cancellation";
import type { Clock } from "../clock";
import type { HttpClient } from "../http";
import { HttpFailure } from "../http";
import { toUrl } from "../oss/endpoint";
import type { Credentials } from "../oss/sign";
import type { Pace } from "../pace";
import { readCertificate } from "../pem";
import { CasError, isCasError } from "./error";

interface CasClientOptions {
  readonly credentials: () => Promise<Credentials>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly pace: Pace;
  /** Asked before every call: URL or host. Default: the service on the Chinese site. */
  readonly endpoint: () => string | undefined;
  readonly allowHttp: () => boolean;
}

/** A certificate and its key, to be uploaded. */
interface Upload {
  /** Unique in the account. */
  readonly name: string;
  /** Chain, PEM, leaf first. */
  readonly certificate: string;
  /** PEM. */
  readonly privateKey: string;
  /** SHA-1 of the leaf, hex with or without colons: tells what was uploaded under a name. */
  readonly fingerprint: string;
}

/** What the service says of a certificate. */
interface UploadedCertificate {
  readonly name: string;
  /** SHA-1 of the leaf, upper-case hex with colons, as OSS shows it. */
  readonly fingerprint: string;
  /** The chain as PEM, where the service gives it. */
  readonly certificate: string | undefined;
}

interface Reply {
  readonly CertId?: number | string;
  readonly Name?: string;
  readonly Fingerprint?: string;
  readonly Cert?: string;
  readonly TotalCount?: number;
  readonly CertificateOrderList?: readonly {
    readonly CertificateId?: number | string;
    readonly Name?: string;
    readonly Fingerprint?: string;
  }[];
}

/** The calls of Certificate Management Service that uploaded certificates need (version 2020-04-07). */
export class CasClient {
  readonly #options: CasClientOptions;

  constructor(options: CasClientOptions) {
    this.#options = options;
  }

  /**
   * Uploads a pair, and returns its CertId with the site: `12345-cn-hangzhou`. Where it may be uploaded although no reply
   * says so, it is looked for before the next attempt, and after the last.
   */
  async upload({ name, certificate, privateKey, fingerprint }: Upload): Promise<string> {
    const what = `certificate ${name}`;
    const [domain = ""] = readCertificate(certificate).names;
    const lookFor = () => this.#find(name, fingerprint, domain);
    const upload = async () => {
      const form = { Name: name, Cert: certificate, Key: privateKey };
      const { CertId } = await this.#call("UploadUserCertificate", what, {}, form);
      if (!isId(CertId)) throw invalidReply("UploadUserCertificate", what, "there is no CertId in it");
      return CertId;
    };
    try {
      return this.#withSite(await this.#repeated(upload, lookFor));
    } catch (error) {
      // The name is unique: whoever has it, with this fingerprint, is this certificate.
      const found = isCasError(error, "NameRepeat") ? await lookFor() : undefined;
      if (found === undefined) throw error;
      return this.#withSite(found);
    }
  }

  /** `undefined` where there is no such certificate. */
  async describe(certId: string): Promise<UploadedCertificate | undefined> {
    const what = `certificate ${certId}`;
    // Otherwise the reply of some sites has the private key.
    const query = { CertId: certId.replace(/-.*$/, ""), CertFilter: "true" };
    const { Name, Fingerprint, Cert } = await this.#repeated(() =>
      this.#call("GetUserCertificateDetail", what, query),
    ).catch(exceptGone);
    if (Name === undefined && Fingerprint === undefined) return undefined;
    const [name, fingerprint] = [String(Name ?? ""), bare(String(Fingerprint ?? ""))];
    const pairs = fingerprint.toUpperCase().match(/../g) ?? [];
    return { name, fingerprint: pairs.join(":"), certificate: typeof Cert === "string" ? Cert : undefined };
  }

  /** Deletes an uploaded certificate; one that is gone already counts as deleted. */
  async delete(certId: string): Promise<void> {
    const query = { CertId: certId.replace(/-.*$/, "") };
    await this.#repeated(() => this.#call("DeleteUserCertificate", `certificate ${certId}`, query)).catch(exceptGone);
  }

  #withSite(id: number | string): string {
    return `${id}-${siteOf(toUrl(this.#endpoint).hostname)}`;
  }

  get #endpoint(): string {
    return this.#options.endpoint() ?? "https://cas.aliyuncs.com";
  }

  /** The service looks for domains, not for names. */
  async #find(name: string, fingerprint: string, domain: string): Promise<number | string | undefined> {
    for (let page = 1; page <= MOST_PAGES; page++) {
      const query = {
        OrderType: "UPLOAD",
        Keyword: domain.replace(/^\*\./, ""),
        ShowSize: "50",
        CurrentPage: String(page),
      };
      const list = () => this.#call("ListUserCertificateOrder", `the uploaded certificates of ${domain}`, query);
      const { CertificateOrderList = [], TotalCount = 0 } = await this.#repeated(list);
      const found = CertificateOrderList.find(
        (each) => each.Name === name && bare(each.Fingerprint ?? "") === bare(fingerprint),
      );
      if (isId(found?.CertificateId)) return found.CertificateId;
      if (CertificateOrderList.length === 0 || page * 50 >= TotalCount) return undefined;
    }
    return undefined;
  }

  /** `lookFor` finds what an attempt has done whose reply was lost; a call without it can be repeated as it is. */
  async #repeated<Result>(call: () => Promise<Result>, lookFor?: () => Promise<Result | undefined>): Promise<Result> {
    const { pace, clock } = this.#options;
    for (let attempts = 1; ; attempts++)
      try {
        return await pace.send(call, (error) => (isCasError(error) && isTooBusy(error) ? {} : undefined));
      } catch (error) {
        if (!isCasError(error) || !mayPass(error)) throw error;
        const delayMs = DELAYS_MS[attempts - 1];
        if (delayMs !== undefined) await clock.sleep(delayMs);
        if (lookFor !== undefined && error.maybeDone) {
          const found = await lookFor().catch((failure) => {
            throw uncertain(error, failure);
          });
          if (found !== undefined) return found;
        }
        if (delayMs === undefined || (isTooBusy(error) && pace.isHopeless)) throw error;
      }
  }

  async #call(
    operation: string,
    what: string,
    query: Readonly<Record<string, string>>,
    form?: { readonly Name: string; readonly Cert: string; readonly Key: string },
  ): Promise<Reply> {
    const { endpoint: _, pace: __, ...connection } = this.#options;
    const secrets = form === undefined ? [] : [form.Key];
    const to = { ...connection, endpoint: this.#endpoint, version: VERSION };
    const call = { operation, what, query, form, secrets };
    const { status, fields, refusal } = await callRpc(to, call).catch((error) => {
      if (!(error instanceof HttpFailure)) throw error;
      if (error.isCancelled)
        throw new Cancelled(`${operation} for ${what} was cancelled, and may have been carried out`);
      const { host } = toUrl(this.#endpoint);
      const facts = `${operation} for ${what} did not reach Certificate Management Service (${host}): ${error.message}`;
      throw new CasError(facts, { maybeDone: !error.unsent });
    });
    if (refusal !== undefined) throw new CasError(refusal.facts, { code: refusal.code, status, operation });
    if (fields === undefined) throw invalidReply(operation, what, "it is not JSON");
    return fields;
  }
}

/** The end of each CertId of an endpoint: OSS takes only certificates of its own site. */
export function siteOf(hostname: string): string {
  return /^cas\.([a-z]+-[a-z]+-\d+)\./.exec(hostname)?.[1] ?? "cn-hangzhou";
}

const VERSION = "2020-04-07";
const DELAYS_MS = [500, 1000, 2000, 4000, 6000];
/** Of 50 certificates for one domain. */
const MOST_PAGES = 20;
/** There is no such certificate. */
const GONE = ["NotFound", "CertificateNotExist", "InvalidCertId.NotFound"];

function exceptGone(error: unknown): Reply {
  if (isCasError(error, ...GONE)) return {};
  throw error;
}

/** An upload without a reply, and no way to find out. */
function uncertain(upload: CasError, look: unknown): CasError {
  return new CasError(`${upload.facts} Whether it is there now is not known: ${factsOf(look)}`, {
    maybeDone: true,
    remedy:
      "look for it in Certificate Management Service; with yundun-cert:ListUserCertificateOrder the next `up` can do so.",
  });
}

/** What ends up in CertIds must be one. */
function isId(value: unknown): value is number | string {
  return /^[1-9]\d*$/.test(String(value));
}

function invalidReply(operation: string, what: string, problem: string): CasError {
  const facts = `${operation} for ${what} got a reply that is not one of Certificate Management Service: ${problem}`;
  return new CasError(facts, { code: "BadResponse", status: 200 });
}

function mayPass(error: CasError): boolean {
  return isTooBusy(error) || error.maybeDone || error.status === undefined;
}

function bare(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
