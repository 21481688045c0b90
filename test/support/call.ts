import { request } from "node:http";
import type { Cloud } from "../../local";
import { type Credentials, signV1, signV4 } from "../../provider/oss/sign";

export interface CallOptions {
  readonly body?: string;
  readonly credentials?: Credentials;
  readonly version?: "v1" | "v4";
  readonly region?: string;
  readonly time?: Date;
  /** Signed with the rest. */
  readonly headers?: Record<string, string>;
  /** Makes the request virtual-host style. */
  readonly host?: string;
  /** Of an object. */
  readonly key?: string;
  /** Last touch, after signing. */
  readonly tamper?: (headers: Record<string, string>) => void;
}

export interface Reply {
  readonly status: number;
  readonly code: string | undefined;
  readonly ec: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Signs one request as a client would, and sends it. */
export function call(
  cloud: Cloud,
  method: string,
  bucket: string,
  query: string,
  options: CallOptions = {},
): Promise<Reply> {
  const {
    body = "",
    credentials = cloud,
    version = "v4",
    region = cloud.region,
    time = new Date(),
    host,
    key = "",
    tamper,
  } = options;
  const plain = { method, bucket, key, query, headers: options.headers ?? {} };
  const signature =
    version === "v4" ? signV4(plain, credentials, { region, product: "oss" }, time) : signV1(plain, credentials, time);
  const headers: Record<string, string> = { ...options.headers, ...signature, ...(host && { host }) };
  tamper?.(headers);
  const path = `/${host ? "" : `${bucket}/`}${key}${query && `?${query}`}`;
  return new Promise((resolve, reject) => {
    const sent = request(`${cloud.oss}${path}`, { method, headers }, async (message) => {
      const text = Buffer.concat(await message.toArray()).toString();
      const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1];
      const ec = /<EC>(.*?)<\/EC>/.exec(text)?.[1];
      resolve({ status: message.statusCode ?? 0, code, ec, headers: message.headers, body: text });
    });
    sent.on("error", reject).end(body);
  });
}

export function configuration(domain: string, certificate = ""): string {
  const block = certificate && `<CertificateConfiguration>${certificate}</CertificateConfiguration>`;
  return `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain>${block}</Cname></BucketCnameConfiguration>`;
}

export function put(cloud: Cloud, bucket: string, domain: string, certificate = ""): Promise<Reply> {
  return call(cloud, "POST", bucket, "cname&comp=add", { body: configuration(domain, certificate) });
}

export function createToken(cloud: Cloud, bucket: string, domain: string): Promise<Reply> {
  return call(cloud, "POST", bucket, "cname&comp=token", { body: configuration(domain) });
}

export function getToken(cloud: Cloud, bucket: string, domain: string): Promise<Reply> {
  return call(cloud, "GET", bucket, `cname=${domain}&comp=token`);
}

export function remove(cloud: Cloud, bucket: string, domain: string): Promise<Reply> {
  return call(cloud, "POST", bucket, "cname&comp=delete", { body: configuration(domain) });
}

export function list(cloud: Cloud, bucket: string): Promise<Reply> {
  return call(cloud, "GET", bucket, "cname");
}

export function elementOf({ body }: Reply, name: string): string | undefined {
  return new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(body)?.[1];
}

/** Token, TXT record and binding. */
export async function bind(cloud: Cloud, bucket: string, domain: string): Promise<void> {
  const value = elementOf(await createToken(cloud, bucket, domain), "Token") ?? "";
  cloud.addRecord({ name: `_dnsauth.${domain}`, type: "TXT", value });
  const { status, code } = await put(cloud, bucket, domain);
  if (status !== 200) throw new Error(`${domain} could not be bound: ${code}`);
}
