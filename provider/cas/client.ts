import { rpcQuery, signAcs3 } from "../acs3";
import type { Clock } from "../clock";
import type { HttpClient } from "../http";
import { clearTextProblem, HttpFailure } from "../http";
import { toUrl } from "../oss/endpoint";
import type { Credentials } from "../oss/sign";
import { secretsOf } from "../oss/sign";
import type { Pace } from "../pace";
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

interface WireCertificate {
  readonly CertificateId?: number | string;
  readonly Name?: string;
  readonly Fingerprint?: string;
}

interface Reply {
  readonly Code?: string;
  readonly Message?: string;
  readonly RequestId?: string;
  readonly CertId?: number | string | undefined;
  readonly CertificateOrderList?: readonly WireCertificate[];
}

/** The calls of Certificate Management Service that uploaded certificates need (version 2020-04-07). */
export class CasClient {
  readonly #options: CasClientOptions;

  constructor(options: CasClientOptions) {
    this.#options = options;
  }

  /**
   * Uploads a pair once, and returns its CertId with the site: `12345-cn-hangzhou`. After a lost reply it looks for the
   * name before it tries again.
   */
  async upload({ name, certificate, privateKey, fingerprint }: Upload): Promise<string> {
    const what = `certificate ${name}`;
    try {
      const form = { Name: name, Cert: certificate, Key: privateKey };
      const upload = () => this.#call("UploadUserCertificate", what, {}, form);
      const { CertId } = await this.#repeated(upload, async () => ({ CertId: await this.#find(name, fingerprint) }));
      if (CertId === undefined) throw invalidReply("UploadUserCertificate", what, "there is no CertId in it");
      return `${CertId}-${siteOf(this.#url.hostname)}`;
    } catch (error) {
      // The name is made of the fingerprint: whoever has it has uploaded this certificate.
      const found = isCasError(error, "NameRepeat") ? await this.#find(name, fingerprint) : undefined;
      if (found === undefined) throw error;
      return `${found}-${siteOf(this.#url.hostname)}`;
    }
  }

  /** Deletes an uploaded certificate; one that is gone already counts as deleted. */
  async delete(certId: string): Promise<void> {
    const query = { CertId: certId.replace(/-.*$/, "") };
    try {
      await this.#repeated(() => this.#call("DeleteUserCertificate", `certificate ${certId}`, query));
    } catch (error) {
      if (!isCasError(error, "NotFound", "CertificateNotExist", "InvalidCertId.NotFound")) throw error;
    }
  }

  get #url(): URL {
    return toUrl(this.#options.endpoint() ?? "https://cas.aliyuncs.com");
  }

  async #find(name: string, fingerprint: string): Promise<number | string | undefined> {
    const query = { OrderType: "UPLOAD", Keyword: name, ShowSize: "50", CurrentPage: "1" };
    const list = () => this.#call("ListUserCertificateOrder", `certificates called ${name}`, query);
    const { CertificateOrderList = [] } = await this.#repeated(list);
    return CertificateOrderList.find(
      (found) => found.Name === name && bare(found.Fingerprint ?? "") === bare(fingerprint),
    )?.CertificateId;
  }

  /** `lookFor` tells whether an attempt took effect whose reply was lost; without it a call is repeated as it is. */
  async #repeated(
    call: () => Promise<Reply>,
    lookFor?: () => Promise<Pick<Reply, "CertId">>,
  ): Promise<Pick<Reply, "CertId" | "CertificateOrderList">> {
    for (let attempts = 1; ; attempts++)
      try {
        return await this.#options.pace.send(call, (error) => (isBusy(error) ? {} : undefined));
      } catch (error) {
        const delayMs = DELAYS_MS[attempts - 1];
        if (delayMs === undefined || !mayPass(error)) throw error;
        await this.#options.clock.sleep(delayMs);
        if (lookFor === undefined || !isCasError(error) || !error.maybeDone) continue;
        const found = await lookFor();
        if (found.CertId !== undefined) return found;
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
