import { randomBytes } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import { XMLBuilder } from "fast-xml-parser";
import { type Answer, carryOut, type HttpReply, type HttpRequest, type HttpServer, startHttp } from "../http";
import { type Bucket, type CertificateDigests, Refusal, type RequestEntry, sha256, type World } from "../world";
import { type CnameConfiguration, parseConfiguration } from "./configuration";
import { createCnameToken, deleteCname, getCnameToken, listCname, putCname, type TxtLookup } from "./operations";
import { signatureVersion, verify } from "./verify";

export interface OssOptions {
  readonly port: number;
  /** `host:port` of the server that TXT records are looked up at. */
  readonly dns: string;
  /** Answers what is below `/-/`. */
  readonly control: Answer;
}

const operations = {
  "GET ": "ListCname",
  "GET token": "GetCnameToken",
  "POST token": "CreateCnameToken",
  "POST add": "PutCname",
  "POST delete": "DeleteCname",
} as const;

type Operation = (typeof operations)[keyof typeof operations];

export function startOss(world: World, { port, dns, control }: OssOptions): Promise<HttpServer> {
  return startHttp(port, (request) =>
    request.path.startsWith("/-/") ? control(request) : answer(world, request, txtLookup(dns)),
  );
}

async function answer(world: World, request: HttpRequest, showsTxt: TxtLookup): Promise<HttpReply | "reset"> {
  const started = Date.now();
  const { method, path } = request;
  const requestId = randomBytes(12).toString("hex").toUpperCase();
  const { host, bucket, key } = address(request);
  const query = new URLSearchParams(request.query);
  const action = `${method} ${query.get("comp") ?? ""}` as keyof typeof operations;
  const operation = query.has("cname") && bucket !== undefined && key === "" ? operations[action] : undefined;
  const configuration = operation && method === "POST" ? readConfiguration(request.body) : {};
  const { domain = query.get("cname"), certificate, malformed } = configuration;
  const entry: RequestEntry = {
    time: world.now().toISOString(),
    requestId,
    service: "oss",
    operation: operation ?? `${method} ${path}`,
    bucket: bucket ?? null,
    domain: domain?.toLowerCase() || null,
    signatureVersion: signatureVersion(request),
    status: null,
    code: null,
    ...(certificate && { certificate: digests(certificate) }),
  };

  const run = async () => {
    if (!operation || bucket === undefined)
      throw new Refusal(501, "NotImplemented", "This emulator knows the five operations on custom domains only.");
    if (host.endsWith(".aliyuncs.com") && !host.startsWith(`${bucket}.`))
      throw new Refusal(403, "SecondLevelDomainForbidden", "Address the bucket as a sub-domain of the endpoint.");
    const ofHost = /(?:^|\.)oss-(?!accelerate)([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host)?.[1];
    // Any other address serves all regions: a request signed for the bucket's own is taken to have come to the right one.
    const regions = [ofHost ?? world.region, ofHost ?? world.buckets.get(bucket)?.region ?? world.region] as const;
    const { caller, region } = verify(world, { ...request, bucket, key }, regions);
    if (malformed) throw malformed;
    const target = bucketOf(world, bucket, caller.owner, region);
    return perform(world, operation, target, entry.domain ?? "", certificate, showsTxt);
  };
  const reply = await carryOut(world, entry, run, (refusal) => errorReply(refusal, requestId, host));
  if (reply === "reset") return reply;
  const headers = {
    server: "AliyunOSS",
    date: world.now().toUTCString(),
    "x-oss-request-id": requestId,
    "x-oss-server-time": String(Date.now() - started),
    ...(reply.body && { "content-type": "application/xml" }),
    // A reply to HEAD has no body to say it in.
    ...(reply.body && method === "HEAD" && { "x-oss-err": Buffer.from(reply.body).toString("base64") }),
    ...reply.headers,
  };
  return { ...reply, headers };
}

/** Virtual-host style where the host is more than an endpoint, else path style. */
function address({ headers, path }: HttpRequest): { host: string; bucket: string | undefined; key: string } {
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  const [first = "", second = "", ...more] = host.split(".");
  const isOss = (label: string) => /^oss(-|$)/.test(label);
  const isDualStack = second === "oss" && more.join(".") === "aliyuncs.com";
  const isEndpoint =
    isIP(host) !== 0 || second === "" || isDualStack || (isOss(first) && !isOss(second) && second !== "localhost");
  if (!isEndpoint) return { host, bucket: first, key: path.slice(1) };
  const [, bucket, ...key] = path.split("/");
  return { host, bucket: bucket || undefined, key: key.join("/") };
}

function readConfiguration(body: Buffer): Partial<CnameConfiguration> & { readonly malformed?: unknown } {
  try {
    return parseConfiguration(body.toString());
  } catch (malformed) {
    return { malformed };
  }
}

function digests({
  certificate,
  privateKey,
  ...rest
}: NonNullable<CnameConfiguration["certificate"]>): CertificateDigests {
  const all = {
    ...rest,
    certificateDigest: certificate && sha256(certificate),
    privateKeyDigest: privateKey && sha256(privateKey),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function bucketOf(world: World, name: string, caller: string, region: string): Bucket {
  const bucket = world.buckets.get(name);
  if (!bucket) {
    const extras = { EC: "0015-00000101", BucketName: name };
    throw new Refusal(404, "NoSuchBucket", "The specified bucket does not exist.", extras);
  }
  if (bucket.region !== region) {
    const message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
    const extras = { EC: "0003-00001403", Bucket: name, Endpoint: `oss-${bucket.region}.aliyuncs.com` };
    throw new Refusal(403, "AccessDenied", `${message} Please send all future requests to this endpoint.`, extras);
  }
  if (bucket.owner === caller) return bucket;
  throw new Refusal(403, "AccessDenied", "The bucket you access does not belong to you.", { EC: "0003-00000001" });
}

async function perform(
  world: World,
  operation: Operation,
  bucket: Bucket,
  domain: string,
  certificate: CnameConfiguration["certificate"] = {},
  showsTxt: TxtLookup,
): Promise<HttpReply> {
  switch (operation) {
    case "CreateCnameToken":
    case "GetCnameToken": {
      const { token, expireTime } = (operation === "GetCnameToken" ? getCnameToken : createCnameToken)(
        world,
        bucket,
        domain,
      );
      const ExpireTime = new Date(expireTime).toUTCString();
      return xmlReply({ CnameToken: { Bucket: bucket.name, Cname: domain, Token: token, ExpireTime } });
    }
    case "ListCname":
      return xmlReply({
        ListCnameResult: { Bucket: bucket.name, Owner: bucket.owner, Cname: cnameElements(world, bucket) },
      });
    case "DeleteCname":
      deleteCname(world, bucket, domain);
      return { status: 200 };
    case "PutCname": {
      const certId = await putCname(world, bucket, domain, certificate, showsTxt);
      return { status: 200, headers: certId === undefined ? {} : { "x-oss-yundun-certificate-id": certId } };
    }
  }
}

function cnameElements(world: World, bucket: Bucket): object[] {
  const { fingerprint: shown, uploadType } = world.switches;
  const mask = (text: string) => `${text.slice(0, 11)}${":**".repeat(12)}${text.slice(-12)}`;
  return listCname(world, bucket).map(({ binding, certificate }) => ({
    Domain: binding.domain,
    LastModified: binding.lastModified,
    Status: binding.status,
    IsPurgeCdnCache: false,
    Certificate: certificate && {
      Type: certificate.uploaded ? uploadType : "CAS",
      CertId: certificate.certId,
      Status: "Enabled",
      CreationDate: new Date(certificate.creationDate).toUTCString(),
      Fingerprint: shown === "masked" ? mask(certificate.fingerprint) : certificate.fingerprint,
      ValidStartDate: certificate.validFrom,
      ValidEndDate: certificate.validTo,
    },
  }));
}

/** Asks over the wire, afresh each time. */
function txtLookup(server: string): TxtLookup {
  return async (name, value) => {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([server]);
    const records = await resolver.resolveTxt(name).catch(() => []);
    return records.some((strings) => strings.join("") === value);
  };
}

const builder = new XMLBuilder();

function xmlReply(document: object): HttpReply {
  return { status: 200, body: builder.build(document) };
}

function errorReply({ status, code, message, extras }: Refusal, requestId: string, host: string): HttpReply {
  const { EC } = extras;
  const recommended = EC && { RecommendDoc: `https://api.aliyun.com/troubleshoot?q=${EC}` };
  const error = { Code: code, Message: message, RequestId: requestId, HostId: host, ...extras, ...recommended };
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ Error: error })}`;
  return { status, body, headers: EC ? { "x-oss-ec": EC } : {} };
}
