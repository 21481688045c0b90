import type { Controls } from "./controls";
import { checkFault } from "./faults";
import type { HttpReply, HttpRequest } from "./http";
import { checkSwitches } from "./switches";

type Body = Readonly<Record<string, unknown>>;

/** The unsigned HTTP API of the emulator itself, below `/-/`: JSON in and out. */
const ROUTES: Readonly<Record<string, (controls: Controls, body: Body) => unknown>> = {
  "GET requests": (controls) => controls.requests(),
  "DELETE requests": (controls) => ({ removed: controls.forgetRequests() }),

  "GET state": (controls) => controls.state(),

  "POST buckets": (controls, body) =>
    controls.addBucket({ name: text(body, "name"), owner: maybe(body, "owner"), region: maybe(body, "region") }),
  "DELETE buckets": (controls, body) => ({ removed: Number(controls.removeBucket(text(body, "name"))) }),

  "POST zones": (controls, body) => {
    controls.addZone(text(body, "name"));
    return controls.state().zones;
  },
  "POST records": (controls, body) =>
    controls.addRecord({
      name: text(body, "name"),
      type: text(body, "type"),
      value: Array.isArray(body.value) ? body.value.map(String) : text(body, "value"),
      ttl: maybeNumber(body, "ttl"),
      zone: maybe(body, "zone"),
      delayMs: maybeNumber(body, "delayMs"),
      afterQueries: maybeNumber(body, "afterQueries"),
    }),
  "DELETE records": (controls, body) => ({
    removed: controls.removeRecords({
      name: text(body, "name"),
      type: maybe(body, "type"),
      value: maybe(body, "value"),
    }),
  }),

  "POST certificates": (controls, body) =>
    controls.addCertificate({ certId: text(body, "certId"), certificate: maybe(body, "certificate") }),

  "POST credentials": (controls, body) => {
    const accessKeyId = text(body, "accessKeyId");
    const expiration = maybe(body, "expiration");
    controls.addCredential({
      accessKeyId,
      accessKeySecret: text(body, "accessKeySecret"),
      securityToken: maybe(body, "securityToken"),
      expiration: expiration === undefined ? undefined : new Date(expiration),
      owner: maybe(body, "owner"),
    });
    return { accessKeyId };
  },

  "GET faults": ({ faults }) => faults,
  "POST faults": (controls, body) => {
    checkFault(body);
    controls.fail(body);
    return controls.faults;
  },
  "DELETE faults": (controls) => ({ removed: controls.clearFaults() }),

  "POST changes": (controls, body) => {
    const kind = text(body, "change");
    const change = Object.hasOwn(CHANGES, kind) ? CHANGES[kind] : undefined;
    if (!change) throw new Error(`there is no change ${kind}`);
    change(controls.inConsole, text(body, "domain"), body);
    return controls.state();
  },

  "GET switches": ({ switches }) => switches,
  "POST switches": (controls, body) => {
    checkSwitches(body);
    controls.set(body);
    return controls.switches;
  },
};

const CHANGES: Readonly<Record<string, (user: Controls["inConsole"], domain: string, body: Body) => void>> = {
  removeBinding: (user, domain) => user.removeBinding(domain),
  moveBinding: (user, domain, body) => user.moveBinding(domain, text(body, "bucket")),
  disable: (user, domain) => user.disable(domain),
  enable: (user, domain) => user.enable(domain),
  removeCertificate: (user, domain) => user.removeCertificate(domain),
  replaceCertificate: (user, domain, body) => {
    const certificate = maybe(body, "certificate");
    user.replaceCertificate(domain, certificate === undefined ? { certId: text(body, "certId") } : { certificate });
  },
  expireToken: (user, domain, body) => user.expireToken(text(body, "bucket"), domain),
};

/** Answers 400 with `{"error"}` to a call that makes no sense. */
export async function answerControl(controls: Controls, { method, path, body }: HttpRequest): Promise<HttpReply> {
  const headers = { "content-type": "application/json" };
  try {
    const route = ROUTES[`${method} ${path.replace(/^\/-\//, "")}`];
    if (!route) throw new Error(`there is no ${method} ${path}`);
    const parsed: unknown = body.length > 0 ? JSON.parse(body.toString()) : {};
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
      throw new Error("the body must be a JSON object");
    return { status: 200, headers, body: JSON.stringify(route(controls, parsed as Body)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status: 400, headers, body: JSON.stringify({ error: reason }) };
  }
}

function maybe(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value !== undefined && (typeof value !== "string" || value === ""))
    throw new Error(`${name} must be a non-empty string`);
  return value;
}

function text(body: Body, name: string): string {
  const value = maybe(body, name);
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

function maybeNumber(body: Body, name: string): number | undefined {
  const value = body[name];
  if (value !== undefined && typeof value !== "number") throw new Error(`${name} must be a number`);
  return value;
}
