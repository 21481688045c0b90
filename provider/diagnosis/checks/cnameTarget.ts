import { apexAdvice } from "../../apex";
import { publicHost } from "../../oss/endpoint";
import type { Evidence } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown, wrong } from "../finding";

/** Does the CNAME record lead to the bucket? */
export function assessCnameTarget({ domain, bucket, region, route }: Evidence): Verdict {
  if (route instanceof Error) return unknown(`DNS could not be asked: ${route.message}`);
  const { targets, hasAddress } = route;
  const wanted =
    bucket && region ? `CNAME ${domain} = ${bucket}.${publicHost(region)}` : "a CNAME record that leads to the bucket";
  if (targets.length === 0)
    return hasAddress
      ? unknown("there are addresses but no CNAME record: the DNS host flattens it, or this is not OSS")
      : wrong(`there is no CNAME record at ${domain}`, apexAdvice(domain) ?? `create ${wanted}`);
  const text = `leads to ${targets.join(", then ")}`;
  const named = route.bucket ?? consoleBucket(targets);
  if (named === undefined) return unknown(`${text}, which is not OSS; this is right if you put a CDN there`);
  if (bucket !== undefined && named !== bucket) return wrong(`${text}, another bucket`, `change it to ${wanted}`);
  if (region !== undefined && route.region !== undefined && route.region !== region)
    return wrong(`${text}, which is not in region ${region}`, `change it to ${wanted}`);
  return right(text);
}

/** The bucket in one of the names that the OSS console shows instead of public ones. */
function consoleBucket(targets: readonly string[]): string | undefined {
  return targets.map((target) => CONSOLE_NAME.exec(target)?.[1]).find((bucket) => bucket !== undefined);
}

const CONSOLE_NAME = /^([a-z0-9-]+)\.[a-z0-9.-]*(taihangcda\.cn|thepacific[a-z]+\.com)$/;
