import { isOssError } from "../../oss/error";
import type { Evidence } from "../evidence";
import { bindingIn, whyNotListed } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown, wrong } from "../finding";

/** Does the bucket have a valid token that proves ownership of the domain? */
export function assessToken(evidence: Evidence): Verdict {
  const { bucket, domain, token } = evidence;
  if (bindingIn(evidence)) return right("not needed: the domain is bound");
  if (token === undefined) return unknown(whyNotListed(evidence));
  if (isOssError(token, "CnameTokenNotFound"))
    return wrong(
      `bucket ${bucket} has no valid token for ${domain}`,
      "declare the domain and run `pulumi up`, which creates a token",
    );
  if (token instanceof Error) return unknown(token.message);
  return right(`${token.token}, valid until ${token.expireTime}`);
}
