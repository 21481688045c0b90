import { createHash, timingSafeEqual } from "node:crypto";
import {
  canonicalRequestV4,
  type SignableRequest,
  signatureV1,
  signatureV4,
  signingKeyV4,
  stringToSignV1,
  stringToSignV4,
} from "../../provider/oss/sign";
import { type HttpRequest, headerOf } from "../http";
import { type Credential, Refusal, type World } from "../world";

/** A request as received. */
export type SignedRequest = SignableRequest & HttpRequest;

const allowedSkewMs = 15 * 60_000;

export function signatureVersion(request: HttpRequest): "v1" | "v4" | null {
  const authorization = headerOf(request, "authorization") ?? "";
  if (authorization.startsWith("OSS4-HMAC-SHA256")) return "v4";
  return authorization.startsWith("OSS ") ? "v1" : null;
}

/**
 * Checks signature, time and security token. Returns the caller, and the region the request was meant for: the one named
 * by a V4 scope out of `regions`, else the first of those.
 */
export function verify(
  world: World,
  request: SignedRequest,
  regions: readonly [string, ...string[]],
): { caller: Credential; region: string } {
  const authorization = headerOf(request, "authorization");
  if (authorization === undefined) throw denied("Anonymous access is forbidden for this operation.");
  const version = signatureVersion(request);
  if (version === null) throw malformed();
  const verified =
    version === "v4" ? verifyV4(world, request, authorization, regions) : verifyV1(world, request, authorization);
  checkSecurityToken(world, verified, headerOf(request, "x-oss-security-token"));
  const md5 = headerOf(request, "content-md5");
  if (md5 !== undefined && md5 !== createHash("md5").update(request.body).digest("base64"))
    throw new Refusal(400, "InvalidDigest", "The Content-MD5 you specified is not valid.");
  return { caller: verified, region: scopeOf(authorization)?.region ?? regions[0] };
}

function verifyV1(world: World, request: SignedRequest, authorization: string): Credential {
  const [, accessKeyId, provided = ""] = /^OSS ([^:]+):(\S+)$/.exec(authorization.trim()) ?? [];
  if (accessKeyId === undefined) throw malformed();
  const caller = callerOf(world, accessKeyId);
  checkTime(world, Date.parse(headerOf(request, "x-oss-date") ?? headerOf(request, "date") ?? ""));
  const stringToSign = stringToSignV1(request);
  checkSignature(signatureV1(caller.accessKeySecret, stringToSign), provided, accessKeyId, {
    EC: "0002-00000040",
    StringToSign: stringToSign,
  });
  return caller;
}

interface AuthorizationV4 {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly product: string;
  readonly additional: readonly string[];
  readonly signature: string;
}

function scopeOf(authorization: string): AuthorizationV4 | undefined {
  const parts = authorization.replace(/^OSS4-HMAC-SHA256\s+/, "").split(/\s*,\s*/);
  const part = (name: string) => parts.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  const signature = part("Signature");
  const [accessKeyId, date, region, product, terminator, ...more] = part("Credential")?.split("/") ?? [];
  if (
    !accessKeyId ||
    !date ||
    !region ||
    !product ||
    terminator !== "aliyun_v4_request" ||
    more.length > 0 ||
    !signature
  )
    return undefined;
  const additional = part("AdditionalHeaders")?.split(";") ?? [];
  return { accessKeyId, date, region, product, additional, signature };
}

function verifyV4(world: World, request: SignedRequest, authorization: string, regions: readonly string[]): Credential {
  const scope = scopeOf(authorization);
  if (!scope) throw malformed();
  const caller = callerOf(world, scope.accessKeyId);
  // One of the vendor's own clients sends only Date, and signs its text.
  const basic = headerOf(request, "x-oss-date");
  const date = basic ?? headerOf(request, "date") ?? "";
  const iso = basic?.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const time = Date.parse(iso ?? date);
  checkTime(world, time);
  if (new Date(time).toISOString().slice(0, 10).replaceAll("-", "") !== scope.date)
    throw invalid("Invalid signing date in Authorization header.");
  if (!regions.includes(scope.region))
    throw invalid(`Invalid signing region in Authorization header, expected ${regions[0]}.`, "0002-00000228");
  if (scope.product !== "oss") throw invalid("Invalid signing product in Authorization header.");
  if (headerOf(request, "x-oss-content-sha256") !== "UNSIGNED-PAYLOAD")
    throw invalid("The x-oss-content-sha256 you specified must be UNSIGNED-PAYLOAD.", "0002-00000214");
  const canonical = canonicalRequestV4(request, scope.additional);
  const stringToSign = stringToSignV4(date, scope, canonical);
  const expected = signatureV4(signingKeyV4(caller.accessKeySecret, scope), stringToSign);
  checkSignature(expected, scope.signature, scope.accessKeyId, {
    EC: "0002-00000201",
    StringToSign: stringToSign,
    CanonicalRequest: canonical,
  });
  return caller;
}

function callerOf(world: World, accessKeyId: string): Credential {
  const caller = world.credentials.get(accessKeyId);
  if (caller) return caller;
  const message = "The OSS Access Key Id you provided does not exist in our records.";
  throw new Refusal(403, "InvalidAccessKeyId", message, { EC: "0002-00000902", OSSAccessKeyId: accessKeyId });
}

function checkTime(world: World, time: number): void {
  if (Number.isNaN(time)) throw denied("OSS authentication requires a valid Date.");
  const now = world.now();
  if (Math.abs(now.getTime() - time) <= allowedSkewMs) return;
  const message = "The difference between the request time and the current time is too large.";
  throw new Refusal(403, "RequestTimeTooSkewed", message, {
    EC: "0002-00000504",
    MaxAllowedSkewMilliseconds: String(allowedSkewMs),
    RequestTime: new Date(time).toISOString(),
    ServerTime: now.toISOString(),
  });
}

function checkSignature(expected: string, provided: string, accessKeyId: string, extras: Record<string, string>): void {
  const [a, b] = [Buffer.from(expected), Buffer.from(provided)];
  if (a.length === b.length && timingSafeEqual(a, b)) return;
  const message =
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
  throw new Refusal(403, "SignatureDoesNotMatch", message, {
    ...extras,
    OSSAccessKeyId: accessKeyId,
    SignatureProvided: provided,
  });
}

function checkSecurityToken(world: World, caller: Credential, sent: string | undefined): void {
  if (sent !== caller.securityToken) {
    if (caller.securityToken === undefined || sent !== undefined)
      throw new Refusal(403, "InvalidSecurityToken", "The security token you provided is invalid.");
    const message = "The OSS Access Key Id you provided does not exist in our records.";
    throw new Refusal(403, "InvalidAccessKeyId", message, { EC: "0002-00000902", OSSAccessKeyId: caller.accessKeyId });
  }
  if (caller.expiration && caller.expiration <= world.now())
    throw new Refusal(403, "SecurityTokenExpired", "The security token you provided has expired.", {
      EC: "0002-00000007",
    });
}

function invalid(message: string, ec?: string): Refusal {
  return new Refusal(400, "InvalidArgument", message, ec ? { EC: ec } : {});
}

function malformed(): Refusal {
  return invalid("Authorization header is invalid.", "0002-00000063");
}

function denied(message: string): Refusal {
  return new Refusal(403, "AccessDenied", message, { EC: "0003-00000001" });
}
