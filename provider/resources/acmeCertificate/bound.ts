import { isOssError } from "../../oss/error";
import type { CnameInfo } from "../../oss/xml";
import type { Run } from "../../run";
import type { Inputs } from "./declared";

/** What is bound to these buckets, one that is gone counts as empty. `newerThan`: as `Bucket.bindings` takes it. */
export async function boundTo(
  run: Run,
  buckets: NonNullable<Inputs["buckets"]>,
  newerThan?: number,
): Promise<CnameInfo[]> {
  const bound: CnameInfo[] = [];
  for (const place of buckets)
    try {
      bound.push(...(await run.bucket(place).bindings(newerThan)).values());
    } catch (error) {
      if (!isOssError(error, "NoSuchBucket")) throw error;
    }
  return bound;
}
