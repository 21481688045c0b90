import type { KeyObject } from "node:crypto";
import { createPrivateKey } from "node:crypto";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { accountKeyProblem } from "../acme/jws";
import { ActionableError } from "../actionableError";
import { readTextFile } from "../textFile";
import type { Settings } from "./settings";
import { ACME_ACCOUNT_KEY } from "./settings";

/**
 * The key of the account at the CA, from the first of these that is set: `oss-cname:acmeAccountKey` (a secret of the
 * stack), the file `oss-cname:acmeAccountKeyFile`, relative to the program's directory, the environment's
 * `OSS_CNAME_ACME_ACCOUNT_KEY`. PEM, or a JWK as certbot keeps it; the file must be readable by its owner only.
 */
export function readAccountKey(settings: Settings): KeyObject {
  const configured = settings.get(ACME_ACCOUNT_KEY);
  if (configured !== undefined) return parsed(configured, ACME_ACCOUNT_KEY);
  const file = settings.get("oss-cname:acmeAccountKeyFile");
  if (file !== undefined) return parsed(readOwnFile(file), `the file ${file}`);
  const variable = process.env.OSS_CNAME_ACME_ACCOUNT_KEY;
  if (variable) return parsed(variable, "OSS_CNAME_ACME_ACCOUNT_KEY");
  throw new ActionableError(
    "There is no key of an account at a CA, which orders certificates. Nothing was ordered.",
    "make and register one with `oss-cname acme-account --agree-to-terms`. An OssAccount does not get the key of the " +
      "stack's configuration, which would be copied: give its certificates oss-cname:acmeAccountKeyFile or " +
      "OSS_CNAME_ACME_ACCOUNT_KEY",
  );
}

/** `pulumi config set` keeps a text of one line best, so line breaks may be written as `\n`. */
function parsed(text: string, where: string): KeyObject {
  let key: KeyObject;
  try {
    key = text.trim().startsWith("{")
      ? createPrivateKey({ key: JSON.parse(text), format: "jwk" })
      : createPrivateKey(text.replaceAll("\\n", "\n"));
  } catch {
    // The error of Node.js may quote the key.
    throw new ActionableError(
      `${where} is not a private key, in PEM without a passphrase or as a JWK. Nothing was ordered.`,
      NEW_KEY,
    );
  }
  const problem = accountKeyProblem(key);
  if (problem === undefined) return key;
  throw new ActionableError(`The account key in ${where} ${problem}. Nothing was ordered.`, NEW_KEY);
}

function readOwnFile(file: string): string {
  const path = resolve(file);
  try {
    // Windows has no such modes.
    if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
      throw new Error("can be read by others than its owner");
    return readTextFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ActionableError(
      `The account key ${file} ${code === undefined ? message : `cannot be read: ${code}`}. Nothing was ordered.`,
      `the file must exist and have mode 600: ${path}`,
    );
  }
}

const NEW_KEY = "make and register one with `oss-cname acme-account`";
