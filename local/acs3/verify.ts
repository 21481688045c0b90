import { createHash } from "node:crypto";
import { type HttpRequest, headerOf } from "../http";
import { Refusal } from "../refusal";
import type { World } from "../world";
import { canonicalRequest, parseAuthorization, signature, stringToSign } from "./signature";

const ALLOWED_SKEW_MS = 15 * 60_000;
const SIGNED_HEADERS = [
  "host",
  "x-acs-action",
  "x-acs-content-sha256",
  "x-acs-date",
  "x-acs-signature-nonce",
  "x-acs-version",
];

/** Checks signature, digest of the body, time and security token. */
export function verify(world: World, request: HttpRequest): void {
  const refuse = (code: string, message: string, status = 400) => new Refusal(status, code, message);
  const authorization = parseAuthorization(headerOf(request, "authorization") ?? "");
  if (!authorization) throw refuse("IncompleteSignature", "The request signature does not conform to the standards.");
  const { accessKeyId, signedHeaders, signature: provided } = authorization;
  const caller = world.credentials.get(accessKeyId);
  if (!caller) throw refuse("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404);
  const unsigned = SIGNED_HEADERS.filter((name) => !headerOf(request, name) || !signedHeaders.includes(name));
  if (unsigned.length > 0)
    throw refuse("IncompleteSignature", `These headers must be sent and signed: ${unsigned.join(", ")}.`);
  const skew = Math.abs(world.now().getTime() - Date.parse(headerOf(request, "x-acs-date") ?? ""));
  // An invalid date makes the skew NaN, which must be refused as well.
  if (!(skew <= ALLOWED_SKEW_MS))
    throw refuse("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
  const bodyHash = createHash("sha256").update(request.body).digest("hex");
  const canonical = canonicalRequest({ ...request, bodyHash }, signedHeaders);
  const text = stringToSign(canonical);
  const isSigned = provided === signature(caller.accessKeySecret, text);
  if (!isSigned || headerOf(request, "x-acs-content-sha256") !== bodyHash) {
    const signed = `Server string to sign: ${text}, canonical request: ${canonical}`;
    throw refuse("SignatureDoesNotMatch", `Specified signature does not match our calculation. ${signed}`);
  }
  if (headerOf(request, "x-acs-security-token") !== caller.securityToken)
    throw refuse("InvalidSecurityToken.MismatchWithAccessKey", "The security token does not belong to the access key.");
  if (caller.expiration && new Date(caller.expiration) <= world.now())
    throw refuse("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.");
}
