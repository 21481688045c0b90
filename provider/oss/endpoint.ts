import { isIP } from "node:net";

/** Where requests go and what they are signed for. */
export interface Endpoint {
  readonly protocol: "http:" | "https:";
  /** Host name or IP literal, with the port unless it is the protocol's own. */
  readonly host: string;
  /** Region to sign for; undefined when it is neither given nor part of the host. */
  readonly region: string | undefined;
  /** `oss`, or `oss-cloudbox`. */
  readonly product: string;
  readonly addressing: Addressing;
}

/** `https://bucket.host/` (virtual) or `https://host/bucket/` (path). The public endpoints of OSS refuse path style. */
export type Addressing = "virtual" | "path";

/**
 * The endpoint of a region, or the given one (a host, perhaps with port, or an http or https URL; https by default).
 * Throws where neither is given or one is malformed. An explicit region wins over what the host says, except on a Cloud
 * Box.
 *
 * Addressing is virtual-host style unless asked otherwise. IP addresses always use path style, since no names exist
 * below them; localhost does by default.
 */
export function resolveEndpoint(given: {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly addressing?: Addressing | undefined;
}): Endpoint {
  const { endpoint, region, addressing } = given;
  if (endpoint === undefined && region === undefined) throw new Error("OSS needs a region or an endpoint");
  const problem =
    (region === undefined ? undefined : regionProblem(region)) ??
    (endpoint === undefined ? undefined : endpointProblem(endpoint));
  if (problem !== undefined) throw new Error(problem);

  const { protocol, hostname, host } = toUrl(endpoint ?? publicHost(region ?? ""));
  const box = CLOUD_BOX.exec(hostname)?.[1];
  const isIp = isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
  return {
    protocol: protocol === "http:" ? protocol : "https:",
    host,
    region: box ?? region ?? regionOfHost(hostname),
    product: box === undefined ? "oss" : "oss-cloudbox",
    addressing: isIp ? "path" : (addressing ?? (hostname === "localhost" ? "path" : "virtual")),
  };
}

/** The region that an endpoint names; undefined for acceleration, some finance hosts and anything but OSS. */
export function regionOfEndpoint(endpoint: string): string | undefined {
  return endpointProblem(endpoint) === undefined ? regionOfHost(toUrl(endpoint).hostname) : undefined;
}

/** The host that serves a region to the internet. */
export function publicHost(region: string): string {
  return `oss-${PUBLIC_NAMES[region] ?? region}.aliyuncs.com`;
}

/** Where a bucket's own requests go: origin and the path before the query. */
export function bucketUrl({ protocol, host, addressing }: Endpoint, bucket: string): { origin: string; path: string } {
  // Without the trailing slash the bucket would be read as an object.
  return addressing === "path"
    ? { origin: `${protocol}//${host}`, path: `/${bucket}/` }
    : { origin: `${protocol}//${bucket}.${host}`, path: "/" };
}

/** Why this cannot be an endpoint, undefined when it can. */
export function endpointProblem(endpoint: string): string | undefined {
  const quoted = JSON.stringify(endpoint);
  const [, scheme, rest = ""] = /^(?:([^/]*):\/\/)?(.*)$/s.exec(endpoint) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) return `endpoint ${quoted} must use http or https`;
  // Whatever else the URL standard reads into a text, requests go to the host that is written there.
  if (!/^([\w.-]+|\[[0-9a-f:.]+\])(:\d+)?\/?$/i.test(rest) || !URL.canParse(`https://${rest}`))
    return `endpoint ${quoted} is neither a host nor an http or https URL, with at most a port`;
  const ofBucket = /^[^.]+\.(oss-[^.]+\.aliyuncs\.com)$/.exec(toUrl(endpoint).hostname)?.[1];
  return ofBucket && `endpoint ${quoted} contains the bucket; the endpoint is ${ofBucket}`;
}

/** Why this cannot be a region, undefined when it can. */
export function regionProblem(region: string): string | undefined {
  if (/^oss-/.test(region)) return `region ${JSON.stringify(region)} must be given as ${region.slice("oss-".length)}`;
  if (/^[a-z0-9-]+$/.test(region)) return undefined;
  return `region ${JSON.stringify(region)} must be lower-case letters, digits and hyphens, like cn-hangzhou`;
}

/** Why this cannot be a bucket, undefined when it can. */
export function bucketProblem(bucket: string): string | undefined {
  if (/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) return undefined;
  return (
    `bucket ${JSON.stringify(bucket)} must be 3 to 63 lower-case letters, digits and hyphens, ` +
    "beginning and ending with a letter or digit"
  );
}

/** A host, perhaps with a port, or a URL. Throws where it is neither. */
export function toUrl(endpoint: string): URL {
  return new URL(endpoint.includes("://") ? endpoint : `https://${endpoint}`);
}

const CLOUD_BOX = /^(cb-[a-z0-9-]+)\.[a-z0-9-]+\.oss-cloudbox(?:-control)?\.aliyuncs\.com$/;

/** Regions of the finance cloud are served under other names. */
const PUBLIC_NAMES: Readonly<Record<string, string>> = {
  "cn-hangzhou-finance": "cn-hzfinance",
  "cn-shanghai-finance-1": "cn-shanghai-finance-1-pub",
  "cn-shenzhen-finance-1": "cn-szfinance",
  "cn-beijing-finance-1": "cn-beijing-finance-1-pub",
};

/** Names that stand where a region would and are not one. */
const NOT_REGIONS = ["accelerate", "accelerate-overseas", "cn-hzfinance", "cn-hzjbp-a", "cn-hzjbp-b", "cn-szfinance"];

function regionOfHost(hostname: string): string | undefined {
  const box = CLOUD_BOX.exec(hostname)?.[1];
  if (box !== undefined) return box;
  const name =
    /^oss-([a-z0-9-]+)\.aliyuncs\.com$/.exec(hostname)?.[1]?.replace(/-internal$/, "") ??
    /^([a-z0-9-]+)\.oss\.aliyuncs\.com$/.exec(hostname)?.[1];
  return name === undefined || NOT_REGIONS.includes(name) ? undefined : name.replace(/-pub$/, "");
}
