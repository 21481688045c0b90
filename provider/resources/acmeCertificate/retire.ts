import type { Run } from "../../run";
import { boundTo } from "./bound";
import type { Inputs } from "./declared";

/** Deletes those certificates that no bucket lists any more. Gives the ids of the others. */
export async function retire(
  run: Run,
  superseded: readonly string[],
  buckets: NonNullable<Inputs["buckets"]>,
): Promise<string[]> {
  if (superseded.length === 0) return [];
  // What was listed before may have been swapped since.
  const bound = await boundTo(run, buckets, run.clock.now());
  const listed = new Set(bound.map(({ certificate }) => certificate?.certId));
  const kept: string[] = [];
  for (const certId of superseded)
    if (listed.has(certId)) kept.push(certId);
    else await run.cas.delete(certId);
  return kept;
}
