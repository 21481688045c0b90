import { randomBytes } from "node:crypto";
import { Resolver } from "node:dns/promises";
import type { CertificateConfiguration } from "../../provider/oss/xml";
import { sha256 } from "../certificates";
import { carryOut } from "../exchange";
import { type Answer, type HttpReply, type HttpRequest, type HttpServer, startHttp } from "../http";
import { Refusal } from "../refusal";
import type { CertificateDigests, RequestEntry } from "../requestEntry";
import type { Bucket } from "../state";
import type { World } from "../world";
import { addressOf } from "./address";
import { type CnameConfiguration, parseConfiguration } from "./configuration";
import { OBJECT_OPERATIONS } from "./objects";
import { OSS_OPERATIONS } from "./operations";
import type { TxtLookup } from "./operations/operation";
import { errorReply } from "./reply";
import { signatureVersion, verify } from "./verify";

interface OssOptions {
  readonly port: number;
  /** `host:port` of the server that has the TXT records. */
  readonly dns: string;
  /** Answers requests below `/-/`. */
  readonly control: Answer;
}

export function startOss(world: World, { port, dns, control }: OssOptions): Promise<HttpServer> {
  return startHttp(port, (request) =>
    request.path.startsWith("/-/") ? control(request) : answer(world, request, txtLookup(dns)),
  );
}

async function answer(world: World, request: HttpRequest, hasTxtRecord: TxtLookup): Promise<HttpReply | "reset"> {
  const started = Date.now();
  const { method, path } = request;
  const requestId = randomBytes(12).toString("hex").toUpperCase();
  const { host, bucket, key, region: regionOfHost, byDomain } = addressOf(request, world.bindings);
  const query = new URLSearchParams(request.query);
  const action = `${method} ${query.get("comp") ?? ""}`;
  const operation = query.has("cname") && bucket !== undefined && key === "" ? OSS_OPERATIONS[action] : undefined;
  const object = key !== "" && request.query === "" ? OBJECT_OPERATIONS[method] : undefined;
  const configuration = operation && method === "POST" ? readConfiguration(request.body) : {};
  const { domain = byDomain ? host : query.get("cname"), certificate, malformed } = configuration;
  const entry: RequestEntry = {
    time: world.now().toISOString(),
    requestId,
    service: "oss",
    operation: (operation ?? object)?.name ?? `${method} ${path}`,
    bucket: bucket ?? null,
    domain: domain?.toLowerCase() || null,
    key: object && key,
    signatureVersion: signatureVersion(request),
    status: null,
    code: null,
    certificate: certificate && digests(certificate),
  };

  const ownBucket = (name: string) => {
    if (host.endsWith(".aliyuncs.com") && !host.startsWith(`${name}.`))
      throw new Refusal(403, "SecondLevelDomainForbidden", "Use the bucket as a subdomain of the endpoint.");
    // A host that serves all regions accepts a signature for the region of the bucket.
    const regionOfBucket = world.buckets.get(name)?.region;
    const regions = [regionOfHost ?? world.region, regionOfHost ?? regionOfBucket ?? world.region] as const;
    const { caller, region } = verify(world, { ...request, bucket: name, key }, regions);
    if (malformed) throw malformed;
    return ownBucketOf(world, name, caller.owner, region);
  };
  const run = async () => {
    if (object && bucket !== undefined) {
      const isOwner = request.headers.authorization !== undefined;
      if (!isOwner && !byDomain && world.zones.zoneOf(host) !== undefined)
        throw new Refusal(403, "NonStandardHostForbidden", "Your host is invalid.", { EC: "0003-00001402" });
      const { name } = isOwner ? ownBucket(bucket) : bucketOf(world, bucket);
      return object.perform({ world, bucket: name, key, request, byDomain, isOwner });
    }
    if (!operation || bucket === undefined) {
      const message = "This emulator has only the five operations on custom domains, and three on objects.";
      throw new Refusal(501, "NotImplemented", message);
    }
    const target = ownBucket(bucket);
    const call = { world, bucket: target, domain: entry.domain ?? "", certificate: certificate ?? {}, hasTxtRecord };
    return operation.perform(call);
  };
  const reply = await carryOut(world, entry, run, (refusal) => errorReply(refusal, requestId, host));
  if (reply === "reset" || reply.fromProxy) return reply;
  const headers = {
    date: world.now().toUTCString(),
    "x-oss-request-id": requestId,
    "x-oss-server-time": String(Date.now() - started),
    ...(reply.body && { "content-type": "application/xml" }),
    // A reply to HEAD has no body for the error.
    ...(reply.body && method === "HEAD" && { "x-oss-err": Buffer.from(reply.body).toString("base64") }),
    ...reply.headers,
  };
  return { ...reply, headers };
}

function readConfiguration(body: Buffer): Partial<CnameConfiguration> & { readonly malformed?: unknown } {
  try {
    return parseConfiguration(body.toString());
  } catch (malformed) {
    return { malformed };
  }
}

function digests({ certificate, privateKey, ...rest }: CertificateConfiguration): CertificateDigests {
  const digest = (text: string | undefined) => (text === undefined ? undefined : sha256(text));
  return { ...rest, certificateDigest: digest(certificate), privateKeyDigest: digest(privateKey) };
}

function bucketOf(world: World, name: string): Bucket {
  const bucket = world.buckets.get(name);
  if (bucket) return bucket;
  const extras = { EC: "0015-00000101", BucketName: name };
  throw new Refusal(404, "NoSuchBucket", "The specified bucket does not exist.", extras);
}

function ownBucketOf(world: World, name: string, caller: string, region: string): Bucket {
  const bucket = bucketOf(world, name);
  if (bucket.region !== region) {
    const message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
    const extras = { EC: "0003-00001403", Bucket: name, Endpoint: `oss-${bucket.region}.aliyuncs.com` };
    throw new Refusal(403, "AccessDenied", `${message} Please send all future requests to this endpoint.`, extras);
  }
  if (bucket.owner === caller) return bucket;
  throw new Refusal(403, "AccessDenied", "The bucket you access does not belong to you.", { EC: "0003-00000001" });
}

/** Queries the server over the network, without a cache. */
function txtLookup(server: string): TxtLookup {
  return async (name, value) => {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([server]);
    const records = await resolver.resolveTxt(name).catch(() => []);
    return records.some((strings) => strings.join("") === value);
  };
}
