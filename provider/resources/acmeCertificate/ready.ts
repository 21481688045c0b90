import type { Bucket } from "../../bucket";
import { lookForCname } from "../../dns/cname";
import type { Run } from "../../run";
import { Backoff } from "../bucketCname/wait";
import type { Inputs } from "./declared";

/** A name that can be proven through the bucket that it is bound to. */
export interface Ready {
  readonly name: string;
  readonly bucket: Bucket;
  /** Visitors come by another way than the bucket's own host, such as a CDN. */
  readonly isIndirect: boolean;
}

export interface Readiness {
  readonly ready: readonly Ready[];
  /** A name and what it lacks: `www.example.com has no CNAME record`. */
  readonly unready: readonly { readonly name: string; readonly why: string }[];
}

/**
 * Which names can be proven by an object in the bucket: those that are bound to one of the buckets and lead to it. Waits
 * for the others where that is asked for.
 */
export async function readyNames(
  run: Run,
  inputs: Inputs,
  { mayWait }: { readonly mayWait: boolean },
): Promise<Readiness> {
  const deadline = run.clock.now() + 1000 * run.settings.dnsTimeoutSeconds;
  const pauses = new Backoff(1000, 1.5, 10_000);
  for (;;) {
    const looked = await Promise.all(inputs.names.map((name) => look(run, inputs, name)));
    const ready = looked.flatMap((found) => ("bucket" in found ? [found] : []));
    const unready = looked.flatMap((found) => ("why" in found ? [found] : []));
    const now = run.clock.now();
    if (unready.length === 0 || !mayWait || inputs.unready === "pending" || now >= deadline) return { ready, unready };
    await run.clock.sleep(Math.min(pauses.next(), deadline - now));
  }
}

async function look(run: Run, { buckets = [] }: Inputs, name: string): Promise<Ready | Readiness["unready"][number]> {
  for (const place of buckets) {
    const bucket = run.bucket(place);
    if ((await bucket.binding(name)) === undefined) continue;
    const target = place.cnameTarget ?? bucket.cnameTarget;
    const direction = await run.look(() => lookForCname(name, target, { servers: run.settings.dnsServers }));
    if (direction === "nowhere") return { name, why: `${name} has no CNAME record` };
    if (direction === "elsewhere") return { name, why: `${name} does not lead to ${target}` };
    return { name, bucket, isIndirect: place.cnameTarget !== undefined && place.cnameTarget !== bucket.cnameTarget };
  }
  return { name, why: `${name} is not bound to ${buckets.map(({ bucket }) => bucket).join(" or ")}` };
}
