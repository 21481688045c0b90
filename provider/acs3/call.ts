import type { Clock } from "../clock";
import type { HttpClient } from "../http";
import { clearTextProblem } from "../http";
import { readJsonObject } from "../jsonObject";
import { toUrl } from "../oss/endpoint";
import type { Credentials } from "../oss/sign";
import { secretsOf } from "../oss/sign";
import { safeText } from "../redact";
import { rpcQuery, signAcs3 } from "./signature";

/** How to reach a service. */
interface RpcConnection {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly credentials: () => Promise<Credentials>;
  readonly allowHttp: () => boolean;
  /** URL or host, with a port if need be. */
  readonly endpoint: string;
  /** Of the API: `2015-01-09`. */
  readonly version: string;
}

interface RpcCall {
  readonly operation: string;
  /** What it is about, for messages. */
  readonly what: string;
  readonly query: Readonly<Record<string, string>>;
  /** Parameters that must be in no URL. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  /** Strings in the form that no message may repeat, whatever the service answers. */
  readonly secrets?: readonly string[];
}

interface RpcReply {
  readonly status: number;
  /** Undefined where the body is not the JSON of a service. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  /** Unless the status is 200: the service's code, empty without one, and what happened. */
  readonly refusal: { readonly code: string; readonly facts: string } | undefined;
}

/**
 * Sends one call to a service of the RPC style, once.
 *
 * @throws HttpFailure where no reply came, and before anything is sent an Error where it would go in clear text, or
 * where there are no credentials
 */
export async function callRpc(to: RpcConnection, call: RpcCall): Promise<RpcReply> {
  const { operation, query: parameters, form: secretParameters } = call;
  const url = toUrl(to.endpoint);
  const problem = clearTextProblem(url, to.allowHttp());
  if (problem !== undefined) throw new Error(problem);
  const keys = await to.credentials();
  const query = rpcQuery(parameters);
  const form = secretParameters && rpcQuery(secretParameters);
  const signable = { host: url.host, action: operation, version: to.version, query, form };
  const { status, body } = await to.http.exchange({
    origin: url.origin,
    path: `/?${query}`,
    method: "POST",
    headers: signAcs3(signable, keys, new Date(to.clock.now())),
    body: form,
    timeoutMs: TIMEOUT_MS,
  });
  const fields = readJsonObject(body);
  if (status === 200) return { status, fields, refusal: undefined };
  const secrets = [...secretsOf(keys), ...(call.secrets ?? [])];
  return { status, fields, refusal: refusalOf(call, status, fields ?? {}, secrets) };
}

function refusalOf(
  { operation, what }: RpcCall,
  status: number,
  fields: Readonly<Record<string, unknown>>,
  secrets: readonly string[],
) {
  const clean = (field: string) => safeText(String(fields[field] ?? ""), secrets);
  const [code, requestId] = [clean("Code"), clean("RequestId")];
  // A refused signature is explained with the whole request, over many lines.
  const [message = ""] = clean("Message").split("\n", 1);
  const reply = `HTTP ${status}${requestId && `, request ${requestId}`}`;
  return {
    code,
    facts: `${operation} for ${what} failed: ${code || "no code"} (${reply})${message && `: ${message}`}`,
  };
}

/** Whether the service has too many requests, or cannot take any at the moment. */
export function isTooBusy({ status, code }: { readonly status: number | undefined; readonly code: string }): boolean {
  return status === 429 || status === 503 || code.startsWith("Throttling");
}

/** The next step after a refusal that has to do with the caller's key. `action`: as RAM policies name it. */
export function accessRemedy(code: string, action: string): string | undefined {
  if (/^(Forbidden|NoPermission)/.test(code)) return `allow the action ${action} to the RAM user or role.`;
  if (/^(InvalidAccessKeyId|SignatureDoesNotMatch|IncompleteSignature|InvalidSecurityToken)/.test(code))
    return "check the access key, and the security token if there is one: key, secret and token belong together.";
  return undefined;
}

const TIMEOUT_MS = 30_000;
