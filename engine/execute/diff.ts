import { keepIgnored } from "../property/path";
import { revealed } from "../property/rewrite";
import { equal, type PropertyMap } from "../property/value";
import type { Resource } from "../stack/state";
import type { DiffResult, ProviderHost } from "./providerHost";

/** Asks the provider what has changed. If it leaves that open, the inputs are compared, as Pulumi does. */
export async function diff(
  host: Pick<ProviderHost, "diff">,
  old: Resource,
  inputs: PropertyMap,
  ignoreChanges: readonly string[] = [],
): Promise<DiffResult> {
  const answer = await host.diff(old.id ?? "", old.outputs, inputs);
  if (answer.changes !== "unknown") return answer;
  const isChanged = !equal(revealed(old.inputs), revealed(keepIgnored(inputs, old.inputs, ignoreChanges)));
  return { ...answer, changes: isChanged ? "some" : "none" };
}
