import * as pulumi from "@pulumi/pulumi";
import { settingProblems, stackConfig } from "../config/settings";

/** The name under which `dynamic.ts` exports a resource's implementation. It is part of users' state: never rename one. */
export type ProviderName = "cnameToken" | "bucketCname" | "cnameCertificate" | "alidnsRecord";

/**
 * A dynamic resource whose implementation is loaded by name.
 *
 * Pulumi keeps the text of a dynamic provider in the state of every resource and runs that text in another process. Ours is
 * one constant line, so new code of this package is no change to anybody's resources, and nothing of it is ever serialized.
 */
export abstract class OssDynamicResource extends pulumi.CustomResource {
  constructor(
    provider: ProviderName,
    type: string,
    name: string,
    props: Record<string, unknown>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    lookAtConfig();
    super(`pulumi-nodejs:dynamic/oss:${type}`, name, { ...props, __provider: providerText(provider) }, opts);
  }
}

/** The program text that Pulumi stores and runs. */
export function providerText(provider: ProviderName): string {
  return `exports.handler = () => require("pulumi-oss-cname/dynamic").${provider};`;
}

let hasLooked = false;

/** Said once per program: the provider would say it for every resource. */
function lookAtConfig(): void {
  if (hasLooked) return;
  hasLooked = true;
  const problems = settingProblems(stackConfig()).map(([key, problem]) => `${key}: ${problem}`);
  // A RunError ends the program with its message alone.
  if (problems.length > 0) throw new pulumi.RunError(`${problems.join("\n")}\nNothing was sent.`);
  warnOfClearCredentials();
}

/** `pulumi config set` without `--secret` puts a key in clear into the stack's file and its state. */
function warnOfClearCredentials(): void {
  // What the SDK knows of this is internal to it; the variable is how every engine tells it.
  const secret: unknown = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
  for (const key of ["alicloud:secretKey", "alicloud:securityToken"])
    if (pulumi.runtime.getConfig(key) !== undefined && !(Array.isArray(secret) && secret.includes(key)))
      void pulumi.log.warn(
        `${key} stands in clear in this stack's configuration and state: set it again with \`pulumi config set --secret ${key}\`, or use alicloud:profile`,
      );
}
