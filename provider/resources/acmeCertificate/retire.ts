import { isOssError } from "../../oss/error";
import type { Run } from "../../run";
import type { Inputs } from "./declared";

/** Deletes those certificates that no bucket lists any more. Gives the ids of the others. */
export async function retire(
  run: Run,
  superseded: readonly string[],
  buckets: NonNullable<Inputs["buckets"]>,
): Promise<string[]> {
  if (superseded.length === 0) return [];
  const listed = new Set<string>();
  for (const place of buckets) {
    const bucket = run.bucket(place);
    try {
      // What was listed before may have been swapped since.
      for (const { certificate } of (await bucket.bindings(run.clock.now())).values())
        if (certificate !== undefined) listed.add(certificate.certId);
    } catch (error) {
      if (!isOssError(error, "NoSuchBucket")) throw error;
    }
  }
  const kept: string[] = [];
  for (const certId of superseded)
    if (listed.has(certId)) kept.push(certId);
    else await run.cas.delete(certId);
  return kept;
}
