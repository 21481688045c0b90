import { isIP } from "node:net";
import type { HttpRequest } from "../http";

interface Address {
  /** Lower case, without port. */
  readonly host: string;
  readonly bucket: string | undefined;
  readonly key: string;
  /** The region that an endpoint of the service names; other hosts serve all regions. */
  readonly region: string | undefined;
}

/** Reads virtual-host style where the host is more than an endpoint, otherwise path style. */
export function addressOf({ headers, path }: Pick<HttpRequest, "headers" | "path">): Address {
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  const region = /(?:^|\.)oss-(?!accelerate)([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host)?.[1];
  const [first = "", second = "", ...more] = host.split(".");
  const isOss = (label: string) => /^oss(-|$)/.test(label);
  const isDualStack = second === "oss" && more.join(".") === "aliyuncs.com";
  const isEndpoint =
    isIP(host) !== 0 || second === "" || isDualStack || (isOss(first) && !isOss(second) && second !== "localhost");
  if (!isEndpoint) return { host, bucket: first, key: path.slice(1), region };
  const [, bucket, ...key] = path.split("/");
  return { host, bucket: bucket || undefined, key: key.join("/"), region };
}
