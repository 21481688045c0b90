import { randomBytes } from "node:crypto";
import { Refusal } from "../refusal";
import type { World } from "../world";
import type { Account } from "./accounts";
import type { Validate } from "./validation";

export interface Authorization {
  readonly id: string;
  readonly accountId: string;
  /** Without `*.`. */
  readonly name: string;
  readonly wildcard: boolean;
  readonly expires: Date;
  readonly token: string;
  status: "pending" | "valid" | "invalid" | "deactivated";
  /** The challenge that the client has chosen. */
  chosen?: { readonly type: string; pollsLeft: number; validated?: Date; error?: Refusal };
}

const LIFETIME_MS = 30 * 86_400_000;

export class Authorizations {
  readonly #all: Authorization[] = [];
  readonly #world: World;
  readonly #validate: Validate;

  constructor(world: World, validate: Validate) {
    this.#world = world;
    this.#validate = validate;
  }

  /** A new authorization for a name of an order, or a valid one of the account while the switch for that is on. */
  for(account: Account, orderedName: string): Authorization {
    const wildcard = orderedName.startsWith("*.");
    const name = orderedName.replace(/^\*\./, "");
    const now = this.#world.now();
    const known = this.#all.find(
      (authorization) =>
        authorization.accountId === account.id &&
        authorization.name === name &&
        authorization.wildcard === wildcard &&
        authorization.status === "valid" &&
        authorization.expires > now,
    );
    if (known && this.#world.switches.acmeReusesAuthorizations) return known;
    const id = String(this.#all.length + 1);
    const token = randomBytes(32).toString("base64url");
    const expires = new Date(now.getTime() + LIFETIME_MS);
    const made: Authorization = { id, accountId: account.id, name, wildcard, expires, token, status: "pending" };
    this.#all.push(made);
    return made;
  }

  byId(id: string | undefined): Authorization | undefined {
    return this.#all.find((authorization) => authorization.id === id);
  }

  /** Looks for the answer to the challenge now, or after some polls. */
  async choose(account: Account, authorization: Authorization, type: string): Promise<void> {
    if (!typesOf(authorization).includes(type)) throw new Refusal(404, "malformed", `There is no challenge ${type}.`);
    if (authorization.status !== "pending" || authorization.chosen) return;
    authorization.chosen = { type, pollsLeft: this.#world.switches.acmePolls };
    if (authorization.chosen.pollsLeft === 0) await this.#look(account, authorization);
  }

  async poll(account: Account, authorization: Authorization): Promise<void> {
    const { status, chosen } = authorization;
    if (status !== "pending" || !chosen) return;
    chosen.pollsLeft -= 1;
    if (chosen.pollsLeft === 0) await this.#look(account, authorization);
  }

  async #look({ thumbprint }: Account, authorization: Authorization): Promise<void> {
    const { name, token, chosen } = authorization;
    if (!chosen) return;
    try {
      await this.#validate({ type: chosen.type, name, token, keyAuthorization: `${token}.${thumbprint}` });
      chosen.validated = this.#world.now();
      authorization.status = "valid";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      chosen.error = error;
      authorization.status = "invalid";
    }
  }
}

/** File validation proves nothing about the names below a domain. */
export function typesOf({ wildcard, chosen, status }: Authorization): string[] {
  if (chosen && status !== "pending") return [chosen.type];
  return wildcard ? ["dns-01"] : ["http-01", "dns-01"];
}
