import type { BindingInputs } from "../provider/resources/binding";
import type { ProviderName } from "../provider/resources/dynamicResource";
import type { Run } from "../provider/run";
import type { AdoptedDomain } from "./adoptedConfig";

/** What `pulumi import --file` takes. With inputs and outputs given, it asks no provider. */
export interface ImportFile {
  readonly resources: readonly ImportedResource[];
}

interface ImportedResource {
  readonly type: string;
  /** Unique in the file; `parent` refers to it. */
  readonly name: string;
  /** In the program. */
  readonly logicalName?: string;
  readonly component?: true;
  readonly parent?: string;
  readonly id?: string;
  readonly inputs?: object;
  readonly outputs?: object;
}

/** The resources that the root program makes of these domains, as they would be in its state after an `up`. */
export async function importFile(run: Run, entries: readonly AdoptedDomain[]): Promise<ImportFile> {
  // Loaded only here, since they load Pulumi's SDK.
  const [{ lifecycles }, { providerText }] = await Promise.all([
    import("../provider/resources/lifecycles.js"),
    import("../provider/resources/dynamicResource.js"),
  ]);
  const providers = lifecycles(run);
  const resource = async (
    provider: Exclude<ProviderName, "alidnsRecord">,
    type: string,
    id: string,
    inputs: BindingInputs,
  ): Promise<ImportedResource> => {
    const __provider = providerText(provider);
    // Reading sends nothing: `run` has just listed the bucket.
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
  const resources = entries.map(async ({ certificate, dns: _, ...place }) => {
    const { domain, bucket } = place;
    const bound = { ...place, unverified: "wait" };
    return [
      { type: "oss-cname:index:CustomDomain", name: domain, component: true as const },
      await resource("cnameToken", "CnameToken", `${bucket}/${domain}`, place),
      await resource("bucketCname", "BucketCname", domain, bound),
      ...(certificate
        ? [
            await resource("cnameCertificate", "CnameCertificate", domain, {
              ...place,
              ...certificate,
            } as BindingInputs),
          ]
        : []),
    ];
  });
  return { resources: (await Promise.all(resources)).flat() };
}
