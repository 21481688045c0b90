import { generateKeyPairSync, randomBytes } from "node:crypto";
import { carryOut } from "../exchange";
import { type HttpReply, type HttpRequest, type HttpServer, headerOf, startHttp } from "../http";
import { Refusal } from "../refusal";
import type { RequestEntry } from "../requestEntry";
import type { World } from "../world";
import { Accounts } from "./accounts";
import { Authority } from "./authority";
import { Authorizations } from "./authorizations";
import { checkSignature, type Jws, parseJws } from "./jws";
import { type Ca, OPERATIONS, UNSIGNED_OPERATIONS } from "./operations";
import { Orders } from "./orders";
import { type Validate, validationOf } from "./validation";

interface AcmeServer extends HttpServer {
  /** The key of an account that is registered from the start, as PEM. */
  readonly accountKey: string;
  /** The root certificate, as PEM. */
  rootCertificate(): Promise<string>;
}

/** Starts a CA that issues certificates by ACME: RFC 8555, and RFC 9773 for renewal information. */
export async function startAcme(world: World, services: Parameters<typeof validationOf>[1]): Promise<AcmeServer> {
  const ca = newCa(world, validationOf(world, services));
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  ca.accounts.add(publicKey.export({ format: "jwk" }));
  const accountKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const server = await startHttp(0, (request) => answer(ca, request));
  return { ...server, accountKey, rootCertificate: () => ca.authority.root() };
}

function newCa(world: World, validate: Validate): Ca {
  const authority = new Authority(world.now);
  const authorizations = new Authorizations(world, validate);
  const orders = new Orders(world, authorizations, authority);
  return { world, accounts: new Accounts(world), authorizations, orders, authority, nonces: new Nonces(world) };
}

async function answer(ca: Ca, request: HttpRequest): Promise<HttpReply | "reset"> {
  const { world, nonces } = ca;
  const { method, path, headers } = request;
  const [, operation = "", id, ...rest] = path.split("/");
  const origin = `http://${headers.host}`;
  const isSigned = method === "POST";
  const jws = isSigned ? orProblem(() => parseJws(request.body.toString())) : undefined;
  const payload = jws instanceof Refusal ? undefined : jws?.payload;
  const entry: RequestEntry = {
    time: world.now().toISOString(),
    requestId: randomBytes(8).toString("hex"),
    service: "acme",
    operation: operation || `${method} ${path}`,
    bucket: null,
    domain: domainOf(ca, operation, id, payload),
    signatureVersion: isSigned ? "jws" : null,
    status: null,
    code: null,
    ...(operation === "newOrder" && payload && { order: { profile: payload.profile, replaces: payload.replaces } }),
  };
  const run = async () => {
    const operations = isSigned ? OPERATIONS : UNSIGNED_OPERATIONS;
    const perform = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (!perform || rest.length > 0) throw new Refusal(404, "malformed", `There is no ${method} ${path}.`);
    if (jws instanceof Refusal) throw jws;
    const account = jws && verify(ca, request, jws, `${origin}${path}`);
    return perform({ ca, origin, id, account, jws, payload });
  };
  const refuse = ({ status, code, message, extras }: Refusal): HttpReply => ({
    status,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify({
      type: `urn:ietf:params:acme:error:${code === "InternalError" ? "serverInternal" : code}`,
      detail: message,
      status,
      ...extras,
    }),
  });
  const reply = await carryOut(world, entry, run, refuse);
  if (reply === "reset" || reply.fromProxy) return reply;
  const nonce = isSigned || operation === "newNonce" ? { "replay-nonce": nonces.issue() } : {};
  const link = [`<${origin}/directory>;rel="index"`, reply.headers?.link].filter(Boolean).join(", ");
  return { ...reply, headers: { ...nonce, date: world.now().toUTCString(), ...reply.headers, link } };
}

/** Checks all that is about the request itself, and returns its account unless it brings a key of its own. */
function verify({ accounts, nonces }: Ca, request: HttpRequest, jws: Jws, url: string) {
  const malformed = (message: string) => new Refusal(400, "malformed", message);
  const { kid, jwk, nonce } = jws.header;
  if (headerOf(request, "content-type") !== "application/jose+json")
    throw new Refusal(415, "malformed", "The content type must be application/jose+json.");
  if (jws.header.url !== url) throw new Refusal(403, "unauthorized", `The JWS is for ${jws.header.url}, not ${url}.`);
  if ((kid === undefined) === (jwk === undefined)) throw malformed("The JWS must have either a kid or a jwk.");
  const isNewAccount = request.path === "/newAccount";
  if (isNewAccount !== (jwk !== undefined)) throw malformed("Only newAccount takes a jwk, all others a kid.");
  nonces.use(nonce);
  const prefix = new URL("/account/", url).href;
  const account = jwk
    ? undefined
    : accounts.byId(String(kid).startsWith(prefix) ? String(kid).slice(prefix.length) : "");
  checkSignature(jws, jwk ?? account?.jwk ?? {});
  return account;
}

/** The first name of an order, or the name of an authorization. */
function domainOf({ orders, authorizations }: Ca, operation: string, id: string | undefined, payload: Jws["payload"]) {
  const [first] = operation === "newOrder" && Array.isArray(payload?.identifiers) ? payload.identifiers : [];
  const order = ["order", "finalize", "certificate"].includes(operation) ? orders.byId(id) : undefined;
  const authorization = /^(authorization|challenge)$/.test(operation)
    ? authorizations.byId(id?.split("-")[0])
    : undefined;
  return first?.value ?? order?.names[0] ?? authorization?.name ?? null;
}

function orProblem<T>(read: () => T): T | Refusal {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** Each is good for one request. */
class Nonces {
  readonly #unused = new Set<string>();
  readonly #world: World;
  #used = 0;

  constructor(world: World) {
    this.#world = world;
  }

  issue(): string {
    const nonce = randomBytes(16).toString("base64url");
    this.#unused.add(nonce);
    return nonce;
  }

  use(nonce: unknown): void {
    const { acmeRejectsNonces } = this.#world.switches;
    this.#used += 1;
    const isUnused = this.#unused.delete(String(nonce));
    if (!isUnused || (acmeRejectsNonces > 0 && this.#used % acmeRejectsNonces === 0))
      throw new Refusal(400, "badNonce", "The nonce is not one of this CA, or it was used.");
  }
}
