/** What Pulumi's dynamic-provider process loads, by the names in `ProviderName`. */
import { endWithEngine } from "./engineLifeline";
import { lifecycles } from "./resources/lifecycles";
import { Run } from "./run";

export const { cnameToken, bucketCname, cnameCertificate, alidnsRecord, manualRecord, removalGuard, bucketCnames } =
  lifecycles(new Run());

endWithEngine();
