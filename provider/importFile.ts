import type { BindingInputs } from "./resources/binding";
import type { ProviderName } from "./resources/dynamicResource";
import { providerText } from "./resources/dynamicResource";
import { lifecycles } from "./resources/lifecycles";
import type { Run } from "./run";

/** A bound domain as `oss-cname:domains` would declare it. */
export interface ImportableDomain extends BindingInputs {
  readonly certificate?: { readonly certId: string };
}

/** The format of `pulumi import --file`. Where it has inputs and outputs, Pulumi asks no provider. */
export interface ImportFile {
  readonly resources: readonly ImportedResource[];
}

interface ImportedResource {
  readonly type: string;
  /** Unique in the file; `parent` refers to it. */
  readonly name: string;
  /** The name in the program. */
  readonly logicalName?: string;
  readonly component?: true;
  readonly parent?: string;
  readonly id?: string;
  readonly inputs?: object;
  readonly outputs?: object;
}

/**
 * The resources that the root program makes of these domains, as its state would hold them after an `up`. Sends nothing
 * if the run has just listed the buckets.
 */
export async function importFile(run: Run, domains: readonly ImportableDomain[]): Promise<ImportFile> {
  const providers = lifecycles(run);
  const imported = async (
    provider: Exclude<ProviderName, "alidnsRecord" | "removalGuard" | "recordMemory">,
    type: string,
    id: string,
    inputs: BindingInputs,
  ): Promise<ImportedResource> => {
    const __provider = providerText(provider);
    const { props } = (await providers[provider].read(id, inputs as never)) ?? {};
    const { domain } = inputs;
    return {
      type: `pulumi-nodejs:dynamic/oss:${type}`,
      name: `${domain} ${type}`,
      logicalName: domain,
      parent: domain,
      id,
      inputs: { ...inputs, __provider },
      outputs: { ...props, __provider },
    };
  };
  const resourcesOf = async ({ certificate, ...binding }: ImportableDomain): Promise<ImportedResource[]> => {
    const { domain, bucket } = binding;
    const resources = [
      { type: "oss-cname:index:CustomDomain", name: domain, component: true as const },
      await imported("cnameToken", "CnameToken", `${bucket}/${domain}`, binding),
      await imported("bucketCname", "BucketCname", domain, {
        ...binding,
        ...{ unverified: "wait", cnameTarget: run.bucket(binding).cnameTarget },
      } as BindingInputs),
    ];
    if (certificate === undefined) return resources;
    const inputs: BindingInputs = { ...binding, ...certificate };
    return [...resources, await imported("cnameCertificate", "CnameCertificate", domain, inputs)];
  };
  const guard = async (): Promise<ImportedResource> => {
    const { id, outs } = await providers.removalGuard.create();
    const __provider = providerText("removalGuard");
    const inputs = { domains: domains.map(({ domain }) => domain).sort(), __provider };
    return { type: "pulumi-nodejs:dynamic/oss:RemovalGuard", name: id, id, inputs, outputs: { ...outs, __provider } };
  };
  return { resources: (await Promise.all([...domains.map(resourcesOf), guard()])).flat() };
}
