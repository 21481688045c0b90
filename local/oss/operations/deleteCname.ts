import type { OssOperation } from "./operation";

/** Also succeeds when the domain is not bound to the bucket. */
export const deleteCname: OssOperation = ({ world, bucket, domain }) => {
  if (world.bindings.get(domain)?.bucket === bucket.name) world.unbind(domain);
  return { status: 200 };
};
