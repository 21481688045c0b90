import type { Operation } from "./operation";

/** Succeeds as well when the domain is not bound to the bucket. */
export const deleteCname: Operation = ({ world, bucket, domain }) => {
  if (world.bindings.get(domain)?.bucket === bucket.name) world.unbind(domain);
  return { status: 200 };
};
