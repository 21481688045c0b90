import type { KeyObject } from "node:crypto";
import { Cancelled } from "../cancellation";
import type { Clock } from "../clock";
import type { HttpClient, HttpReply } from "../http";
import { clearTextProblem, HttpFailure } from "../http";
import { readJsonObject } from "../jsonObject";
import { toUrl } from "../oss/endpoint";
import { Pace } from "../pace";
import { AcmeError, described, isAcmeError, readProblem } from "./error";
import type { ExternalAccount, Signer } from "./jws";
import { externalBinding, publicJwk, signedRequest } from "./jws";

interface AcmeClientOptions {
  /** URL of the CA's directory. */
  readonly directory: string;
  /** Asked when the first signed request is made. Throws, with what to do, where there is no key. */
  readonly accountKey: () => Promise<KeyObject>;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Asked before every request: send it over plain http to another machine. */
  readonly allowHttp: () => boolean;
}

/** What a CA offers, as its directory says. */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  /** Absent where the CA has no renewal information (RFC 9773). */
  readonly renewalInfo?: string;
  readonly meta?: {
    readonly termsOfService?: string;
    readonly externalAccountRequired?: boolean;
    /** Descriptions by name. */
    readonly profiles?: Readonly<Record<string, string>>;
  };
}

/** A reply that is no refusal. */
export interface AcmeReply {
  /** The JSON of the reply; for a certificate, use `text`. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** URL of what was created. */
  readonly location: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** One account at one CA (RFC 8555). Failures that may pass are tried again for a while. */
export class AcmeClient {
  readonly clock: Clock;
  readonly #options: AcmeClientOptions;
  readonly #pace: Pace;
  readonly #nonces: string[] = [];
  #directory: Promise<Directory> | undefined;
  #account: Promise<string> | undefined;

  constructor(options: AcmeClientOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.#pace = new Pace(options.clock, () => MOST_AT_ONCE);
  }

  /** The host of the CA, for messages. */
  get host(): string {
    return toUrl(this.#options.directory).host;
  }

  /** `isBrief`: tried once, for a few seconds, as `get` does. */
  directory({ isBrief = false }: { readonly isBrief?: boolean } = {}): Promise<Directory> {
    this.#directory ??= this.#readDirectory(isBrief).catch((error) => {
      this.#directory = undefined;
      throw error;
    });
    return this.#directory;
  }

  accountKey(): Promise<KeyObject> {
    return this.#options.accountKey();
  }

