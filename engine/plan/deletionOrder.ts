import type { Deletion } from "../execute/step";
import type { Resource } from "../stack/state";
import { providerUrn } from "../urn";

/**
 * The order in which resources are deleted: dependents first, in groups whose members can be deleted side by side.
 * @param resources all resources of the stack, each after those that it depends on
 */
export function deletionOrder(deletions: readonly Deletion[], resources: readonly Resource[]): Deletion[][] {
  const groups: Deletion[][] = [];
  let left = deletions.map((deletion) => ({ deletion, needs: dependenciesOf(deletion.old, resources) }));
  while (left.length > 0) {
    const condemned = new Set(left.map(({ deletion }) => deletion.old));
    const free = left.filter(({ needs }) => !needs.some((needed) => condemned.has(needed)));
    groups.unshift(free.map(({ deletion }) => deletion));
    left = left.filter((entry) => !free.includes(entry));
  }
  return groups;
}

/** The resources that this one needs: its dependencies (a component with its children), its provider, its parent. */
function dependenciesOf(resource: Resource, resources: readonly Resource[]): Resource[] {
  const before = resources.slice(0, resources.indexOf(resource));
  const urns = new Set([
    ...(resource.dependencies ?? []),
    ...Object.values(resource.propertyDependencies ?? {}).flat(),
    resource.deletedWith,
    resource.provider && providerUrn(resource.provider),
  ]);
  const components = new Set(before.filter(({ urn, custom }) => !custom && urns.has(urn)).map(({ urn }) => urn));
  for (const { urn, parent } of before) if (parent && components.has(parent)) components.add(urn);
  return before.filter(({ urn }) => urns.has(urn) || components.has(urn) || urn === resource.parent);
}
