import { randomBytes } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import { XMLBuilder } from "fast-xml-parser";
import { type Answer, carryOut, type HttpReply, type HttpRequest, type HttpServer, startHttp } from "../http";
import {
  type Binding,
  type Bucket,
  type Certificate,
  Refusal,
  type RequestEntry,
  sha256,
  type Token,
  type World,
} from "../world";
import { type CnameConfiguration, parseConfiguration } from "./configuration";
import { createCnameToken, deleteCname, getCnameToken, listCname, putCname, type TxtLookup } from "./operations";
import { type SignedRequest, signatureVersion, verify } from "./verify";

export interface OssOptions {
  readonly port: number;
  /** `host:port` of the server that TXT records are looked up at. */
  readonly dns: string;
  /** Answers what is below `/-/`. */
  readonly control: Answer;
}

type Operation = "CreateCnameToken" | "GetCnameToken" | "PutCname" | "ListCname" | "DeleteCname";

export function startOss(world: World, { port, dns, control }: OssOptions): Promise<HttpServer> {
  const showsTxt = txtLookup(dns);
  return startHttp(port, (request) =>
    request.path.startsWith("/-/") ? control(request) : answer(world, request, showsTxt),
  );
}

async function answer(world: World, request: HttpRequest, showsTxt: TxtLookup): Promise<HttpReply | "reset"> {
  const started = Date.now();
  const host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  const { bucket, key } = address(host, request.path);
  const query = new URLSearchParams(request.query);
  const operation = bucket === undefined || key !== "" ? undefined : operationOf(request.method, query);
  const requestId = randomBytes(12).toString("hex").toUpperCase();
  const signed: SignedRequest = { ...request, bucket, key };

  let configuration: CnameConfiguration | Refusal | undefined;
  if (request.method === "POST" && operation) configuration = readConfiguration(request.body);
  const domain =
    (operation === "GetCnameToken" ? query.get("cname") : undefined) ??
    (configuration instanceof Refusal ? undefined : configuration?.domain);
  const certificate = configuration instanceof Refusal ? undefined : configuration?.certificate;
  const entry: RequestEntry = {
    time: world.now().toISOString(),
    requestId,
    service: "oss",
    operation: operation ?? `${request.method} ${request.path}`,
    bucket: bucket ?? null,
    domain: domain?.toLowerCase() ?? null,
    signatureVersion: signatureVersion(request),
    status: null,
    code: null,
    ...(certificate && { certificate: digests(certificate) }),
  };

  const run = async (): Promise<HttpReply> => {
    if (!operation || bucket === undefined)
      throw new Refusal(501, "NotImplemented", "The operation is not one of those that this emulator knows.");
    if (host.endsWith(".aliyuncs.com") && !host.startsWith(`${bucket}.`))
      throw new Refusal(
        403,
        "SecondLevelDomainForbidden",
        "The bucket must be addressed as a sub-domain of the endpoint.",
      );
    const endpoint = /(?:^|\.)oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host)?.[1];
    const home = world.buckets.get(bucket)?.region;
    // One address serves all regions here: a request signed for the bucket's own region is taken to have come to the right one.
    const { caller, region } = verify(world, signed, [endpoint ?? world.region, ...(home && !endpoint ? [home] : [])]);
    if (configuration instanceof Refusal) throw configuration;
    const target = bucketOf(world, bucket, caller.owner, region);
    return perform(world, operation, target, domain?.toLowerCase() ?? "", configuration, showsTxt);
  };
  const reply = await carryOut(world, entry, run, (refusal) => renderRefusal(refusal, requestId, host));
  if (reply === "reset") return reply;
  const headers = {
    server: "AliyunOSS",
    date: world.now().toUTCString(),
    "x-oss-request-id": requestId,
    "x-oss-server-time": String(Date.now() - started),
    ...(reply.body && { "content-type": "application/xml" }),
    // A reply to HEAD has no body to carry the error.
    ...(request.method === "HEAD" && reply.body && { "x-oss-err": Buffer.from(reply.body).toString("base64") }),
  };
  return { ...reply, headers: { ...headers, ...reply.headers } };
}

async function perform(
  world: World,
  operation: Operation,
  bucket: Bucket,
  domain: string,
  configuration: CnameConfiguration | undefined,
  showsTxt: TxtLookup,
): Promise<HttpReply> {
  switch (operation) {
    case "CreateCnameToken":
      return xmlReply(tokenDocument(createCnameToken(world, bucket, domain)));
    case "GetCnameToken":
      return xmlReply(tokenDocument(getCnameToken(world, bucket, domain)));
    case "ListCname":
      return xmlReply(listDocument(world, bucket, listCname(world, bucket)));
    case "DeleteCname":
      deleteCname(world, bucket, domain);
      return { status: 200 };
    case "PutCname": {
      const certId = await putCname(world, bucket, { ...configuration, domain }, showsTxt);
      return { status: 200, headers: certId === undefined ? {} : { "x-oss-yundun-certificate-id": certId } };
    }
  }
}

