import { createHash, createHmac, randomUUID } from "node:crypto";
import type { Credentials } from "../oss/sign";

/** A call of an RPC-style service. */
interface RpcCall {
  /** With the port, unless it is the protocol's default. */
  readonly host: string;
  readonly action: string;
  readonly version: string;
  /** As on the wire, without `?`. */
  readonly query: string;
  /** Parameters that must be in no URL, as `rpcQuery` gives them. */
  readonly form?: string | undefined;
}

/** The query of these parameters, as it is sent and signed. */
export function rpcQuery(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join("&");
}

/** The headers of a POST to `/`, signed with ACS3-HMAC-SHA256. `query` and `form` must come from `rpcQuery`. */
export function signAcs3(
  { host, action, version, query, form }: RpcCall,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  time: Date,
  nonce: string = randomUUID(),
): Record<string, string> {
  // In the order in which they are signed.
  const headers = {
    ...(form !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
    host,
    "x-acs-action": action,
    "x-acs-content-sha256": sha256(form ?? ""),
    "x-acs-date": time.toISOString().replace(/\.\d+/, ""),
    ...(securityToken && { "x-acs-security-token": securityToken }),
    "x-acs-signature-nonce": nonce,
    "x-acs-version": version,
  };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ["POST", "/", query, lines.join(""), names, headers["x-acs-content-sha256"]].join("\n");
  const signature = createHmac("sha256", accessKeySecret)
    .update(`${ALGORITHM}\n${sha256(canonical)}`)
    .digest("hex");
  return {
    ...headers,
    authorization: `${ALGORITHM} Credential=${accessKeyId},SignedHeaders=${names},Signature=${signature}`,
  };
}

const ALGORITHM = "ACS3-HMAC-SHA256";

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
