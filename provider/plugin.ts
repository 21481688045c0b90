/** What the plugin in `native/` may use of the library: the linter lets it import this file and nothing else. */

import type { ProviderName } from "./resources/dynamicResource";
import type { AnyLifecycle } from "./resources/lifecycle";
import { lifecycles } from "./resources/lifecycles";
import type { Run } from "./run";

export { settingProblems, unknownSettings } from "./config/settings";
export { endWithEngine, engineAddress } from "./engineLifeline";
export { isLoopback } from "./http";
export { toUrl } from "./oss/endpoint";
export type { GetCnameTokenArgs, ListCnamesArgs } from "./queries/query";
export { queryCnames, queryCnameToken } from "./queries/query";
export type { BucketCnamesCertificateArgs } from "./resources/bucketCnames/resource";
export type { AcmeOptions } from "./resources/customDomain/automatic";
export type { AlidnsOptions } from "./resources/customDomain/dns";
export type { CustomDomainArgs } from "./resources/customDomain/resource";
export type { ProviderName } from "./resources/dynamicResource";
export type { AnyLifecycle, CheckFailure } from "./resources/lifecycle";
export { PartialFailure } from "./resources/lifecycle";
export type { OssAccountArgs } from "./resources/ossAccount";
export { Run } from "./run";
export { SharedLines } from "./sharedLines";

/** The lifecycles of all resources, sharing one run, as a door calls them. */
export function anyLifecycles(run: Run): Readonly<Record<ProviderName, AnyLifecycle>> {
  return lifecycles(run) as unknown as Record<ProviderName, AnyLifecycle>;
}
