import { createHash, createHmac } from "node:crypto";

// ACS3 signatures, written independently of the provider's Alidns client: unlike for OSS, there are no recorded
// requests of other clients that would reveal a mistake in shared code.

/** A request to an RPC-style service. */
interface Acs3Request {
  readonly method: string;
  readonly path: string;
  /** Exactly as sent, without `?`. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Hex SHA-256 of the body. */
  readonly bodyHash: string;
}

interface Acs3Authorization {
  readonly accessKeyId: string;
  /** Lower-case names, in signing order. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

export function parseAuthorization(header: string): Acs3Authorization | undefined {
  const pattern = /^ACS3-HMAC-SHA256\s+Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]+)$/;
  const [, accessKeyId, names, signature] = pattern.exec(header.trim()) ?? [];
  if (accessKeyId === undefined || names === undefined || signature === undefined) return undefined;
  return { accessKeyId, signedHeaders: names.split(";"), signature };
}

export function canonicalRequest(request: Acs3Request, signedHeaders: readonly string[]): string {
  const query = [...new URLSearchParams(request.query)]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const lines = signedHeaders.map((name) => `${name}:${[request.headers[name] ?? ""].flat().join(",").trim()}\n`);
  return [request.method, request.path, query, lines.join(""), signedHeaders.join(";"), request.bodyHash].join("\n");
}

export function stringToSign(canonical: string): string {
  return `ACS3-HMAC-SHA256\n${createHash("sha256").update(canonical).digest("hex")}`;
}

export function signature(accessKeySecret: string, text: string): string {
  return createHmac("sha256", accessKeySecret).update(text).digest("hex");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
