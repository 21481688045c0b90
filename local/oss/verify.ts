import { createHash } from "node:crypto";
import * as sign from "../../provider/oss/sign";
import { type HttpRequest, headerOf } from "../http";
import { Refusal } from "../refusal";
import type { Credential } from "../state";
import type { World } from "../world";

type SignedRequest = sign.SignableRequest & HttpRequest;

const ALLOWED_SKEW_MS = 15 * 60_000;
const PATTERN_V1 = /^OSS ([^:]+):(\S+)$/;
const PATTERN_V4 =
  /^OSS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aliyun_v4_request,\s*(?:AdditionalHeaders=([^,]+),\s*)?Signature=(\w+)$/;

export function signatureVersion(request: HttpRequest): "v1" | "v4" | null {
  const [scheme = ""] = (headerOf(request, "authorization") ?? "").split(" ");
  return ({ OSS: "v1", "OSS4-HMAC-SHA256": "v4" } as const)[scheme] ?? null;
}

/**
 * Checks signature, time, security token and digest. A V4 scope may name one of `regions`. Returns the caller and the
 * region that the request was signed for.
 *
 * It computes signatures by the provider's own sign.ts, because test vectors and recorded requests of the vendor's
 * clients check that file independently.
 */
export function verify(
  world: World,
  request: SignedRequest,
  regions: readonly [string, ...string[]],
): { caller: Credential; region: string } {
  const authorization = headerOf(request, "authorization");
  if (authorization === undefined) throw denied("Anonymous access is forbidden for this operation.");
  const [, idV1, signatureV1] = PATTERN_V1.exec(authorization) ?? [];
  const [, idV4, date = "", region = regions[0], product = "", additional, signatureV4] =
    PATTERN_V4.exec(authorization) ?? [];
  const accessKeyId = idV1 ?? idV4;
  if (accessKeyId === undefined) throw invalid("Authorization header is invalid.", "0002-00000063");
  const caller = world.credentials.get(accessKeyId);
  if (!caller) throw unknownKey(accessKeyId);
  // One of the vendor's clients sends no x-oss-date with V4, and signs the Date header instead.
  const sentDate = headerOf(request, "x-oss-date") ?? headerOf(request, "date") ?? "";
  const time = checkTime(world, sentDate);

  if (signatureV1 !== undefined) {
    const text = sign.stringToSignV1(request);
    if (signatureV1 !== sign.signatureV1(caller.accessKeySecret, text))
      throw mismatch({ EC: "0002-00000040", StringToSign: text, SignatureProvided: signatureV1 });
  } else {
    if (time.toISOString().slice(0, 10).replaceAll("-", "") !== date)
      throw invalid("Invalid signing date in Authorization header.");
    if (!regions.includes(region))
      throw invalid(`Invalid signing region in Authorization header, expected ${regions[0]}.`, "0002-00000228");
    if (product !== "oss") throw invalid("Invalid signing product in Authorization header.");
    if (headerOf(request, "x-oss-content-sha256") !== "UNSIGNED-PAYLOAD")
      throw invalid("The x-oss-content-sha256 you specified must be UNSIGNED-PAYLOAD.", "0002-00000214");
    const scope = { date, region, product };
    const canonical = sign.canonicalRequestV4(request, additional?.split(";"));
    const text = sign.stringToSignV4(sentDate, scope, canonical);
    if (signatureV4 !== sign.signatureV4(sign.signingKeyV4(caller.accessKeySecret, scope), text))
      throw mismatch({ EC: "0002-00000201", StringToSign: text, CanonicalRequest: canonical });
  }

  const token = headerOf(request, "x-oss-security-token");
  if (token === undefined && caller.securityToken !== undefined) throw unknownKey(accessKeyId);
  if (token !== caller.securityToken)
    throw new Refusal(403, "InvalidSecurityToken", "The security token you provided is invalid.");
  if (caller.expiration && new Date(caller.expiration) <= world.now())
    throw new Refusal(403, "SecurityTokenExpired", "The security token has expired.", { EC: "0002-00000007" });
  const md5 = headerOf(request, "content-md5");
  if (md5 !== undefined && md5 !== createHash("md5").update(request.body).digest("base64"))
    throw new Refusal(400, "InvalidDigest", "The Content-MD5 you specified does not match the body.");
  return { caller, region };
}

function checkTime(world: World, sent: string): Date {
  const time = new Date(sent.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (Number.isNaN(time.getTime())) throw denied("OSS authentication requires a valid Date.");
  const now = world.now();
  if (Math.abs(now.getTime() - time.getTime()) <= ALLOWED_SKEW_MS) return time;
  const message = "The difference between the request time and the current time is too large.";
  throw new Refusal(403, "RequestTimeTooSkewed", message, {
    EC: "0002-00000504",
    MaxAllowedSkewMilliseconds: String(ALLOWED_SKEW_MS),
    RequestTime: time.toISOString(),
    ServerTime: now.toISOString(),
  });
}

function unknownKey(accessKeyId: string): Refusal {
  const extras = { EC: "0002-00000902", OSSAccessKeyId: accessKeyId };
  return new Refusal(403, "InvalidAccessKeyId", "The OSS Access Key Id does not exist in our records.", extras);
}

function mismatch(extras: Record<string, string>): Refusal {
  const message = "The request signature we calculated does not match the signature you provided.";
  return new Refusal(403, "SignatureDoesNotMatch", message, extras);
}

function invalid(message: string, ec?: string): Refusal {
  return new Refusal(400, "InvalidArgument", message, ec ? { EC: ec } : {});
}

function denied(message: string): Refusal {
  return new Refusal(403, "AccessDenied", message, { EC: "0003-00000001" });
}