/** Virtual-host style where the host is more than an endpoint, path style otherwise. */
function address(host: string, path: string): { bucket: string | undefined; key: string } {
  const [first = "", ...rest] = host.split(".");
  const isOss = (label = "") => /^oss(-|$)/.test(label);
  const isRegion = rest.join(".") === "oss.aliyuncs.com";
  const isEndpoint =
    isIP(host) !== 0 || rest.length === 0 || isRegion || (isOss(first) && !isOss(rest[0]) && rest[0] !== "localhost");
  if (!isEndpoint) return { bucket: first, key: decoded(path.slice(1)) };
  const [, bucket = "", ...key] = path.split("/");
  return { bucket: decoded(bucket) || undefined, key: decoded(key.join("/")) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function operationOf(method: string, query: URLSearchParams): Operation | undefined {
  if (!query.has("cname")) return undefined;
  const operations: Readonly<Record<string, Operation>> = {
    "GET ": "ListCname",
    "GET token": "GetCnameToken",
    "POST token": "CreateCnameToken",
    "POST add": "PutCname",
    "POST delete": "DeleteCname",
  };
  return operations[`${method} ${query.get("comp") ?? ""}`];
}

function readConfiguration(body: Buffer): CnameConfiguration | Refusal {
  try {
    return parseConfiguration(body.toString());
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function bucketOf(world: World, name: string, caller: string, region: string): Bucket {
  const bucket = world.buckets.get(name);
  if (!bucket)
    throw new Refusal(404, "NoSuchBucket", "The specified bucket does not exist.", {
      EC: "0015-00000101",
      BucketName: name,
    });
  if (bucket.region !== region)
    throw new Refusal(
      403,
      "AccessDenied",
      "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
      { EC: "0003-00001403", Bucket: name, Endpoint: `oss-${bucket.region}.aliyuncs.com` },
    );
  if (bucket.owner !== caller)
    throw new Refusal(403, "AccessDenied", "The bucket you access does not belong to you.", { EC: "0003-00000001" });
  return bucket;
}

function digests({
  certId,
  certificate,
  privateKey,
  previousCertId,
  force,
  deleteCertificate,
}: NonNullable<CnameConfiguration["certificate"]>): NonNullable<RequestEntry["certificate"]> {
  return {
    ...(certId !== undefined && { certId }),
    ...(certificate !== undefined && { certificateDigest: sha256(certificate) }),
    ...(privateKey !== undefined && { privateKeyDigest: sha256(privateKey) }),
    ...(previousCertId !== undefined && { previousCertId }),
    ...(force !== undefined && { force }),
    ...(deleteCertificate !== undefined && { deleteCertificate }),
  };
}

/** Asks one server over the wire, afresh each time. */
function txtLookup(server: string): TxtLookup {
  return async (name, value) => {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([server]);
    const records = await resolver.resolveTxt(name).catch(() => []);
    return records.some((strings) => strings.join("") === value);
  };
}

const builder = new XMLBuilder({ format: false });

function xmlReply(document: object): HttpReply {
  return { status: 200, body: builder.build(document) };
}

function renderRefusal({ status, code, message, extras }: Refusal, requestId: string, host: string): HttpReply {
  const { EC, ...details } = extras;
  const recommended = EC && { EC, RecommendDoc: `https://api.aliyun.com/troubleshoot?q=${EC}` };
  const error = { Code: code, Message: message, RequestId: requestId, HostId: host, ...details, ...recommended };
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ Error: error })}`;
  return { status, body, headers: EC ? { "x-oss-ec": EC } : {} };
}

function tokenDocument({ bucket, domain, token, expireTime }: Token): object {
  const expires = new Date(expireTime).toUTCString();
  return { CnameToken: { Bucket: bucket, Cname: domain, Token: token, ExpireTime: expires } };
}

function listDocument(
  world: World,
  bucket: Bucket,
  entries: readonly { binding: Binding; certificate: Certificate | undefined }[],
): object {
  const cnames = entries.map(({ binding, certificate }) => ({
    Domain: binding.domain,
    LastModified: binding.lastModified,
    Status: binding.status,
    IsPurgeCdnCache: "false",
    ...(certificate && { Certificate: certificateElements(world, certificate) }),
  }));
  return { ListCnameResult: { Bucket: bucket.name, Owner: bucket.owner, ...(cnames.length > 0 && { Cname: cnames }) } };
}

function certificateElements({ switches }: World, certificate: Certificate): object {
  const { certId, uploaded, creationDate, fingerprint, validFrom, validTo } = certificate;
  const masked = fingerprint.replace(/^(.{11}).*(.{12})$/, (_, head, tail) => `${head}${":**".repeat(12)}${tail}`);
  return {
    Type: uploaded ? switches.uploadType : "CAS",
    CertId: certId,
    Status: "Enabled",
    CreationDate: new Date(creationDate).toUTCString(),
    Fingerprint: switches.fingerprint === "masked" ? masked : fingerprint,
    ValidStartDate: validFrom,
    ValidEndDate: validTo,
  };
}
