import type { Operation } from "./operation";

/** Also succeeds when the domain is not bound to the bucket. */
export const deleteCname: Operation = ({ world, bucket, domain }) => {
  if (world.bindings.get(domain)?.bucket === bucket.name) world.unbind(domain);
  return { status: 200 };
};
