import { Resolver } from "node:dns/promises";
import { request } from "node:http";
import { sha256Base64Url } from "../certificates";
import { addressOf } from "../oss/address";
import { Refusal } from "../refusal";
import type { World } from "../world";

/** Looks for the answer to a challenge. Throws the problem that the CA reports. */
export type Validate = (challenge: {
  readonly type: string;
  /** Without `*.`. */
  readonly name: string;
  readonly token: string;
  readonly keyAuthorization: string;
}) => Promise<void>;

/** Looks in DNS over the network, and on the web by HTTP, where the domain leads to the bucket that it is bound to. */
export function validationOf(world: World, { dns, oss }: { readonly dns: string; readonly oss: string }): Validate {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([dns]);
  return ({ type, name, token, keyAuthorization }) =>
    type === "dns-01"
      ? validateTxt(resolver, `_acme-challenge.${name}`, sha256Base64Url(keyAuthorization))
      : validateFile(world, resolver, oss, { name, token, keyAuthorization });
}

async function validateTxt(resolver: Resolver, name: string, expected: string): Promise<void> {
  const records = await resolver.resolveTxt(name).catch((error: NodeJS.ErrnoException) => {
    throw new Refusal(400, "dns", `DNS problem: ${error.code} looking up TXT for ${name}`);
  });
  const values = records.map((strings) => strings.join(""));
  if (values.includes(expected)) return;
  throw new Refusal(403, "unauthorized", `Incorrect TXT record ${JSON.stringify(values[0])} found at ${name}`);
}

async function validateFile(
  world: World,
  resolver: Resolver,
  oss: string,
  {
    name,
    token,
    keyAuthorization,
  }: { readonly name: string; readonly token: string; readonly keyAuthorization: string },
): Promise<void> {
  const host = await targetOf(resolver, name);
  const bucket = world.bindings.get(name)?.bucket;
  if (bucket === undefined || addressOf({ headers: { host }, path: "/" }).bucket !== bucket)
    throw new Refusal(400, "connection", `${name} leads to ${host}, which does not serve it`);
  const path = `/.well-known/acme-challenge/${token}`;
  const { status, body } = await get(oss, path, name).catch((error: Error) => {
    throw new Refusal(400, "connection", `Fetching http://${name}${path}: ${error.message}`);
  });
  if (status !== 200) throw new Refusal(403, "unauthorized", `Invalid response from http://${name}${path}: ${status}`);
  if (body.trimEnd() !== keyAuthorization)
    throw new Refusal(403, "unauthorized", `The key authorization file from http://${name}${path} is not the expected`);
}

/** Where the CNAME records of a name lead. */
async function targetOf(resolver: Resolver, name: string): Promise<string> {
  let target = name;
  for (let hop = 0; hop < 8; hop++) {
    const [next] = await resolver.resolveCname(target).catch((): string[] => []);
    if (next === undefined) break;
    target = next;
  }
  if (target === name) throw new Refusal(400, "dns", `DNS problem: no CNAME record looking up ${name}`);
  return target;
}

function get(origin: string, path: string, host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(`${origin}${path}`, { headers: { host }, timeout: 5000 }, (message) => {
      const chunks: Buffer[] = [];
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      message.on("error", reject);
      message.on("end", () => resolve({ status: message.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    })
      .on("error", reject)
      .end();
  });
}
