import type * as pulumi from "@pulumi/pulumi";

/** An access key, with the token that makes it a temporary one. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
}

let config: pulumi.dynamic.ConfigureRequest["config"] | undefined;

/**
 * Takes the provider's configuration. One process serves one provider, so there is one configuration per process; Pulumi does
 * not wait for this call before it makes others, so it must finish synchronously.
 */
export function configure(request: pulumi.dynamic.ConfigureRequest): void {
  config = request.config;
}

/** One configuration value as its text (`oss-cname:endpoint`); structured values are JSON. */
export function setting(key: string): string | undefined {
  const value = config?.get(key);
  return value === "" ? undefined : value;
}
