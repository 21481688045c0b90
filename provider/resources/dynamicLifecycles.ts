import type * as pulumi from "@pulumi/pulumi";
import type { Run } from "../run";
import type { ProviderName } from "./dynamicResource";
import type { AnyLifecycle } from "./lifecycle";
import { lifecycles } from "./lifecycles";

/** A lifecycle as Pulumi's process for dynamic resources calls it. */
type DynamicProvider = pulumi.dynamic.ResourceProvider;

/** The lifecycles of all resources, sharing one run, for dynamic resources. */
export function dynamicLifecycles(run: Run): Readonly<Record<ProviderName, DynamicProvider>> {
  const all = Object.entries(lifecycles(run) as unknown as Record<ProviderName, AnyLifecycle>);
  const configure = async ({ config }: pulumi.dynamic.ConfigureRequest) => run.configure(config);
  return Object.fromEntries(all.map(([name, of]) => [name, { ...takingOver(of), configure }])) as never;
}

/**
 * Takes over resources that the plugin made. Without the provider's text among their outputs Pulumi can neither refresh
 * nor delete them: the first `up` writes it, by an update that sends nothing.
 */
function takingOver(of: AnyLifecycle): DynamicProvider {
  const isPlugins = (olds: { readonly __provider?: unknown }) => olds.__provider === undefined;
  return {
    check: (olds, news) => of.check(olds, news),
    diff: async (id, olds, news) => {
      const found = await of.diff(id, olds, news);
      return { ...found, changes: found.changes || isPlugins(olds) };
    },
    create: (inputs) => of.create(inputs),
    ...(of.read && { read: of.read.bind(of) as NonNullable<DynamicProvider["read"]> }),
    update: async (id, olds, news) => {
      if (of.update === undefined || (isPlugins(olds) && !(await of.diff(id, olds, news)).changes))
        return { outs: olds };
      return of.update(id, olds, news);
    },
    ...(of.delete && { delete: of.delete.bind(of) }),
  };
}
