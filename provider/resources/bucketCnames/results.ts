import type { DnsRecord } from "../../names";
import { RECORD_TTL_SECONDS } from "../../names";
import type { Parts } from "./domain";
import type { BucketCnamesResult } from "./resource";
import type { RecordedDomains } from "./state";
import { unpackDomains } from "./state";

/** What became of each domain, by domain. */
export function resultsOf(recorded: RecordedDomains): Record<string, BucketCnamesResult> {
  return Object.fromEntries([...unpackDomains(recorded)].map(([domain, parts]) => [domain, resultOf(domain, parts)]));
}

function resultOf(domain: string, { token, binding, certificate, manual }: Parts): BucketCnamesResult {
  const { status = "Pending", pendingReason = "", recordState = "", cnameTarget = "" } = binding ?? {};
  const txt = token?.token ? [token.txtRecord] : [];
  const cname = (value: string): DnsRecord => ({ name: domain, type: "CNAME", value, ttl: RECORD_TTL_SECONDS });
  return {
    bucket: binding?.bucket ?? token?.bucket ?? "",
    status,
    pendingReason,
    cnameTarget,
    records: [...txt, ...(cnameTarget === "" ? [] : [cname(cnameTarget)])],
    recordsToCreate: [
      ...(status === "Pending" ? txt.map((record) => ({ ...record, state: recordState })) : []),
      ...(manual?.missing ? [{ ...cname(manual.target), state: manual.missing }] : []),
    ],
    certId: certificate?.certId ?? "",
    certificateValidTo: certificate?.validTo ?? "",
  };
}
