import { regionOfEndpoint } from "../oss/endpoint";
import type { Config } from "./settings";

/** Where a bucket is served, as a resource says it; what it leaves out is the provider's. */
export interface Location {
  /** Region of the bucket, such as `cn-hangzhou`. */
  readonly region?: string | undefined;
  /** OSS endpoint, a host or URL. */
  readonly endpoint?: string | undefined;
}

/**
 * Region and endpoint of a location, with what the settings add.
 *
 * The region is the location's own, else what its endpoint names, else `alicloud:region` or `oss-cname:region`, else
 * `ALICLOUD_REGION` or `ALIBABA_CLOUD_REGION`, else what the configured endpoint names.
 */
export function resolveLocation(location: Location, settings: Config): Location {
  const configured = settings.get("oss-cname:endpoint");
  const region =
    location.region ??
    (location.endpoint === undefined ? undefined : regionOfEndpoint(location.endpoint)) ??
    settings.get("alicloud:region") ??
    settings.get("oss-cname:region") ??
    (process.env.ALICLOUD_REGION || process.env.ALIBABA_CLOUD_REGION || undefined) ??
    (configured === undefined ? undefined : regionOfEndpoint(configured));
  return { region, endpoint: location.endpoint ?? (serves(configured, location.region) ? configured : undefined) };
}

/** A configured endpoint that names a region does not serve a resource which asks for another one. */
function serves(endpoint: string | undefined, region: string | undefined): boolean {
  const own = endpoint === undefined ? undefined : regionOfEndpoint(endpoint);
  return own === undefined || region === undefined || own === region;
}
