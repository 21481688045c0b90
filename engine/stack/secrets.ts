import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { rewrite } from "../property/rewrite";
import { isSecret, type PropertyMap, SECRET, SIGNATURE, secret } from "../property/value";

const ITERATIONS = 1_000_000;

/** Encrypts as Pulumi's passphrase secrets provider does: AES-256-GCM with a key derived from passphrase and salt. */
export class Crypter {
  /** The salt as Pulumi.<stack>.yaml and the state have it: with an encrypted word that tells a wrong passphrase. */
  readonly salt: string;
  readonly #key: Buffer;
  /** Secrets that are encrypted already: the state is written again and again. */
  readonly #sealed = new WeakMap<PropertyMap, PropertyMap>();

  private constructor(key: Buffer, salt: string) {
    this.#key = key;
    this.salt = salt;
  }

  /** Makes a crypter with a new salt. */
  static async create(passphrase: string): Promise<Crypter> {
    const salt = randomBytes(8);
    const key = await deriveKey(passphrase, salt);
    return new Crypter(key, `v1:${salt.toString("base64")}:${new Crypter(key, "").encrypt("pulumi")}`);
  }

  /** Makes the crypter of a stack. @throws when the salt was made with another passphrase */
  static async open(passphrase: string, salt: string): Promise<Crypter> {
    const [version, bytes, ...check] = salt.split(":");
    if (version !== "v1" || !bytes) throw new Error(`unknown form of encryption salt: ${version}`);
    const crypter = new Crypter(await deriveKey(passphrase, Buffer.from(bytes, "base64")), salt);
    try {
      if (crypter.decrypt(check.join(":")) === "pulumi") return crypter;
    } catch {
      // The authentication tag does not match: it is another key.
    }
    throw new Error(
      "incorrect passphrase: set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase",
    );
  }

  encrypt(text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `v1:${nonce.toString("base64")}:${data.toString("base64")}`;
  }

  decrypt(ciphertext: string): string {
    const [version, nonce, encoded] = ciphertext.split(":");
    if (version !== "v1" || !nonce || !encoded)
      throw new Error("a secret value is not in a form that this engine knows");
    const data = Buffer.from(encoded, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.#key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(data.subarray(-16));
    return decipher.update(data.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
  }

  /** Encrypts the secrets among property values, for the state. */
  seal(properties: PropertyMap): PropertyMap {
    return rewrite(properties, (part) => {
      if (!isSecret(part)) return undefined;
      const sealed = this.#sealed.get(part) ?? {
        [SIGNATURE]: SECRET,
        ciphertext: this.encrypt(JSON.stringify(part.value)),
      };
      this.#sealed.set(part, sealed);
      return sealed;
    });
  }

  /** Decrypts the secrets among property values of the state. */
  unseal(properties: PropertyMap): PropertyMap {
    return rewrite(properties, (part) => {
      if (!isSecret(part)) return undefined;
      const { ciphertext, plaintext } = part as PropertyMap;
      return secret(JSON.parse(typeof ciphertext === "string" ? this.decrypt(ciphertext) : String(plaintext)));
    });
  }
}

const keys = new Map<string, Promise<Buffer>>();

/** Derives a key, once: it takes a good part of a second. */
function deriveKey(passphrase: string, salt: Buffer): Promise<Buffer> {
  const name = `${salt.toString("base64")} ${passphrase}`;
  const key = keys.get(name) ?? promisify(pbkdf2)(passphrase, salt, ITERATIONS, 32, "sha256");
  keys.set(name, key);
  return key;
}