  /** Registers the key, or finds its account. Returns the account's URL. */
  async register(account: {
    readonly contact?: readonly string[];
    readonly externalAccount?: ExternalAccount | undefined;
  }): Promise<string> {
    const { newAccount, meta } = await this.directory();
    const { externalAccount, contact = [] } = account;
    if (meta?.externalAccountRequired && externalAccount === undefined)
      throw new AcmeError(`${this.host} takes only accounts that it knows already. Nothing was registered`, {
        problem: { type: "externalAccountRequired", detail: "", subproblems: [] },
      });
    const key = await this.accountKey();
    return this.#accountUrl(newAccount, {
      termsOfServiceAgreed: true,
      ...(contact.length > 0 && { contact: contact.map((address) => `mailto:${address}`) }),
      ...(externalAccount && { externalAccountBinding: externalBinding(key, newAccount, externalAccount) }),
    });
  }

  /** A request that the account signs; without a payload it only reads (POST-as-GET). */
  async post(what: string, url: string, payload?: object): Promise<AcmeReply> {
    const kid = await this.#accountOfKey();
    return this.#signed(what, url, { kid }, payload);
  }

  /** An unsigned request, tried once. `undefined` where the CA does not know what is asked for. */
  async get(what: string, url: string): Promise<AcmeReply | undefined> {
    const reply = await this.#exchange(what, url, "GET", undefined, BRIEF_MS);
    return reply.status === 404 ? undefined : this.#accepted(what, reply);
  }

  #accountOfKey(): Promise<string> {
    this.#account ??= this.directory()
      .then(({ newAccount }) => this.#accountUrl(newAccount, { onlyReturnExisting: true }))
      .catch((error) => {
        this.#account = undefined;
        throw error;
      });
    return this.#account;
  }

  async #accountUrl(newAccount: string, payload: object): Promise<string> {
    const signer = { jwk: publicJwk(await this.accountKey()) };
    const { location } = await this.#signed("newAccount", newAccount, signer, payload);
    if (location === undefined) throw new AcmeError(`newAccount at ${this.host} got a reply without the account's URL`);
    return location;
  }

  async #readDirectory(isBrief: boolean): Promise<Directory> {
    const { directory } = this.#options;
    const read = async () => {
      const reply = await this.#exchange("the directory", directory, "GET", undefined, isBrief ? BRIEF_MS : TIMEOUT_MS);
      return this.#accepted("the directory", reply);
    };
    const { json } = await (isBrief ? read() : this.#repeated(read));
    const missing = ["newNonce", "newAccount", "newOrder"].filter((field) => typeof json[field] !== "string");
    if (missing.length === 0) return json as unknown as Directory;
    throw new AcmeError(`${directory} is not the directory of a CA: it has no ${missing.join(", no ")}`, {
      remedy: "check the URL of the directory",
    });
  }

  /** A nonce serves once: a CA that refuses one gives another with its refusal. */
  async #signed(what: string, url: string, signer: Signer, payload: object | undefined): Promise<AcmeReply> {
    const key = await this.accountKey();
    for (let refusals = 0; ; refusals++)
      try {
        return await this.#repeated(async () => {
          const nonce = this.#nonces.pop() ?? (await this.#newNonce());
          const body = signedRequest(key, signer, { url, nonce, payload });
          return this.#accepted(what, await this.#exchange(what, url, "POST", body));
        });
      } catch (error) {
        if (!isAcmeError(error, "badNonce") || refusals >= MOST_BAD_NONCES) throw error;
      }
  }

  async #newNonce(): Promise<string> {
    const { newNonce } = await this.directory();
    const { headers } = await this.#exchange("newNonce", newNonce, "HEAD");
    const nonce = this.#nonces.pop();
    if (nonce === undefined)
      throw new AcmeError(
        `newNonce at ${this.host} got a reply without a nonce (${Object.keys(headers).length} headers)`,
      );
    return nonce;
  }

  async #repeated<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (let attempts = 1; ; attempts++)
      try {
        return await attempt();
      } catch (error) {
        const delayMs = delayBefore(error, attempts);
        if (delayMs === undefined) throw error;
        await this.clock.sleep(delayMs);
      }
  }

  async #exchange(
    what: string,
    url: string,
    method: "GET" | "HEAD" | "POST",
    body?: string,
    timeoutMs = TIMEOUT_MS,
  ): Promise<HttpReply> {
    const { http, allowHttp } = this.#options;
    const target = toUrl(url);
    const problem = clearTextProblem(target, allowHttp());
    if (problem !== undefined) throw new AcmeError(problem);
    try {
      const request = {
        origin: target.origin,
        path: target.pathname + target.search,
        method,
        headers: body === undefined ? {} : { "content-type": "application/jose+json" },
        body,
        timeoutMs,
      };
      const reply = await this.#pace.send(() => http.exchange(request));
      const nonce = reply.headers["replay-nonce"];
      if (typeof nonce === "string" && this.#nonces.length < MOST_NONCES) this.#nonces.push(nonce);
      return reply;
    } catch (error) {
      if (error instanceof HttpFailure && error.isCancelled)
        throw new Cancelled(`${what} at the CA ${target.host} was cancelled`);
      const next =
        "check the URL of the directory and the way to the internet; a CA of your own needs NODE_EXTRA_CA_CERTS";
      throw new AcmeError(`${what} did not reach the CA ${target.host}: ${(error as Error).message}`, { remedy: next });
    }
  }

  #accepted(what: string, { status, headers, body }: HttpReply): AcmeReply {
    const json = readJsonObject(body);
    const retryAfterMs = waitOf(headers["retry-after"], this.clock.now());
    const { location } = headers;
    if (status < 300 && json === undefined && !/-----END CERTIFICATE-----\s*$/.test(body))
      throw new AcmeError(`${what} got a reply that is not one of a CA from ${this.host} (HTTP ${status})`, {
        remedy: "check the URL of the directory, and the proxy if there is one",
      });
    if (status < 300)
      return {
        json: json ?? {},
        text: body,
        location: typeof location === "string" ? location : undefined,
        retryAfterMs,
      };
    const problem = readProblem(json);
    const until = retryAfterMs ? `; try again after ${new Date(this.clock.now() + retryAfterMs).toISOString()}` : "";
    const facts = `${what} failed at the CA ${this.host}: ${described(problem)} (HTTP ${status}${until})`;
    throw new AcmeError(facts, { problem, status, retryAfterMs });
  }
}

/** How long to wait before another attempt; `undefined` where none would help, or none soon. */
function delayBefore(error: unknown, attempts: number): number | undefined {
  const backoffMs = DELAYS_MS[attempts - 1];
  if (!isAcmeError(error) || backoffMs === undefined) return undefined;
  const { status, type, retryAfterMs = 0 } = error;
  const mayPass = (status === undefined && type === "") || (status !== undefined && (status >= 500 || status === 429));
  return mayPass && retryAfterMs <= LONGEST_WISH_MS ? Math.max(backoffMs, retryAfterMs) : undefined;
}

/** `Retry-After`: seconds, or a date. */
function waitOf(header: string | string[] | undefined, now: number): number | undefined {
  if (typeof header !== "string" || header === "") return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}

const TIMEOUT_MS = 30_000;
/** Of a question in a preview. */
const BRIEF_MS = 5_000;
const DELAYS_MS = [500, 1000, 2000, 4000];
/** What a CA asks us to wait and what an `up` can. */
const LONGEST_WISH_MS = 60_000;
/** Requests: CAs refuse some tens in a second. */
const MOST_AT_ONCE = 10;
const MOST_NONCES = 20;
const MOST_BAD_NONCES = 20;
