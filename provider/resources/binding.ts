import type * as pulumi from "@pulumi/pulumi";
import { domainProblem, foldName } from "../names";
import { bucketProblem, endpointProblem, regionProblem } from "../oss/endpoint";
import type { CheckFailure } from "./lifecycle";
import { failuresOf, isChanged, isUnknown } from "./lifecycle";

/** Which domain, on which bucket: arguments of all resources of a binding. */
export interface BindingArgs {
  /** Bucket that the domain belongs to. */
  readonly bucket: pulumi.Input<string>;
  /** Domain, such as `www.example.com`. Changing it replaces the resource. */
  readonly domain: pulumi.Input<string>;
  /** Region of the bucket, such as `cn-hangzhou`. Default: the provider's. Changed in place. */
  readonly region?: pulumi.Input<string>;
  /** OSS endpoint, a host or URL. Default: the provider's, else the public one of the region. Changed in place. */
  readonly endpoint?: pulumi.Input<string>;
}

/** The same as values. */
export interface BindingInputs {
  readonly bucket: string;
  readonly domain: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/** The binding in any arguments, inputs or outputs, and nothing else of them. */
export function bindingOf<Binding extends BindingArgs | BindingInputs>(
  of: Binding,
): Pick<Binding, "bucket" | "domain" | "region" | "endpoint"> {
  const { bucket, domain, region, endpoint } = of;
  return { bucket, domain, ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) };
}

/**
 * What new inputs change of a binding: another domain is another binding; bucket, region and endpoint change in place.
 */
export function diffBinding(olds: BindingInputs, news: BindingInputs): { changes: boolean; replaces: string[] } {
  const changes = (["domain", "bucket", "region", "endpoint"] as const).filter((key) =>
    isChanged(olds[key], news[key]),
  );
  // A domain that is not known yet will most likely be the same.
  return { changes: changes.length > 0, replaces: changes.filter((key) => key === "domain" && !isUnknown(news[key])) };
}

/** Folds the domain and collects what is wrong with the binding. Values that are not known yet pass. */
export function checkBinding<Inputs extends BindingInputs>(news: Inputs): { inputs: Inputs; failures: CheckFailure[] } {
  const domain = isUnknown(news.domain) || typeof news.domain !== "string" ? news.domain : foldName(news.domain);
  const failures = failuresOf([
    ["domain", domain ?? null, required("domain", domainProblem)],
    ["bucket", news.bucket ?? null, required("bucket", bucketProblem)],
    ["region", news.region, regionProblem],
    ["endpoint", news.endpoint, endpointProblem],
  ]);
  return { inputs: domain === undefined ? news : { ...news, domain }, failures };
}

function required(property: string, problemOf: (value: string) => string | undefined) {
  return (value: unknown) => (typeof value === "string" ? problemOf(value) : `${property} is missing`);
}
