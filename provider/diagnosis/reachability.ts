import { ActionableError } from "../actionableError";
import { bucketUrl, resolveEndpoint } from "../oss/endpoint";
import { parseDate } from "../oss/xml";
import type { Run } from "../run";

/** An OSS endpoint that answers. */
export interface Reachability {
  readonly host: string;
  /** The time of its reply, if it told one. */
  readonly serverTime: Date | undefined;
}

/** Sends one unsigned request. OSS refuses it, but any answer shows that OSS is there. */
export async function reachOss(
  { settings, http }: Run,
  bucket: string | undefined,
  region: string | undefined,
): Promise<Reachability> {
  const origin = originOf(settings.get("oss-cname:endpoint"), bucket, region);
  try {
    const { headers } = await http.exchange({ origin, path: "/", method: "GET", timeoutMs: TIMEOUT_MS });
    return { host: new URL(origin).host, serverTime: parseDate([headers.date].flat()[0] ?? "") };
  } catch (error) {
    throw new ActionableError(
      `${origin} does not answer: ${(error as Error).message}`,
      "check the region, the endpoint, and whether this machine can reach it",
      { cause: error },
    );
  }
}

function originOf(configured: string | undefined, bucket: string | undefined, region: string | undefined): string {
  try {
    const endpoint = resolveEndpoint({ endpoint: configured, region });
    if (endpoint.region === undefined) throw new Error(`the endpoint ${endpoint.host} does not name its region`);
    return bucket === undefined ? `${endpoint.protocol}//${endpoint.host}` : bucketUrl(endpoint, bucket).origin;
  } catch (error) {
    throw new ActionableError(
      (error as Error).message,
      "give --region, and --endpoint unless OSS is at its public endpoint",
      { cause: error },
    );
  }
}

const TIMEOUT_MS = 5000;
