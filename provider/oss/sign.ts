import { createHash, createHmac } from "node:crypto";

/** An access key, with the token that makes it a temporary one. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
}

/** The parts of an access key that no text may repeat. */
export function secretsOf({ accessKeyId, accessKeySecret, securityToken = "" }: Credentials): string[] {
  return [accessKeyId, accessKeySecret, securityToken];
}

/**
 * What both signatures cover. The same for virtual-host and path style; a verifier fills it from the bytes it received.
 */
export interface SignableRequest {
  readonly method: string;
  readonly bucket?: string | undefined;
  /** Object key, not encoded. */
  readonly key?: string | undefined;
  /** The query as on the wire, without `?`: `cname&comp=add`. */
  readonly query: string;
  /** Names in any case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What a V4 signing key is valid for. */
interface Scope {
  /** UTC day, `yyyymmdd`. */
  readonly date: string;
  readonly region: string;
  /** `oss`, or `oss-cloudbox`. */
  readonly product: string;
}

/** Headers that sign a request with version 4 at `time`, to be sent beside its own. */
export function signV4(
  request: SignableRequest,
  credentials: Credentials,
  { region, product }: Omit<Scope, "date">,
  time: Date,
  additionalHeaders: readonly string[] = [],
): Record<string, string> {
  const date = basicIsoTime(time);
  const scope = { date: date.slice(0, 8), region, product };
  const added = {
    "x-oss-content-sha256": UNSIGNED,
    "x-oss-date": date,
    ...securityTokenHeader(credentials),
  };
  const headers = { ...request.headers, ...added };
  const additional = additionalHeadersV4(headers, additionalHeaders);
  const canonical = canonicalRequestV4({ ...request, headers }, additional);
  const key = signingKeyV4(credentials.accessKeySecret, scope);
  const signature = signatureV4(key, stringToSignV4(date, scope, canonical));
  return { ...added, authorization: authorizationV4(credentials.accessKeyId, scope, additional, signature) };
}

/** Headers that sign a request with version 1 at `time`, to be sent beside its own. */
export function signV1(request: SignableRequest, credentials: Credentials, time: Date): Record<string, string> {
  const added = { date: time.toUTCString(), ...securityTokenHeader(credentials) };
  const text = stringToSignV1({ ...request, headers: { ...request.headers, ...added } });
  const signature = signatureV1(credentials.accessKeySecret, text);
  return { ...added, authorization: authorizationV1(credentials.accessKeyId, signature) };
}

/**
 * Those of `names` that V4 signs in addition to its own: present, not signed by default; lower-case, sorted, without
 * duplicates.
 */
export function additionalHeadersV4(headers: SignableRequest["headers"], names: readonly string[]): string[] {
  const present = new Set(headerEntries(headers).map(([name]) => name));
  const wanted = new Set(names.map((name) => name.trim().toLowerCase()));
  return [...wanted].filter((name) => present.has(name) && !isSignedByDefault(name)).sort();
}

/** `additional` as `additionalHeadersV4` returns it, or as a received `Authorization` lists it. */
export function canonicalRequestV4(request: SignableRequest, additional: readonly string[] = []): string {
  const { method, bucket, key = "", query, headers } = request;
  const path = bucket === undefined ? "/" : `/${bucket}/${key}`;
  const lines = headerEntries(headers)
    .filter(([name]) => isSignedByDefault(name) || additional.includes(name))
    .map(([name, value]) => `${name}:${value}\n`);
  return [method, encodePath(path), canonicalQueryV4(query), lines.join(""), additional.join(";"), UNSIGNED].join("\n");
}

/** `date` is the value of `x-oss-date`, or of `Date` in a request without that header. */
export function stringToSignV4(date: string, scope: Scope, canonicalRequest: string): string {
  const hash = createHash("sha256").update(canonicalRequest).digest("hex");
  return [ALGORITHM, date, scopeText(scope), hash].join("\n");
}

export function signingKeyV4(accessKeySecret: string, { date, region, product }: Scope): Buffer {
  return [date, region, product, TERMINATOR].reduce<Buffer>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    Buffer.from(`aliyun_v4${accessKeySecret}`),
  );
}

export function signatureV4(signingKey: Buffer, stringToSign: string): string {
  return createHmac("sha256", signingKey).update(stringToSign).digest("hex");
}

export function authorizationV4(
  accessKeyId: string,
  scope: Scope,
  additional: readonly string[],
  signature: string,
): string {
  const names = additional.length === 0 ? "" : `,AdditionalHeaders=${additional.join(";")}`;
  return `${ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)}${names},Signature=${signature}`;
}

export function canonicalizedResourceV1({ bucket, key = "", query }: SignableRequest): string {
  const path = bucket === undefined ? "/" : `/${bucket}/${key}`;
  const subResources = queryPairs(query)
    .map(([name, value]) => [decode(name), decode(value)] as const)
    .filter(([name]) => SUB_RESOURCES_V1.includes(name))
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  return subResources.length === 0 ? path : `${path}?${subResources.join("&")}`;
}

/** The date line is `x-oss-date` where that is sent, else `Date`. */
export function stringToSignV1(request: SignableRequest): string {
  const entries = headerEntries(request.headers);
  const header = (wanted: string) => entries.find(([name]) => name === wanted)?.[1];
  const ossHeaders = entries.filter(([name]) => name.startsWith("x-oss-")).map(([name, value]) => `${name}:${value}\n`);
  return [
    request.method,
    header("content-md5") ?? "",
    header("content-type") ?? "",
    header("x-oss-date") ?? header("date") ?? "",
    ossHeaders.join("") + canonicalizedResourceV1(request),
  ].join("\n");
}

export function signatureV1(accessKeySecret: string, stringToSign: string): string {
  return createHmac("sha1", accessKeySecret).update(stringToSign).digest("base64");
}

export function authorizationV1(accessKeyId: string, signature: string): string {
  return `OSS ${accessKeyId}:${signature}`;
}

const ALGORITHM = "OSS4-HMAC-SHA256";
const TERMINATOR = "aliyun_v4_request";
const UNSIGNED = "UNSIGNED-PAYLOAD";

/** V1 signs only some parameters of the query. These occur here and in the published vectors. */
const SUB_RESOURCES_V1 = ["acl", "cname", "comp", "resourceGroup"];

function securityTokenHeader({ securityToken }: Credentials): Record<string, string> {
  return securityToken ? { "x-oss-security-token": securityToken } : {};
}

function isSignedByDefault(name: string): boolean {
  return name === "content-type" || name === "content-md5" || name.startsWith("x-oss-");
}

/** Lower-case names in byte order, with trimmed values. */
function headerEntries(headers: SignableRequest["headers"]): [name: string, value: string][] {
  return Object.entries(headers)
    .flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name.toLowerCase(), typeof value === "string" ? value.trim() : value.join(",")]],
    )
    .sort(([a], [b]) => compareBytes(a, b));
}

/** `cname` and `cname=` are the same to both versions. */
function queryPairs(query: string): [name: string, value: string][] {
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    });
}

function canonicalQueryV4(query: string): string {
  return queryPairs(query.replaceAll("+", "%20"))
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`))
    .join("&");
}

function encodePath(path: string): string {
  const percent = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(path)
    .replaceAll("%2F", "/")
    .replace(/[!'()*]/g, percent);
}

/**
 * Text that cannot be decoded is used as it is: such a request is refused for its signature, and does not crash a
 * verifier.
 */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function scopeText({ date, region, product }: Scope): string {
  return `${date}/${region}/${product}/${TERMINATOR}`;
}

/** `20231216T162057Z` */
function basicIsoTime(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, "");
}
