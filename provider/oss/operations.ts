import type { HttpReply } from "../http";
import { foldName } from "../names";
import type { OssClient, OssRequest } from "./client";
import { OssError } from "./error";
import type { CertificateConfiguration, CnameList, CnameTokenInfo } from "./xml";
import { buildCnameConfiguration, parseCnameList, parseCnameToken } from "./xml";

/** What a reply says, and the XML that says it. */
export type WithXml<T> = T & { readonly xml: string };

/** Mints the token that proves ownership of a domain to a bucket, or gets the one that is still valid. */
async function createCnameToken(client: OssClient, bucket: string, domain: string): Promise<CnameTokenInfo> {
  const request = post("CreateCnameToken", "token", bucket, domain);
  return parsed(request, await client.send(request), tokenOf(bucket, domain));
}

/** The valid token; without one, `OssError` CnameTokenNotFound. */
async function getCnameToken(client: OssClient, bucket: string, domain: string): Promise<WithXml<CnameTokenInfo>> {
  const query = `cname=${encodeURIComponent(domain)}&comp=token`;
  const request: OssRequest = { operation: "GetCnameToken", method: "GET", bucket, domain, query };
  return parsed(request, await client.send(request), tokenOf(bucket, domain));
}

/**
 * Binds a domain to a bucket, or changes the certificate of a bound one; gives the CertId of a certificate that was
 * put. Repeated blindly it could upload a certificate twice, or reach a bound domain without its certificate: so once
 * it was sent it is not repeated here. When it fails by `isOutcomeUnknown`, list before trying again.
 */
async function putCname(
  client: OssClient,
  bucket: string,
  domain: string,
  certificate?: CertificateConfiguration,
): Promise<{ readonly certId?: string }> {
  const request = post("PutCname", "add", bucket, domain, certificate);
  const secrets = (certificate?.privateKey ?? "").split(/\s*\n/).filter((line) => !line.startsWith("-----"));
  const reply = await client.send({ ...request, once: true, secrets });
  checkDone(request, reply);
  const certId = reply.headers["x-oss-yundun-certificate-id"];
  return typeof certId === "string" ? { certId } : {};
}

/** All domains bound to a bucket. */
async function listCname(client: OssClient, bucket: string): Promise<WithXml<CnameList>> {
  const request: OssRequest = { operation: "ListCname", method: "GET", bucket, query: "cname" };
  return parsed(request, await client.send(request), (xml) => {
    const list = parseCnameList(xml);
    checkSubject("bucket", list.bucket, bucket);
    return list;
  });
}

/** Unbinds a domain, with its certificate. Unbinding a domain that is not bound succeeds. */
async function deleteCname(client: OssClient, bucket: string, domain: string): Promise<void> {
  const request = post("DeleteCname", "delete", bucket, domain);
  checkDone(request, await client.send(request));
}

/** The operations of OSS on custom domains, by their names in its API. */
export const operations = { createCnameToken, getCnameToken, putCname, listCname, deleteCname };

function post(
  operation: string,
  comp: string,
  bucket: string,
  domain: string,
  certificate?: CertificateConfiguration,
): OssRequest {
  const body = buildCnameConfiguration(domain, certificate);
  return { operation, method: "POST", bucket, domain, query: `cname&comp=${comp}`, body };
}

function tokenOf(bucket: string, domain: string): (xml: string) => CnameTokenInfo {
  return (xml) => {
    const token = parseCnameToken(xml);
    checkSubject("bucket", token.bucket, bucket);
    checkSubject("domain", foldName(token.cname), foldName(domain));
    return token;
  };
}

/** A reply may leave out what it is about, but must not be about anything else. */
function checkSubject(what: string, said: string, asked: string): void {
  if (said !== "" && said !== asked) throw new Error(`the reply is about another ${what}`);
}

/** A reply that reports success but is not what was asked for (a login page, say) is an error. */
function parsed<T extends object>(request: OssRequest, reply: HttpReply, parse: (xml: string) => T): WithXml<T> {
  try {
    return { ...parse(reply.body), xml: reply.body };
  } catch (error) {
    throw badResponse(request, reply, (error as Error).message);
  }
}

/** OSS answers a write without a body or with one that is of no use here. */
function checkDone(request: OssRequest, reply: HttpReply): void {
  checkOrigin(request, reply);
  if (/<(Error|html)[\s>]/i.test(reply.body)) throw badResponse(request, reply, "its body is not one of a success");
}

/** OSS gives every reply its request id. @throws OssError */
export function checkOrigin(request: OssRequest, reply: HttpReply): void {
  if (reply.headers["x-oss-request-id"] === undefined)
    throw badResponse(request, reply, "the reply does not come from OSS, but from a proxy or login page");
}

function badResponse({ operation, bucket, domain, key, method }: OssRequest, reply: HttpReply, text: string): OssError {
  const requestId = reply.headers["x-oss-request-id"];
  return new OssError({
    operation,
    bucket,
    domain,
    key,
    code: "BadResponse",
    status: reply.status,
    requestId: typeof requestId === "string" ? requestId : undefined,
    serviceMessage: text,
    maybeDone: method !== "GET",
  });
}
