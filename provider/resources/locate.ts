import { ActionableError } from "../actionableError";
import type { Bucket } from "../bucket";
import { domainProblem, foldName } from "../names";
import { bucketProblem } from "../oss/endpoint";
import type { Run } from "../run";
import type { BindingInputs } from "./binding";
import { bindingOf } from "./binding";

/** Whether a bucket has what is looked for. */
type IsThere = (bucket: Bucket, domain: string) => Promise<boolean>;

/**
 * The binding that a given id means: `bucket/domain`, or a domain alone where the arguments name its bucket, or where one
 * of `oss-cname:buckets` has it. `kind` is the type of the resource, for messages.
 */
export async function locate(
  run: Run,
  kind: string,
  id: string,
  given: Partial<BindingInputs> = {},
  isThere: IsThere = isBound,
): Promise<BindingInputs> {
  const parts = id.split("/");
  const domain = foldName(parts.pop() ?? "");
  const [named = given.bucket, ...more] = parts;
  const problem = domainProblem(domain) ?? (named === undefined ? undefined : bucketProblem(named));
  if (problem !== undefined || more.length > 0)
    throw new Error(
      `${JSON.stringify(id)} is not the id of a ${kind}: an id is bucket/domain, or the domain alone where ` +
        `oss-cname:buckets lists its bucket${problem === undefined ? "" : ` (${problem})`}`,
    );
  const bucket = named ?? (await findBucket(run, kind, domain, isThere));
  return bindingOf({ ...given, bucket, domain });
}

async function findBucket(run: Run, kind: string, domain: string, isThere: IsThere): Promise<string> {
  const { buckets } = run.settings;
  const next = `import it as bucket/${domain}`;
  if (buckets.length === 0)
    throw new ActionableError(
      `The bucket of ${kind} ${domain} is not known. Nothing was sent.`,
      `${next}, or list the buckets of this account in oss-cname:buckets`,
    );
  const found = await Promise.all(
    buckets.map(async (bucket) => ((await isThere(run.bucket({ bucket }), domain)) ? [bucket] : [])),
  );
  const [only, ...others] = found.flat();
  if (only === undefined)
    throw new ActionableError(`No ${kind} ${domain}: none of the buckets ${buckets.join(", ")} has it.`, next);
  if (others.length > 0)
    throw new ActionableError(`${kind} ${domain} may be of any of the buckets ${found.flat().join(", ")}.`, next);
  return only;
}

async function isBound(bucket: Bucket, domain: string): Promise<boolean> {
  return (await bucket.binding(domain)) !== undefined;
}
