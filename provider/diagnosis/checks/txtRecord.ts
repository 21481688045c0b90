import { describeLook } from "../../dns/txt";
import type { Evidence } from "../evidence";
import { bindingIn, whyNotListed } from "../evidence";
import type { Verdict } from "../finding";
import { right, unknown, wrong } from "../finding";

/** Do all name servers of the zone have the TXT record with the token? */
export function assessTxtRecord(evidence: Evidence): Verdict {
  const { token, txt } = evidence;
  if (bindingIn(evidence)) return right("not needed: the domain is bound");
  if (token === undefined) return unknown(whyNotListed(evidence));
  if (token instanceof Error || txt === undefined) return unknown("there is no token to look for");
  const text = describeLook(txt);
  if (txt.present) return right(text);
  if (txt.blocked) return unknown(text);
  const { name, value } = token.txtRecord;
  return wrong(text, `create the record TXT ${name} = ${value}, and remove other TXT records of that name`);
}
