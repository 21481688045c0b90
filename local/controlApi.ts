import { checkFault } from "./faults";
import type { HttpReply, HttpRequest } from "./http";
import { checkSwitches } from "./switches";
import type { World } from "./world";

type Body = Readonly<Record<string, unknown>>;

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** The unsigned HTTP API of the emulator itself, below `/-/`. */
const ROUTES: Readonly<Record<string, (world: World, body: Body) => unknown>> = {
  "GET requests": (world) => world.requests(),
  "DELETE requests": (world) => ({ removed: world.forgetRequests() }),
  "GET state": (world) => world.state(),
  "POST buckets": (world, body) => world.addBucket(strings(body, ["name"], ["owner", "region"])),
  "DELETE buckets": (world, body) => ({ removed: Number(world.removeBucket(string(body, "name"))) }),
  "POST zones": (world, body) => {
    world.addZone(string(body, "name"));
    return world.state().zones;
  },
  "POST records": (world, body) =>
    world.addRecord({
      ...strings(body, ["name", "type"], ["zone"]),
      ...numbers(body, ["ttl", "delayMs", "afterQueries"]),
      value: Array.isArray(body.value) ? body.value.map(String) : string(body, "value"),
    }),
  "DELETE records": (world, body) => ({
    removed: world.removeRecords(strings(body, ["name"], ["type", "value"])),
  }),
  "POST certificates": (world, body) => world.addCertificate(strings(body, ["certId"], ["certificate"])),
  "POST credentials": (world, body) => {
    const optional = ["securityToken", "expiration", "owner"] as const;
    const credential = strings(body, ["accessKeyId", "accessKeySecret"], optional);
    world.addCredential(credential);
    return { accessKeyId: credential.accessKeyId };
  },
  "POST renewalWindows": (world, body) => {
    world.setRenewalWindow(strings(body, ["start", "end"], ["renewalId", "explanationURL"]));
    return Object.fromEntries(world.renewalWindows);
  },
  "GET faults": ({ faults }) => faults,
  "POST faults": (world, body) => {
    checkFault(body);
    world.fail(body);
    return world.faults;
  },
  "DELETE faults": (world) => ({ removed: world.clearFaults() }),
  "POST changes": (world, body) => {
    const name = string(body, "change");
    const change = Object.hasOwn(CHANGES, name) ? CHANGES[name] : undefined;
    if (!change) throw new Error(`there is no change ${name}`);
    change(world.inConsole, string(body, "domain"), body);
    return world.state();
  },
  "GET switches": ({ switches }) => switches,
  "POST switches": (world, body) => {
    checkSwitches(body);
    world.set(body);
    return world.switches;
  },
};

const CHANGES: Readonly<Record<string, (user: World["inConsole"], domain: string, body: Body) => void>> = {
  removeBinding: (user, domain) => user.removeBinding(domain),
  moveBinding: (user, domain, body) => user.moveBinding(domain, string(body, "bucket")),
  disable: (user, domain) => user.disable(domain),
  enable: (user, domain) => user.enable(domain),
  removeCertificate: (user, domain) => user.removeCertificate(domain),
  replaceCertificate: (user, domain, body) => {
    const required = body.certificate === undefined ? ["certId" as const] : [];
    user.replaceCertificate(domain, strings(body, required, ["certificate"]));
  },
  expireToken: (user, domain, body) => user.expireToken(string(body, "bucket"), domain),
};

export async function answerControl(world: World, request: HttpRequest): Promise<HttpReply> {
  const { method, path, body } = request;
  const forbidden = refuseWebPages(request);
  if (forbidden) return forbidden;
  try {
    const route = ROUTES[`${method} ${path.replace(/^\/-\//, "")}`];
    if (!route) throw new Error(`there is no ${method} ${path}`);
    const parsed: unknown = body.length > 0 ? JSON.parse(body.toString()) : {};
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
      throw new Error("the body must be a JSON object");
    return jsonReply(200, route(world, parsed as Body));
  } catch (error) {
    return jsonReply(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

/** Web pages in the developer's browser can reach loopback too, even through a host name that resolves to it. */
function refuseWebPages({ method, headers }: HttpRequest): HttpReply | undefined {
  // Browsers send Sec-Fetch-Site with everything but what was typed into the address bar.
  const site = headers["sec-fetch-site"];
  if (headers.origin !== undefined || (site !== undefined && site !== "none"))
    return jsonReply(403, { error: "requests from web pages (with Origin or Sec-Fetch-Site) are refused" });
  if (!LOOPBACK_HOST.test(headers.host ?? ""))
    return jsonReply(403, { error: "the host must be localhost or a loopback address" });
  // A page can send forms and plain text across origins, but not JSON.
  if (method !== "GET" && !/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? ""))
    return jsonReply(415, { error: "the content-type must be application/json" });
  return undefined;
}

function jsonReply(status: number, body: unknown): HttpReply {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function strings<Required extends string, Optional extends string = never>(
  body: Body,
  required: readonly Required[],
  optional: readonly Optional[] = [],
): Record<Required, string> & { [Name in Optional]?: string } {
  const present = optional.filter((name) => body[name] !== undefined);
  return Object.fromEntries([...required, ...present].map((name) => [name, string(body, name)])) as never;
}

function string(body: Body, name: string): string {
  const value = body[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  if (typeof value !== "string" || value === "") throw new Error(`${name} must be a non-empty string`);
  return value;
}

function numbers<Name extends string>(body: Body, names: readonly Name[]): { [Key in Name]?: number } {
  const present = names.filter((name) => body[name] !== undefined);
  for (const name of present) if (typeof body[name] !== "number") throw new Error(`${name} must be a number`);
  return Object.fromEntries(present.map((name) => [name, body[name]])) as never;
}
