import { ActionableError } from "../../actionableError";
import type { Run } from "../../run";
import { isUnknown } from "../lifecycle";
import type { Destination } from "./move";
import { findSource } from "./move";

/**
 * Tells what `create` will find: a domain that is bound to the bucket already, or to the bucket that it is taken from.
 *
 * @throws ActionableError where it is bound to a bucket that it may not be taken from, as far as that is known.
 */
export async function foresee(run: Run, inputs: Destination): Promise<void> {
  const { domain, takeover } = inputs;
  const bucket = run.bucket(inputs);
  if ((await bucket.binding(domain)) !== undefined)
    return run.notices.tell(`${domain} is bound to bucket ${bucket.name} already and is not bound again`);
  if (takeover === undefined) {
    const other = await run.bucketKnownToBind(domain);
    if (other === undefined) return;
    throw new ActionableError(
      `Cannot bind ${domain} to bucket ${bucket.name}: bucket ${other.name} has it. Nothing was changed.`,
      `unbind it there, or move it from there in one \`pulumi up\`: takeover: { bucket: "${other.name}" }`,
    );
  }
  if ([takeover, takeover.bucket, takeover.region, takeover.endpoint].some(isUnknown)) return;
  const source = await findSource(run, inputs);
  if (source !== undefined) run.notices.tell(`${domain} is taken over from bucket ${source.bucket.name}`);
}
