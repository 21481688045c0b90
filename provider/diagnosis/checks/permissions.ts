import type { OssError } from "../../oss/error";
import { isOssError } from "../../oss/error";
import type { Evidence } from "../evidence";
import { whyNotListed } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown, wrongFrom } from "../finding";

/** May this access key read the bucket's bindings and tokens? */
export function assessPermissions(evidence: Evidence): Verdict {
  const { bindings, token } = evidence;
  for (const answer of [bindings, token])
    if (isPermissionDenied(answer)) return wrongFrom(answer, "allow the action in a RAM policy");
  if (bindings === undefined || bindings instanceof Error) return unknown(whyNotListed(evidence));
  return right("the bucket can be listed; permission to write is not tested");
}

/**
 * Whether a RAM policy is missing. For a bucket of another region OSS also says AccessDenied, but names its endpoint.
 */
export function isPermissionDenied(answer: unknown): answer is OssError {
  return isOssError(answer, "AccessDenied") && answer.details.endpoint === undefined;
}
