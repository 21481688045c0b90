import { normaliseName } from "../dns/zones";
import { Refusal } from "../refusal";
import type { World } from "../world";
import type { Account } from "./accounts";
import type { Authority, Issued } from "./authority";
import type { Authorization, Authorizations } from "./authorizations";
import { checkedKey } from "./certificateRequest";

export interface Order {
  readonly id: string;
  readonly accountId: string;
  readonly names: readonly string[];
  readonly profile: string;
  readonly replaces?: string | undefined;
  readonly notAfter?: Date | undefined;
  readonly expires: Date;
  readonly authorizations: readonly Authorization[];
  issued?: Issued;
  pollsLeft: number;
}

type Payload = Readonly<Record<string, unknown>>;

const DAY_MS = 86_400_000;
const MAX_NAMES = 100;
/** The days of the others; those of `classic` are a switch. */
const LIFETIME_DAYS = { tlsserver: 45, shortlived: 160 / 24 };
export const PROFILES = {
  classic: "As long as the switch acmeLifetimeDays says",
  tlsserver: "45 days",
  shortlived: "160 hours",
};

export class Orders {
  readonly #all: Order[] = [];
  readonly #world: World;
  readonly #authorizations: Authorizations;
  readonly #authority: Authority;

  constructor(world: World, authorizations: Authorizations, authority: Authority) {
    this.#world = world;
    this.#authorizations = authorizations;
    this.#authority = authority;
  }

  place(account: Account, { identifiers, profile = "classic", replaces, notAfter }: Payload): Order {
    const names = namesOf(identifiers);
    if (!Object.hasOwn(PROFILES, String(profile)))
      throw new Refusal(400, "invalidProfile", `There is no profile ${profile}.`);
    if (replaces !== undefined) this.#checkReplaced(account, String(replaces), names);
    const order: Order = {
      id: String(this.#all.length + 1),
      accountId: account.id,
      names,
      profile: String(profile),
      replaces: replaces === undefined ? undefined : String(replaces),
      notAfter: notAfter === undefined ? undefined : new Date(String(notAfter)),
      expires: new Date(this.#world.now().getTime() + 7 * DAY_MS),
      authorizations: names.map((name) => this.#authorizations.for(account, name)),
      pollsLeft: 0,
    };
    if (this.#endOf(order) === undefined)
      throw new Refusal(400, "malformed", "notAfter is not within the lifetime of a certificate.");
    this.#all.push(order);
    return order;
  }

  byId(id: string | undefined): Order | undefined {
    return this.#all.find((order) => order.id === id);
  }

  issuedAs(renewalId: string | undefined): Issued | undefined {
    return this.#all.find(({ issued }) => issued?.renewalId === renewalId)?.issued;
  }

  async finalize(account: Account, order: Order, { csr }: Payload): Promise<void> {
    if (statusOf(order) !== "ready")
      throw new Refusal(403, "orderNotReady", `The order is ${statusOf(order)}, not ready.`);
    const key = await checkedKey(csr, order.names, account.jwk);
    // Another request may have been as far while this one was checked.
    if (statusOf(order) !== "ready") throw new Refusal(403, "orderNotReady", "The order is being finalized.");
    order.pollsLeft = this.#world.switches.acmePolls;
    const notBefore = new Date(this.#world.now().getTime() - DAY_MS / 24);
    order.issued = await this.#authority.issue(key, order.names, notBefore, this.#endOf(order) ?? notBefore);
  }

  /** When the certificate of an order ends; undefined where the client asks for an impossible end. */
  #endOf({ profile, notAfter }: Order): Date | undefined {
    const { acmeLifetimeDays } = this.#world.switches;
    const days = { ...LIFETIME_DAYS, classic: acmeLifetimeDays }[profile] ?? acmeLifetimeDays;
    const now = this.#world.now();
    const latest = new Date(now.getTime() + days * DAY_MS);
    if (notAfter === undefined) return latest;
    return notAfter > now && notAfter <= latest ? notAfter : undefined;
  }

  #checkReplaced(account: Account, renewalId: string, names: readonly string[]): void {
    const replaced = this.#all.find(({ issued }) => issued?.renewalId === renewalId);
    if (replaced?.accountId !== account.id)
      throw new Refusal(400, "malformed", `This account has no certificate ${renewalId} to replace.`);
    if (!replaced.names.some((name) => names.includes(name)))
      throw new Refusal(400, "malformed", `The certificate ${renewalId} has none of the names of the order.`);
    const isReplaced = this.#all.some((order) => order.replaces === renewalId && statusOf(order) !== "invalid");
    if (isReplaced) throw new Refusal(409, "alreadyReplaced", `An order replaces ${renewalId} already.`);
  }
}

export function statusOf({ authorizations, issued, pollsLeft }: Order): string {
  if (issued) return pollsLeft > 0 ? "processing" : "valid";
  if (authorizations.some(({ status }) => status === "invalid" || status === "deactivated")) return "invalid";
  return authorizations.every(({ status }) => status === "valid") ? "ready" : "pending";
}

function namesOf(identifiers: unknown): string[] {
  if (!Array.isArray(identifiers) || identifiers.length === 0 || identifiers.length > MAX_NAMES)
    throw new Refusal(400, "malformed", `An order has 1 to ${MAX_NAMES} identifiers.`);
  const names = identifiers.map(({ type, value }: Payload) => {
    if (type !== "dns") throw new Refusal(400, "unsupportedIdentifier", `The type ${type} is not dns.`);
    const name = normaliseName(String(value));
    if (!/^(\*\.)?([a-z0-9](-*[a-z0-9])*\.)+[a-z](-*[a-z0-9])*$/.test(name) || name.length > 253)
      throw new Refusal(400, "rejectedIdentifier", `${name} is not a name that a certificate can have.`);
    return name;
  });
  return [...new Set(names)];
}
