import { ActionableError } from "../../provider/internal";
import type { StackFile } from "./stackFile";
import type { Values } from "./values";

/**
 * The values of a stack in clear. One that cannot be decrypted becomes an error, for whoever needs that value: it is
 * never replaced by the key of another account that the environment may have.
 */
export async function unsealed(
  values: Values,
  stack: StackFile,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Values> {
  const sealed = Object.entries(values).flatMap(([key, value]) =>
    isSealed(value) ? [[key, value.secure] as const] : [],
  );
  if (sealed.length === 0) return values;
  const decrypt = await decrypter(stack, env);
  return { ...values, ...Object.fromEntries(sealed.map(([key, text]) => [key, decrypt(key, text)])) };
}

function isSealed(value: unknown): value is { readonly secure: string } {
  return typeof value === "object" && value !== null && typeof (value as { secure?: unknown }).secure === "string";
}

async function decrypter(
  { path, salt }: StackFile,
  env: Readonly<Record<string, string | undefined>>,
): Promise<(key: string, text: string) => string | Error> {
  const [{ Crypter }, { passphraseOf }] = await Promise.all([
    import("../../engine/stack/secrets.js"),
    import("../../engine/stack/stack.js"),
  ]);
  const refused = (why: string, remedy: string) => (key: string) =>
    new ActionableError(`${key} of ${path} ${why}`, `${remedy}give --profile, or -i and -k`);
  if (salt === undefined) return refused("is encrypted, and not with a passphrase", "");
  const passphrase = await passphraseOf(env);
  if (passphrase === undefined)
    return refused("is encrypted, and the passphrase is not known", "set PULUMI_CONFIG_PASSPHRASE, or ");
  const crypter = await Crypter.open(passphrase, salt).catch((error: Error) => error);
  return crypter instanceof Error ? () => crypter : (_, text) => crypter.decrypt(text);
}
