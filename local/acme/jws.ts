import { createHmac, createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";
import { sha256Base64Url } from "../certificates";
import { Refusal } from "../refusal";

/** A request or an external account binding, not verified yet: RFC 7515, flattened. */
export interface Jws {
  readonly header: JwsHeader;
  /** Undefined for a POST-as-GET. */
  readonly payload: Readonly<Record<string, unknown>> | undefined;
  readonly signed: string;
  readonly signature: Buffer;
}

interface JwsHeader {
  readonly alg?: unknown;
  readonly nonce?: unknown;
  readonly url?: unknown;
  readonly kid?: unknown;
  readonly jwk?: JsonWebKey;
}

export function parseJws(text: string | object): Jws {
  try {
    const { protected: header, payload, signature } = typeof text === "string" ? JSON.parse(text) : text;
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
    return {
      header: read(header),
      payload: payload === "" ? undefined : read(payload),
      signed: `${header}.${payload}`,
      signature: Buffer.from(signature, "base64url"),
    };
  } catch {
    throw new Refusal(400, "malformed", "The body is not a flattened JWS with a JSON payload.");
  }
}

/** Throws unless the key of an account has signed it. */
export function checkSignature({ header, signed, signature }: Jws, jwk: JsonWebKey): void {
  const keyType = { ES256: "EC", RS256: "RSA" }[String(header.alg)];
  if (keyType === undefined)
    throw new Refusal(400, "badSignatureAlgorithm", `The algorithm ${header.alg} is neither ES256 nor RS256.`);
  const key = publicKeyOf(jwk);
  const isFit = jwk.kty === keyType && (jwk.crv === "P-256" || (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048);
  if (!isFit) throw new Refusal(400, "badPublicKey", `The account key does not fit the algorithm ${header.alg}.`);
  if (!verify("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }, signature))
    throw new Refusal(400, "malformed", "The signature of the JWS is wrong.");
}

/** Throws unless it binds the account key to the external account. */
export function checkExternalBinding(
  binding: unknown,
  { kid, hmacKey }: { readonly kid: string; readonly hmacKey: string },
  { jwk, url }: { readonly jwk: JsonWebKey; readonly url: string },
): void {
  const { header, payload, signed, signature } = parseJws(Object(binding));
  const mac = createHmac("sha256", Buffer.from(hmacKey, "base64url")).update(signed).digest();
  const isBound = header.alg === "HS256" && header.kid === kid && header.url === url && mac.equals(signature);
  if (!isBound || payload === undefined || thumbprint(payload) !== thumbprint(jwk))
    throw new Refusal(403, "unauthorized", "The external account binding is wrong.");
}

/** RFC 7638. */
export function thumbprint({ crv, e, kty, n, x, y }: JsonWebKey): string {
  return sha256Base64Url(JSON.stringify(kty === "RSA" ? { e, kty, n } : { crv, kty, x, y }));
}

export function publicKeyOf(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    throw new Refusal(400, "badPublicKey", "The account key cannot be read.");
  }
}
