import type { JsonWebKey } from "node:crypto";
import { Refusal } from "../refusal";
import type { World } from "../world";
import { checkExternalBinding, thumbprint } from "./jws";

export interface Account {
  readonly id: string;
  readonly jwk: JsonWebKey;
  readonly thumbprint: string;
  contact: unknown;
  status: "valid" | "deactivated";
}

/** What `externalAccountBinding` must be made with while the switch `acmeExternalAccounts` is on. */
export const EXTERNAL_ACCOUNT = {
  kid: "emulator",
  /** As base64url. */
  hmacKey: Buffer.from("the HMAC key of the emulator's CA").toString("base64url"),
} as const;

export class Accounts {
  readonly #accounts: Account[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** The account of a key, made unless only an existing one is asked for. */
  register(
    jwk: JsonWebKey,
    url: string,
    { contact, onlyReturnExisting, termsOfServiceAgreed, externalAccountBinding }: Readonly<Record<string, unknown>>,
  ): { readonly account: Account; readonly isNew: boolean } {
    const print = thumbprint(jwk);
    const known = this.#accounts.find(({ thumbprint }) => thumbprint === print);
    if (known) return { account: checkedStatus(known), isNew: false };
    if (onlyReturnExisting) throw new Refusal(400, "accountDoesNotExist", "No account exists with the provided key.");
    if (termsOfServiceAgreed !== true) throw new Refusal(400, "malformed", "You must agree to the terms of service.");
    const { acmeExternalAccounts } = this.#world.switches;
    if (acmeExternalAccounts && externalAccountBinding === undefined)
      throw new Refusal(403, "externalAccountRequired", "This CA needs an external account binding.");
    if (externalAccountBinding !== undefined)
      checkExternalBinding(externalAccountBinding, EXTERNAL_ACCOUNT, { jwk, url });
    return { account: this.add(jwk, contact), isNew: true };
  }

  /** Adds an account without conditions. */
  add(jwk: JsonWebKey, contact?: unknown): Account {
    const id = String(this.#accounts.length + 1);
    const account: Account = { id, jwk, thumbprint: thumbprint(jwk), contact, status: "valid" };
    this.#accounts.push(account);
    return account;
  }

  byId(id: string | undefined): Account {
    const account = this.#accounts.find((account) => account.id === id);
    if (!account) throw new Refusal(400, "accountDoesNotExist", "There is no account of this kid.");
    return checkedStatus(account);
  }
}

function checkedStatus(account: Account): Account {
  if (account.status === "valid") return account;
  throw new Refusal(403, "unauthorized", "The account is deactivated.");
}
