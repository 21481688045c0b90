import { isOssError } from "../oss/error";
import type { Run } from "../run";
import type { BindingInputs } from "./binding";
import type { CheckFailure } from "./lifecycle";
import { isUnknown } from "./lifecycle";

/**
 * Looks, before a resource is made, at what will be needed for it: a region, a key, a bucket that answers. Otherwise a
 * preview would promise what `up` cannot do. `look` only reads; the list that it asks for is the one that `create` then
 * uses. A resource that is in the state already is not looked at, nor one whose place is not known yet.
 *
 * A bucket that does not exist is no failure, because the program may make it before the domain.
 */
export async function preflight(
  run: Run,
  olds: Partial<BindingInputs>,
  { bucket, domain, region, endpoint }: BindingInputs,
  look: () => Promise<unknown>,
): Promise<CheckFailure[]> {
  if (olds.domain !== undefined || [bucket, domain, region, endpoint].some(isUnknown)) return [];
  if (run.missingBuckets.has(bucket)) return [];
  try {
    await look();
    return [];
  } catch (error) {
    if (!isOssError(error, "NoSuchBucket")) return [{ property: "", reason: (error as Error).message }];
    run.missingBuckets.add(bucket);
    run.notices.tell(`bucket ${bucket} does not exist: a domain can be bound to it only once it does`);
    return [];
  }
}
