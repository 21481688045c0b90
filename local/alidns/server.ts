import { createHash, randomUUID } from "node:crypto";
import { carryOut } from "../exchange";
import { type HttpReply, type HttpRequest, type HttpServer, headerOf, startHttp } from "../http";
import { Refusal } from "../refusal";
import type { RequestEntry } from "../requestEntry";
import type { World } from "../world";
import { canonicalRequest, parseAuthorization, signature, stringToSign } from "./acs3";
import { ALIDNS_OPERATIONS, type Parameters } from "./operations";

const VERSION = "2015-01-09";
const ALLOWED_SKEW_MS = 15 * 60_000;
const SIGNED_HEADERS = [
  "host",
  "x-acs-action",
  "x-acs-content-sha256",
  "x-acs-date",
  "x-acs-signature-nonce",
  "x-acs-version",
];

/** Starts the record operations of Alidns 2015-01-09, on the zones of the name server. */
export function startAlidns(world: World): Promise<HttpServer> {
  return startHttp(0, (request) => answer(world, request));
}

async function answer(world: World, request: HttpRequest): Promise<HttpReply | "reset"> {
  const requestId = randomUUID().toUpperCase();
  const isForm = headerOf(request, "content-type")?.startsWith("application/x-www-form-urlencoded");
  const parameters: Parameters = Object.fromEntries([
    ...new URLSearchParams(request.query),
    ...(isForm ? new URLSearchParams(request.body.toString()) : []),
  ]);
  const action = headerOf(request, "x-acs-action") ?? "";
  const { RecordId, RR, Type, Value } = parameters;
  const entry: RequestEntry = {
    time: world.now().toISOString(),
    requestId,
    service: "alidns",
    operation: action || `${request.method} ${request.path}`,
    bucket: null,
    domain: parameters.DomainName ?? null,
    signatureVersion: headerOf(request, "authorization")?.startsWith("ACS3-") ? "acs3" : null,
    status: null,
    code: null,
    recordId: RecordId,
    rr: RR,
    type: Type,
    value: Value,
  };
  const run = async () => {
    verify(world, request);
    if (headerOf(request, "x-acs-version") !== VERSION)
      throw new Refusal(404, "InvalidVersion", `Specified parameter Version is not valid: this is ${VERSION}.`);
    const operation = Object.hasOwn(ALIDNS_OPERATIONS, action) ? ALIDNS_OPERATIONS[action] : undefined;
    if (!operation) throw new Refusal(404, "InvalidAction.NotFound", "Specified api is not found.");
    return jsonReply(200, { RequestId: requestId, ...operation(world, parameters) });
  };
  const refuse = ({ status, code, message }: Refusal) =>
    jsonReply(status, {
      RequestId: requestId,
      HostId: request.headers.host ?? "",
      Code: code,
      Message: message,
      Recommend: `https://api.aliyun.com/troubleshoot?q=${code}&product=Alidns`,
    });
  const reply = await carryOut(world, entry, run, refuse);
  if (reply === "reset" || reply.fromProxy) return reply;
  const headers = { ...reply.headers, date: world.now().toUTCString(), "x-acs-request-id": requestId };
  return { ...reply, headers };
}

function verify(world: World, request: HttpRequest): void {
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

function jsonReply(status: number, body: object): HttpReply {
  return { status, headers: { "content-type": "application/json;charset=utf-8" }, body: JSON.stringify(body) };
}
