import { isIP } from "node:net";
import type { HttpRequest } from "../http";
import type { Binding } from "../state";

interface Address {
  /** Lower case, without port. */
  readonly host: string;
  readonly bucket: string | undefined;
  /** Whether the host is a custom domain. */
  readonly byDomain: boolean;
  /** Decoded. */
  readonly key: string;
  /** The region that an endpoint of the service names; other hosts serve all regions. */
  readonly region: string | undefined;
}

/**
 * Reads virtual-host style where the host is more than an endpoint, otherwise path style. `bindings` are
 * by domain; one that is disabled leads nowhere.
 */
export function addressOf(
  { headers, path }: Pick<HttpRequest, "headers" | "path">,
  bindings: ReadonlyMap<string, Binding> = new Map(),
): Address {
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  const binding = bindings.get(host);
  const bound = binding?.status === "Enabled" ? binding.bucket : undefined;
  if (bound !== undefined)
    return { host, bucket: bound, byDomain: true, key: decoded(path.slice(1)), region: undefined };
  const region = /(?:^|\.)oss-(?!accelerate)([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host)?.[1];
  const [first = "", second = "", ...more] = host.split(".");
  const isOss = (label: string) => /^oss(-|$)/.test(label);
  const isDualStack = second === "oss" && more.join(".") === "aliyuncs.com";
  const isEndpoint =
    isIP(host) !== 0 || second === "" || isDualStack || (isOss(first) && !isOss(second) && second !== "localhost");
  if (!isEndpoint) return { host, bucket: first, byDomain: false, key: decoded(path.slice(1)), region };
  const [, bucket, ...key] = path.split("/");
  return { host, bucket: bucket || undefined, byDomain: false, key: decoded(key.join("/")), region };
}

/** A key that cannot be decoded is used as it is: its request is refused for its signature. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
