import type { HttpReply } from "../http";
import { Refusal } from "../refusal";
import type { World } from "../world";
import type { Account, Accounts } from "./accounts";
import type { Authority } from "./authority";
import { type Authorization, type Authorizations, typesOf } from "./authorizations";
import type { Jws } from "./jws";
import { type Order, type Orders, PROFILES, statusOf } from "./orders";
import { renewalInfo } from "./renewalInfo";

export interface Ca {
  readonly world: World;
  readonly accounts: Accounts;
  readonly authorizations: Authorizations;
  readonly orders: Orders;
  readonly authority: Authority;
  readonly nonces: { issue(): string; use(nonce: unknown): void };
}

/** A request for `/operation` or `/operation/id`, verified. */
interface Call {
  readonly ca: Ca;
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  readonly id: string | undefined;
  readonly account: Account | undefined;
  readonly jws: Jws | undefined;
  readonly payload: Jws["payload"];
}

type Operation = (call: Call) => HttpReply | Promise<HttpReply>;

export const UNSIGNED_OPERATIONS: Readonly<Record<string, Operation>> = {
  directory({ ca: { world }, origin }) {
    const { acmeRenewalInfo, acmeExternalAccounts } = world.switches;
    return jsonReply(200, {
      newNonce: `${origin}/newNonce`,
      newAccount: `${origin}/newAccount`,
      newOrder: `${origin}/newOrder`,
      ...(acmeRenewalInfo && { renewalInfo: `${origin}/renewalInfo` }),
      meta: {
        termsOfService: `${origin}/terms`,
        profiles: PROFILES,
        ...(acmeExternalAccounts && { externalAccountRequired: true }),
      },
    });
  },

  newNonce: () => ({ status: 204, headers: { "cache-control": "no-store" } }),

  renewalInfo({ ca: { world, orders }, id }) {
    const issued = world.switches.acmeRenewalInfo ? orders.issuedAs(id) : undefined;
    if (!issued) throw new Refusal(404, "malformed", `This CA has not issued ${id}.`);
    const { retryAfterSeconds, body } = renewalInfo(world, issued);
    return jsonReply(200, body, { "retry-after": String(retryAfterSeconds) });
  },

  async root({ ca: { authority } }) {
    return { status: 200, headers: { "content-type": PEM }, body: await authority.root() };
  },
};

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  newAccount({ ca: { accounts }, origin, jws, payload = {} }) {
    const { account, isNew } = accounts.register(jws?.header.jwk ?? {}, `${origin}/newAccount`, payload);
    return jsonReply(isNew ? 201 : 200, accountBody(account), { location: `${origin}/account/${account.id}` });
  },

  account({ account, id, payload = {} }) {
    if (account?.id !== id || !account) throw notYours("account");
    if (payload.contact !== undefined) account.contact = payload.contact;
    if (payload.status === "deactivated") account.status = "deactivated";
    return jsonReply(200, accountBody(account));
  },

  newOrder({ ca: { orders }, origin, account, payload = {} }) {
    if (!account) throw notYours("account");
    const order = orders.place(account, payload);
    return jsonReply(201, orderBody(order, origin), { location: `${origin}/order/${order.id}` });
  },

  order(call) {
    const { order } = orderOf(call);
    if (order.pollsLeft > 0) order.pollsLeft -= 1;
    return orderReply(order, call.origin);
  },

  async finalize(call) {
    const { order, account } = orderOf(call);
    await call.ca.orders.finalize(account, order, call.payload ?? {});
    return orderReply(order, call.origin);
  },

  certificate(call) {
    const { order } = orderOf(call);
    if (!order.issued || statusOf(order) !== "valid")
      throw new Refusal(404, "malformed", "There is no certificate yet.");
    return { status: 200, headers: { "content-type": PEM }, body: order.issued.chain };
  },

  async authorization(call) {
    const { account, authorization } = authorizationOf(call, call.id);
    if (call.payload?.status === "deactivated") authorization.status = "deactivated";
    else await call.ca.authorizations.poll(account, authorization);
    const { name, wildcard, status, expires } = authorization;
    return jsonReply(200, {
      identifier: { type: "dns", value: name },
      status,
      expires,
      challenges: typesOf(authorization).map((type) => challengeBody(authorization, type, call.origin)),
      ...(wildcard && { wildcard }),
    });
  },

  async challenge(call) {
    const [, id, type = ""] = /^(\d+)-(.+)$/.exec(call.id ?? "") ?? [];
    const { account, authorization } = authorizationOf(call, id);
    if (call.payload) await call.ca.authorizations.choose(account, authorization, type);
    else await call.ca.authorizations.poll(account, authorization);
    const up = `<${call.origin}/authorization/${id}>;rel="up"`;
    return jsonReply(200, challengeBody(authorization, type, call.origin), { link: up });
  },
};

const PEM = "application/pem-certificate-chain";

function orderOf({ ca, account, id }: Call) {
  const order = ca.orders.byId(id);
  if (!order || !account || order.accountId !== account.id) throw notYours("order");
  return { order, account };
}

function authorizationOf({ ca, account }: Call, id: string | undefined) {
  const authorization = ca.authorizations.byId(id);
  if (!authorization || !account || authorization.accountId !== account.id) throw notYours("authorization");
  return { authorization, account };
}

function notYours(what: string): Refusal {
  return new Refusal(404, "malformed", `This account has no such ${what}.`);
}

function accountBody({ status, contact }: Account): object {
  return { status, contact };
}

function orderReply(order: Order, origin: string): HttpReply {
  const headers = statusOf(order) === "processing" ? { "retry-after": "1" } : {};
  return jsonReply(200, orderBody(order, origin), { location: `${origin}/order/${order.id}`, ...headers });
}

function orderBody(order: Order, origin: string): object {
  const { id, names, profile, replaces, notAfter, expires, authorizations } = order;
  const status = statusOf(order);
  return {
    status,
    expires,
    identifiers: names.map((value) => ({ type: "dns", value })),
    profile,
    replaces,
    notAfter,
    authorizations: authorizations.map((authorization) => `${origin}/authorization/${authorization.id}`),
    finalize: `${origin}/finalize/${id}`,
    ...(status === "valid" && { certificate: `${origin}/certificate/${id}` }),
    ...(status === "invalid" && {
      error: problemOf(authorizations.find(({ chosen }) => chosen?.error)?.chosen?.error),
    }),
  };
}

function challengeBody({ id, token, status, chosen }: Authorization, type: string, origin: string): object {
  const isChosen = chosen?.type === type;
  return {
    type,
    url: `${origin}/challenge/${id}-${type}`,
    token,
    status: !isChosen ? "pending" : status === "pending" ? "processing" : status,
    ...(isChosen && { validated: chosen.validated, error: problemOf(chosen.error) }),
  };
}

function problemOf(refusal: Refusal | undefined): object | undefined {
  if (!refusal) return undefined;
  return { type: `urn:ietf:params:acme:error:${refusal.code}`, detail: refusal.message, status: refusal.status };
}

function jsonReply(status: number, body: object, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}
