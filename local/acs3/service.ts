import { randomUUID } from "node:crypto";
import { carryOut } from "../exchange";
import { type HttpReply, type HttpRequest, type HttpServer, headerOf, startHttp } from "../http";
import { Refusal } from "../refusal";
import type { RequestEntry } from "../requestEntry";
import type { World } from "../world";
import { verify } from "./verify";

/** The parameters of a call, from its query and form. */
export type Parameters = Readonly<Record<string, string | undefined>>;

/** A service of the RPC style, with signatures of version ACS3. */
export interface RpcService {
  readonly name: "alidns" | "cas";
  /** As error replies name it. */
  readonly product: string;
  readonly version: string;
  /** By action. They return the reply without its RequestId. */
  readonly operations: Readonly<Record<string, (world: World, parameters: Parameters) => object>>;
  /** What the log keeps of the parameters. */
  readonly logged: (parameters: Parameters) => Partial<RequestEntry>;
}

export function startRpcService(world: World, service: RpcService): Promise<HttpServer> {
  return startHttp(0, (request) => answer(world, service, request));
}

export function required(parameters: Parameters, name: string): string {
  const value = parameters[name];
  if (value) return value;
  const message = `The input parameter "${name}" that is mandatory for processing this request is not supplied.`;
  throw new Refusal(400, `Missing${name}`, message);
}

async function answer(world: World, service: RpcService, request: HttpRequest): Promise<HttpReply | "reset"> {
  const requestId = randomUUID().toUpperCase();
  const isForm = headerOf(request, "content-type")?.startsWith("application/x-www-form-urlencoded");
  const parameters: Parameters = Object.fromEntries([
    ...new URLSearchParams(request.query),
    ...(isForm ? new URLSearchParams(request.body.toString()) : []),
  ]);
  const action = headerOf(request, "x-acs-action") ?? "";
  const entry: RequestEntry = {
    time: world.now().toISOString(),
    requestId,
    service: service.name,
    operation: action || `${request.method} ${request.path}`,
    bucket: null,
    domain: null,
    signatureVersion: headerOf(request, "authorization")?.startsWith("ACS3-") ? "acs3" : null,
    status: null,
    code: null,
    ...service.logged(parameters),
  };
  const run = async () => {
    verify(world, request);
    if (headerOf(request, "x-acs-version") !== service.version)
      throw new Refusal(404, "InvalidVersion", `Specified parameter Version is not valid: this is ${service.version}.`);
    const operation = Object.hasOwn(service.operations, action) ? service.operations[action] : undefined;
    if (!operation) throw new Refusal(404, "InvalidAction.NotFound", "Specified api is not found.");
    return jsonReply(200, { RequestId: requestId, ...operation(world, parameters) });
  };
  const refuse = ({ status, code, message }: Refusal) =>
    jsonReply(status, {
      RequestId: requestId,
      HostId: request.headers.host ?? "",
      Code: code,
      Message: message,
      Recommend: `https://api.aliyun.com/troubleshoot?q=${code}&product=${service.product}`,
    });
  const reply = await carryOut(world, entry, run, refuse);
  if (reply === "reset" || reply.fromProxy) return reply;
  const headers = { ...reply.headers, date: world.now().toUTCString(), "x-acs-request-id": requestId };
  return { ...reply, headers };
}

function jsonReply(status: number, body: object): HttpReply {
  return { status, headers: { "content-type": "application/json;charset=utf-8" }, body: JSON.stringify(body) };
}
