import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { isSecret, type PropertyMap, type PropertyValue, SECRET, SIGNATURE } from "../property/value";

const iterations = 1_000_000;

/** Encrypts as Pulumi's passphrase secrets provider does: AES-256-GCM under a key made of passphrase and salt. */
export class Crypter {
  readonly #key: Buffer;
  /** The state is written again and again: what is secret is encrypted once. */
  readonly #sealed = new WeakMap<PropertyMap, PropertyMap>();
  /** What Pulumi.<stack>.yaml and the state keep as salt: the salt, and a known word to tell a wrong passphrase by. */
  readonly salt: string;

  private constructor(key: Buffer, salt: string) {
    this.#key = key;
    this.salt = salt;
  }

  /** A crypter for a stack that has none yet. */
  static async create(passphrase: string): Promise<Crypter> {
    const salt = randomBytes(8);
    const key = await deriveKey(passphrase, salt);
    return new Crypter(key, `v1:${salt.toString("base64")}:${new Crypter(key, "").encrypt("pulumi")}`);
  }

  /** The crypter of a stack. @throws when the passphrase is not the one that the salt was made with */
  static async open(passphrase: string, salt: string): Promise<Crypter> {
    const [version, bytes, ...check] = salt.split(":");
    if (version !== "v1" || !bytes) throw new Error(`unknown form of encryption salt: ${version}`);
    const crypter = new Crypter(await deriveKey(passphrase, Buffer.from(bytes, "base64")), salt);
    try {
      if (crypter.decrypt(check.join(":")) === "pulumi") return crypter;
    } catch {
      // The tag does not match: the key is another.
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

  decrypt(text: string): string {
    const [version, nonce, encoded] = text.split(":");
    if (version !== "v1" || !nonce || !encoded)
      throw new Error("a secret value is not in a form that this engine knows");
    const data = Buffer.from(encoded, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.#key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(data.subarray(-16));
    return decipher.update(data.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
  }

  /** Property values as state keeps them: what is secret as ciphertext. */
  seal(properties: PropertyMap): PropertyMap {
    return mapSecrets(properties, (value) => {
      const known = this.#sealed.get(value);
      const sealed = known ?? { [SIGNATURE]: SECRET, ciphertext: this.encrypt(JSON.stringify(value.value)) };
      if (!known) this.#sealed.set(value, sealed);
      return sealed;
    });
  }

  /** The reverse of `seal`. */
  unseal(properties: PropertyMap): PropertyMap {
    return mapSecrets(properties, (value) => {
      const text = typeof value.ciphertext === "string" ? this.decrypt(value.ciphertext) : String(value.plaintext);
      return { [SIGNATURE]: SECRET, value: JSON.parse(text) };
    });
  }
}

function mapSecrets(properties: PropertyMap, change: (secret: PropertyMap) => PropertyMap): PropertyMap {
  const visit = (value: PropertyValue): PropertyValue => {
    if (isSecret(value)) return change(value);
    if (Array.isArray(value)) return value.map(visit);
    return typeof value === "object" && value !== null ? mapSecrets(value as PropertyMap, change) : value;
  };
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, visit(value)]));
}

const keys = new Map<string, Promise<Buffer>>();

/** Takes a good part of a second, so each key is made once. */
function deriveKey(passphrase: string, salt: Buffer): Promise<Buffer> {
  const name = `${salt.toString("base64")} ${passphrase}`;
  const key = keys.get(name) ?? promisify(pbkdf2)(passphrase, salt, iterations, 32, "sha256");
  keys.set(name, key);
  return key;
}
