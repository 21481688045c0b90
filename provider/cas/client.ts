import { rpcQuery, signAcs3 } from "../acs3";
import { factsOf } from "../actionableError";
import { Cancelled } from "../cancellation";
import type { Clock } from "../clock";
import type { HttpClient } from "../http";
import { clearTextProblem, HttpFailure } from "../http";
import { toUrl } from "../oss/endpoint";
import type { Credentials } from "../oss/sign";
import { secretsOf } from "../oss/sign";
import type { Pace } from "../pace";
import { readCertificate } from "../pem";
import { safeText } from "../redact";
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
  readonly Code?: string;
  readonly Message?: string;
  readonly RequestId?: string;
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
    return `${id}-${siteOf(this.#url.hostname)}`;
  }

  get #url(): URL {
    return toUrl(this.#options.endpoint() ?? "https://cas.aliyuncs.com");
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
        return await pace.send(call, (error) => (isBusy(error) ? {} : undefined));
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
        if (delayMs === undefined || (isBusy(error) && pace.isHopeless)) throw error;
      }
  }

  async #call(
    operation: string,
    what: string,
    parameters: Readonly<Record<string, string>>,
    secret?: Readonly<Record<string, string>>,
  ): Promise<Reply> {
    const { credentials, http, clock, allowHttp } = this.#options;
    const url = this.#url;
    const problem = clearTextProblem(url, allowHttp());
    if (problem !== undefined) throw new Error(problem);
    const keys = await credentials();
    const [query, form] = [rpcQuery(parameters), secret && rpcQuery(secret)];
    const call = { host: url.host, action: operation, version: VERSION, query, form };
    const { status, body } = await http
      .exchange({
        origin: url.origin,
        path: `/?${query}`,
        method: "POST",
        headers: signAcs3(call, keys, new Date(clock.now())),
        body: form,
        timeoutMs: TIMEOUT_MS,
      })
      .catch((error: Error) => {
        if (error instanceof HttpFailure && error.isCancelled)
          throw new Cancelled(`${operation} for ${what} was cancelled, and may have been carried out`);
        const facts = `${operation} for ${what} did not reach Certificate Management Service (${url.host}): ${error.message}`;
        throw new CasError(facts, { maybeDone: !(error instanceof HttpFailure && error.unsent) });
      });
    const reply = parsed(body);
    if (status === 200 && reply !== undefined) return reply;
    if (status === 200) throw invalidReply(operation, what, "it is not JSON");
    const clean = (text: unknown) =>
      safeText(String(text ?? ""), [...secretsOf(keys), ...(secret?.Key === undefined ? [] : [secret.Key])]);
    const code = clean(reply?.Code);
    const request = reply?.RequestId ? `, request ${clean(reply.RequestId)}` : "";
    const message = clean(reply?.Message).split("\n", 1)[0];
    throw new CasError(
      `${operation} for ${what} failed: ${code || "no code"} (HTTP ${status}${request})${message ? `: ${message}` : ""}`,
      { code, status, operation },
    );
  }
}

/** The end of each CertId of an endpoint: OSS takes only certificates of its own site. */
export function siteOf(hostname: string): string {
  return /^cas\.([a-z]+-[a-z]+-\d+)\./.exec(hostname)?.[1] ?? "cn-hangzhou";
}

const VERSION = "2020-04-07";
const TIMEOUT_MS = 30_000;
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

function mayPass(error: unknown): boolean {
  if (!isCasError(error)) return false;
  return isBusy(error) || error.maybeDone || error.status === undefined;
}

function isBusy(error: unknown): boolean {
  return isCasError(error) && (error.status === 429 || error.status === 503 || error.code.startsWith("Throttling"));
}

function bare(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}

function parsed(body: string): Reply | undefined {
  try {
    const reply: unknown = JSON.parse(body);
    return typeof reply === "object" && reply !== null && !Array.isArray(reply) ? reply : undefined;
  } catch {
    return undefined;
  }
}
