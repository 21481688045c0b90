import { normaliseName } from "./dns/zones";
import type { HttpReply, HttpRequest } from "./http";
import { checkSwitches } from "./switches";
import { type Fault, ownAccount, type World } from "./world";

type Body = Readonly<Record<string, unknown>>;

/** The unsigned API of the emulator itself, below `/-/`: JSON in and out, 400 with `{"error"}` for what cannot be. */
const routes: Readonly<Record<string, (world: World, body: Body) => unknown>> = {
  "GET requests": ({ requests }) => requests,
  "DELETE requests": ({ requests }) => ({ removed: requests.splice(0).length }),

  "GET state": (world) => world.state(),

  "POST buckets": (world, body) => {
    const name = text(body, "name");
    if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) throw new Error(`"${name}" is no bucket name`);
    const bucket = { name, owner: maybe(body, "owner") ?? ownAccount, region: maybe(body, "region") ?? world.region };
    world.buckets.set(name, bucket);
    return bucket;
  },
  /** Its bindings and tokens go with it. */
  "DELETE buckets": (world, body) => {
    const name = text(body, "name");
    for (const { domain } of world.bindingsOf(name)) world.bindings.delete(domain);
    for (const [key, token] of world.tokens) if (token.bucket === name) world.tokens.delete(key);
    return { removed: Number(world.buckets.delete(name)) };
  },

  "POST zones": (world, body) => {
    world.zones.addZone(text(body, "name"));
    return world.zones.names;
  },
  /** `delayMs` counts from now by the emulator's clock; `afterQueries` queries for name and type are answered without it first. */
  "POST records": (world, body) => {
    const delay = maybeNumber(body, "delayMs");
    const { value } = body;
    return world.zones.add({
      name: text(body, "name"),
      type: text(body, "type").toUpperCase(),
      value: Array.isArray(value) ? value.map(String) : text(body, "value"),
      ttl: maybeNumber(body, "ttl") ?? 600,
      zone: maybe(body, "zone"),
      visibleAt: delay === undefined ? undefined : new Date(world.now().getTime() + delay),
      afterQueries: maybeNumber(body, "afterQueries"),
    });
  },
  "DELETE records": (world, body) => {
    const name = normaliseName(text(body, "name"));
    const [type, value] = [maybe(body, "type")?.toUpperCase(), maybe(body, "value")];
    const removed = world.zones.remove(
      (record) =>
        record.name === name &&
        (type === undefined || record.type === type) &&
        (value === undefined || [record.value].flat().join("") === value),
    );
    return { removed };
  },

  "POST certificates": (world, body) =>
    world.addCertificate({ certId: text(body, "certId"), pem: maybe(body, "certificate") }),

  "POST credentials": (world, body) => {
    const accessKeyId = text(body, "accessKeyId");
    const expiration = maybe(body, "expiration");
    world.credentials.set(accessKeyId, {
      accessKeyId,
      accessKeySecret: text(body, "accessKeySecret"),
      securityToken: maybe(body, "securityToken"),
      expiration: expiration === undefined ? undefined : new Date(expiration),
      owner: maybe(body, "owner") ?? ownAccount,
    });
    return { accessKeyId };
  },

  "GET faults": ({ faults }) => faults,
  "POST faults": ({ faults }, body) => {
    text(body, "operation");
    const known = [
      "operation",
      "bucket",
      "domain",
      "status",
      "code",
      "message",
      "ec",
      "times",
      "delayMs",
      "reset",
      "after",
    ];
    const unknown = Object.keys(body).find((key) => !known.includes(key));
    if (unknown !== undefined) throw new Error(`a fault has no ${unknown}`);
    faults.push({ ...(body as unknown as Fault) });
    return faults;
  },
  "DELETE faults": ({ faults }) => ({ removed: faults.splice(0).length }),

  /** What somebody else does, in the console say: `{change, domain, …}`, see `changes`. */
  "POST changes": (world, body) => {
    const kind = text(body, "change");
    const change = Object.hasOwn(changes, kind) ? changes[kind] : undefined;
    if (!change) throw new Error(`there is no change ${kind}`);
    change(world, normaliseName(text(body, "domain")), body);
    return world.state();
  },

  "GET switches": ({ switches }) => switches,
  "POST switches": (world, body) => {
    checkSwitches(body);
    world.switches = { ...world.switches, ...body };
    return world.switches;
  },
};

const changes: Readonly<Record<string, (world: World, domain: string, body: Body) => void>> = {
  removeBinding: (world, domain) => {
    boundBucket(world, domain);
    world.unbind(domain);
  },
  /** Also binds what was not bound. */
  moveBinding: (world, domain, body) => {
    const to = text(body, "bucket");
    if (!world.buckets.has(to)) throw new Error(`there is no bucket ${to}`);
    world.bind(domain, to);
  },
  disable: (world, domain) => world.bind(domain, boundBucket(world, domain), { status: "Disabled" }),
  enable: (world, domain) => world.bind(domain, boundBucket(world, domain), { status: "Enabled" }),
  removeCertificate: (world, domain) => world.bind(domain, boundBucket(world, domain), { certId: undefined }),
  replaceCertificate: (world, domain, body) => {
    const bucket = boundBucket(world, domain);
    const pem = maybe(body, "certificate");
    const named = pem === undefined ? text(body, "certId") : "";
    const { certId } = world.certificates.get(named) ?? world.addCertificate({ certId: named || undefined, pem });
    world.bind(domain, bucket, { certId });
  },
  expireToken: (world, domain, body) => {
    const key = `${text(body, "bucket")}/${domain}`;
    const token = world.tokens.get(key);
    if (!token) throw new Error(`there is no token for ${key}`);
    world.tokens.set(key, { ...token, expireTime: world.now().toISOString() });
  },
};

function boundBucket(world: World, domain: string): string {
  const binding = world.bindings.get(domain);
  if (!binding) throw new Error(`${domain} is not bound`);
  return binding.bucket;
}

/** Carries out one call, `control(world, "POST", "/-/buckets", { name: "site" })`. Throws when it cannot be. */
export function control(world: World, method: string, path: string, body: unknown = {}): unknown {
  const route = routes[`${method} ${path.replace(/^\/-\//, "")}`];
  if (!route) throw new Error(`there is no ${method} ${path}`);
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new Error("the body must be a JSON object");
  return route(world, body as Body);
}

export async function answerControl(world: World, { method, path, body }: HttpRequest): Promise<HttpReply> {
  const headers = { "content-type": "application/json" };
  try {
    const result = control(world, method, path, body.length > 0 ? JSON.parse(body.toString()) : {});
    return { status: 200, headers, body: JSON.stringify(result) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status: 400, headers, body: JSON.stringify({ error: reason }) };
  }
}

function maybe(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value !== undefined && (typeof value !== "string" || value === "")) throw new Error(`${name} must be a text`);
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
