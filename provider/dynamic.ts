/** What Pulumi's dynamic-provider process loads, by the names in `ProviderName`. */
import { endWithEngine, engineAddress } from "./engineLifeline";
import { dynamicLifecycles } from "./resources/dynamicLifecycles";
import { Run } from "./run";
import { SharedLines } from "./sharedLines";

const engine = engineAddress();
const shared = engine === undefined ? undefined : new SharedLines(engine);
process.on("exit", () => shared?.remove());

export const {
  cnameToken,
  bucketCname,
  cnameCertificate,
  alidnsRecord,
  manualRecord,
  removalGuard,
  recordMemory,
  bucketCnames,
  acmeCertificate,
} = dynamicLifecycles(new Run({ shared }));

endWithEngine(engine);
