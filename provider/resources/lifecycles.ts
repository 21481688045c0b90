import type { Run } from "../run";
import { AcmeCertificateLifecycle } from "./acmeCertificate/lifecycle";
import { AlidnsRecordLifecycle } from "./alidnsRecord/lifecycle";
import { BucketCnameLifecycle } from "./bucketCname/lifecycle";
import { BucketCnamesLifecycle } from "./bucketCnames/lifecycle";
import { CnameCertificateLifecycle } from "./cnameCertificate/lifecycle";
import { CnameTokenLifecycle } from "./cnameToken/lifecycle";
import type { ProviderName } from "./dynamicResource";
import type { Lifecycle } from "./lifecycle";
import { ManualRecordLifecycle } from "./manualRecord/lifecycle";
import { RecordMemoryLifecycle } from "./recordMemory/lifecycle";
import { RemovalGuardLifecycle } from "./removalGuard/lifecycle";

/** The lifecycles of all resources, sharing one run. */
export function lifecycles(run: Run) {
  const singles = {
    cnameToken: new CnameTokenLifecycle(run),
    bucketCname: new BucketCnameLifecycle(run),
    cnameCertificate: new CnameCertificateLifecycle(run),
    alidnsRecord: new AlidnsRecordLifecycle(run),
    manualRecord: new ManualRecordLifecycle(run),
    removalGuard: new RemovalGuardLifecycle(run),
    recordMemory: new RecordMemoryLifecycle(run),
  };
  return {
    ...singles,
    bucketCnames: new BucketCnamesLifecycle(run, singles),
    acmeCertificate: new AcmeCertificateLifecycle(run),
  } satisfies Record<ProviderName, Lifecycle>;
}
