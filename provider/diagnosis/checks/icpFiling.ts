import type { Evidence } from "../evidence";
import { bindingIn } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown } from "../finding";

/** Does the domain have the ICP filing that its region requires? OSS checks that when it binds a domain. */
export function assessIcpFiling(evidence: Evidence): Verdict {
  const { region } = evidence;
  if (region === undefined) return unknown("the region is unknown");
  if (!region.startsWith("cn-") || region === "cn-hongkong") return right(`not required in ${region}`);
  return bindingIn(evidence)
    ? right(`required in ${region}, and OSS bound the domain`)
    : unknown(`required in ${region}; OSS checks it when the domain is bound`);
}
