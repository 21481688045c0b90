import type { Bucket } from "../../bucket";
import type { Clock } from "../../clock";
import { txtRecordName } from "../../names";
import { isOssError } from "../../oss/error";
import type { BindingInputs } from "../binding";

/** The bucket that a domain is taken from. */
export interface Source {
  readonly binding: BindingInputs;
  readonly bucket: Bucket;
  /** True when this resource made that binding: it goes on standing for it while the move is pending. */
  readonly ours: boolean;
}

/** A move that was begun left the domain without a bucket. */
export class BoundNowhere extends Error {}

/**
 * Moves a domain: DeleteCname and PutCname back to back, since OSS has no operation that does both. When the second fails, one
 * attempt to bind back.
 *
 * @throws BoundNowhere when that failed as well
 */
export async function move(source: Bucket, target: Bucket, domain: string, clock: Clock): Promise<void> {
  await source.unbind(domain);
  try {
    await bindWithRetry(target, domain, clock);
  } catch (error) {
    const failure = `${domain} was unbound from bucket ${source.name}, and binding it to bucket ${target.name} failed: ${(error as Error).message}`;
    const next = "Next: `pulumi up` tries again";
    try {
      await source.bind(domain);
    } catch (backError) {
      const token = await source.createToken(domain).catch(() => undefined);
      const record = `TXT ${txtRecordName(domain)} = ${token?.token}`;
      throw new BoundNowhere(
        `${failure}\nBinding it back failed as well: ${(backError as Error).message}\nThe domain is bound nowhere now.` +
          `${token ? ` With the record ${record} bucket ${source.name} would take it back.` : ""} ${next}`,
      );
    }
    throw new Error(`${failure}\nIt was bound back to bucket ${source.name}, without its certificate. ${next}`);
  }
}

/** The record was seen, so a refusal can only come from OSS's own view of DNS, and the domain is down until it is bound. */
async function bindWithRetry(bucket: Bucket, domain: string, clock: Clock): Promise<void> {
  for (const pause of PAUSES_MS) {
    try {
      return await bucket.bind(domain);
    } catch (error) {
      if (!isOssError(error, "NeedVerifyDomainOwnership")) throw error;
      await clock.sleep(pause);
    }
  }
  await bucket.bind(domain);
}

const PAUSES_MS = [500, 1000, 2000];
