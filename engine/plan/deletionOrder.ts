import type { Deletion } from "../execute/step";
import type { Resource } from "../stack/state";
import { providerUrn } from "../urn";

/**
 * The order in which resources are deleted: dependents first, in groups whose members can be deleted side by side.
 * @param resources all resources of the stack, each after those that it depends on
 */
export function deletionOrder(deletions: readonly Deletion[], resources: readonly Resource[]): Deletion[][] {
  const dependenciesOf = dependencies(resources);
  const condemned = new Map(deletions.map((deletion) => [deletion.old, deletion]));
  /** How many deletions must follow that of a resource, one after another. */
  const levels = new Map<Resource, number>();
  const groups: Deletion[][] = [];
  for (const resource of resources) {
    const deletion = condemned.get(resource);
    if (deletion === undefined) continue;
    let level = 0;
    for (const needed of dependenciesOf(resource)) level = Math.max(level, (levels.get(needed) ?? -1) + 1);
    levels.set(resource, level);
    const group = groups[level];
    if (group === undefined) groups[level] = [deletion];
    else group.push(deletion);
  }
  return groups.reverse();
}

/** Finds the resources that one needs: its dependencies (a component with its children), its provider, its parent. */
function dependencies(resources: readonly Resource[]): (resource: Resource) => Set<Resource> {
  const positions = new Map(resources.map((resource, position) => [resource, position]));
  const byUrn = grouped(resources, ({ urn }) => urn);
  const byParent = grouped(resources, ({ parent }) => parent);
  return (resource) => {
    const { dependencies = [], propertyDependencies = {}, deletedWith, provider, parent } = resource;
    const found = new Set<Resource>();
    const isBefore = (other: Resource) => (positions.get(other) ?? 0) < (positions.get(resource) ?? 0);
    const addWithChildren = ({ urn }: Resource) => {
      const added = (byUrn.get(urn) ?? []).filter((needed) => isBefore(needed) && !found.has(needed));
      for (const needed of added) found.add(needed);
      if (added.length > 0) byParent.get(urn)?.filter(isBefore).forEach(addWithChildren);
    };
    const urns = new Set([
      ...dependencies,
      ...Object.values(propertyDependencies).flat(),
      deletedWith,
      provider && providerUrn(provider),
    ]);
    const named = [...urns].flatMap((urn) => byUrn.get(urn) ?? []).filter(isBefore);
    for (const needed of named) if (!needed.custom) addWithChildren(needed);
    for (const needed of [...named, ...(byUrn.get(parent) ?? []).filter(isBefore)]) found.add(needed);
    return found;
  };
}

function grouped(
  resources: readonly Resource[],
  by: (resource: Resource) => string | undefined,
): Map<string | undefined, Resource[]> {
  const groups = new Map<string | undefined, Resource[]>();
  for (const resource of resources) {
    const group = groups.get(by(resource));
    if (group === undefined) groups.set(by(resource), [resource]);
    else group.push(resource);
  }
  return groups;
}
