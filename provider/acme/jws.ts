import type { KeyObject } from "node:crypto";
import { createHash, createHmac, createPublicKey, sign } from "node:crypto";

/** A key that signs as ES256 or RS256 can: what an account may have. */
export function accountKeyProblem(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  if (type === "ec" && details.namedCurve === "prime256v1") return undefined;
  if (type === "rsa" && (details.modulusLength ?? 0) >= 2048) return undefined;
  return "must be a P-256 key, or an RSA key of at least 2048 bits";
}

/** Who signs a request: an account by its URL, or a key that has none yet. */
export type Signer = { readonly kid: string } | { readonly jwk: object };

/** A flattened JWS (RFC 8555, 6.2). Without a payload it is a POST-as-GET. */
export function signedRequest(
  key: KeyObject,
  signer: Signer,
  { url, nonce, payload }: { readonly url: string; readonly nonce: string; readonly payload: object | undefined },
): string {
  const alg = key.asymmetricKeyType === "ec" ? "ES256" : "RS256";
  return flattened({ alg, nonce, url, ...signer }, payload, (text) =>
    sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }),
  );
}

/** What binds an account key to an account at the CA (RFC 8555, 7.3.4). `hmacKey` is base64url. */
export function externalBinding(key: KeyObject, url: string, { kid, hmacKey }: ExternalAccount): object {
  const text = flattened({ alg: "HS256", kid, url }, publicJwk(key), (input) =>
    createHmac("sha256", Buffer.from(hmacKey, "base64url")).update(input).digest(),
  );
  return JSON.parse(text);
}

export interface ExternalAccount {
  readonly kid: string;
  readonly hmacKey: string;
}

/** The public half, with the members that a thumbprint is made of, in their order (RFC 7638). */
export function publicJwk(key: KeyObject): object {
  const { crv, e, kty, n, x, y } = createPublicKey(key).export({ format: "jwk" });
  return kty === "EC" ? { crv, kty, x, y } : { e, kty, n };
}

export function thumbprint(key: KeyObject): string {
  return createHash("sha256")
    .update(JSON.stringify(publicJwk(key)))
    .digest("base64url");
}

function flattened(header: object, payload: object | undefined, signatureOf: (text: string) => Buffer): string {
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const [head, body] = [encoded(header), payload === undefined ? "" : encoded(payload)];
  const signature = signatureOf(`${head}.${body}`).toString("base64url");
  return JSON.stringify({ protected: head, payload: body, signature });
}
