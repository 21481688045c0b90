/**
 * What the plugin constructs for programs in other languages. Apart from `plugin.ts`, because it brings all of Pulumi's
 * SDK along, which only these need.
 */
import { programState } from "./programState";

export { alidns, manual, none } from "./resources/customDomain/dns";
export type { CustomDomainArgs } from "./resources/customDomain/resource";
export { CustomDomain } from "./resources/customDomain/resource";

/** From now on, the classes of this process make resources of the plugin. */
export function makeNative(): void {
  programState.flavour = "native";
}
