import type { Evidence } from "../evidence";
import { bindingIn, whyNotListed } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown, wrong } from "../finding";

/** Is the domain bound to the bucket, and enabled? */
export function assessBinding(evidence: Evidence): Verdict {
  const { bucket, domain } = evidence;
  const binding = bindingIn(evidence);
  if (binding === undefined) return unknown(whyNotListed(evidence));
  if (binding === null)
    return wrong(
      `bucket ${bucket} does not list ${domain}`,
      "once the TXT record exists, run `pulumi up`; if that says CnameAlreadyExists, unbind the domain from the other bucket",
    );
  const text = `bound to bucket ${bucket} since ${binding.lastModified}, ${binding.status}`;
  return binding.status === "Disabled"
    ? wrong(text, "OSS has disabled it: see the OSS console for the reason (ICP filing, overdue payment, content)")
    : right(text);
}
