import { ActionableError } from "../../actionableError";
import type { Bucket } from "../../bucket";
import type { Clock } from "../../clock";
import { txtRecordName } from "../../names";
import { isOssError } from "../../oss/error";
import type { CnameInfo } from "../../oss/xml";
import type { Run } from "../../run";
import type { BindingInputs } from "../binding";
import { bindingOf } from "../binding";

/** The bucket that a domain is taken from. */
export interface MoveSource {
  readonly binding: BindingInputs;
  readonly bucket: Bucket;
  /** True when this resource made that binding: it goes on standing for it while the move is pending. */
  readonly ours: boolean;
}

/** What the inputs say about a move. */
export interface Destination extends BindingInputs {
  readonly takeover?: Omit<BindingInputs, "domain">;
}

/** What the state says about where the domain is. */
interface Recorded extends BindingInputs {
  readonly status: string;
  readonly boundTo?: BindingInputs;
}

/** A binding as OSS lists it; `undefined` also when its bucket is gone. */
export function findBinding(run: Run, binding: BindingInputs): Promise<CnameInfo | undefined> {
  return run.bucket(binding).binding(binding.domain, { looks: 2, bucketMayBeGone: true });
}

/**
 * The bucket that the domain is to be taken from: the one that we bound it to before, or the one that the user allows.
 */
export async function findSource(run: Run, inputs: Destination, olds?: Recorded): Promise<MoveSource | undefined> {
  const { domain, takeover } = inputs;
  const own = olds?.boundTo ?? (olds?.status === "Pending" ? undefined : olds);
  // A bucket has one name, wherever it is reached.
  if (own !== undefined && own.bucket !== inputs.bucket && (await findBinding(run, own)) !== undefined) {
    const binding = bindingOf({ ...own, domain });
    return { binding, bucket: run.bucket(binding), ours: true };
  }
  if (takeover === undefined) return undefined;
  const region = takeover.region ?? inputs.region;
  const endpoint = takeover.endpoint ?? (region === inputs.region ? inputs.endpoint : undefined);
  const binding = { bucket: takeover.bucket, domain, ...(region && { region }), ...(endpoint && { endpoint }) };
  if ((await findBinding(run, binding)) !== undefined) return { binding, bucket: run.bucket(binding), ours: false };
  // An earlier takeover that got no further may have unbound it there.
  if (olds?.status === "Pending") return undefined;
  throw new ActionableError(
    `Cannot take ${domain} over from bucket ${takeover.bucket}: that bucket does not list it. Nothing was changed.`,
    "correct takeover, or leave it out if the domain is bound nowhere",
  );
}

/** A move that was begun left the domain without a bucket. */
export class BoundNowhere extends Error {}

/**
 * Moves a domain: DeleteCname and PutCname back to back, since OSS has no operation that does both. When the second
 * fails, one attempt to bind back, with the certificate that the domain had.
 *
 * @throws BoundNowhere when that failed as well
 */
export async function move(source: Bucket, target: Bucket, domain: string, clock: Clock): Promise<void> {
  const before = await source.binding(domain);
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
    const certificate = await putBack(source, before);
    throw new Error(`${failure}\nIt was bound back to bucket ${source.name}${certificate}. ${next}`);
  }
}

/** Puts a certificate on the domain again, and says what became of it. */
async function putBack(bucket: Bucket, before: CnameInfo | undefined): Promise<string> {
  if (before?.certificate === undefined) return "";
  const { certId } = before.certificate;
  try {
    await bucket.putCertificate(before.domain, { certId });
    bucket.putConfirmed(before);
    return `, with its certificate ${certId}`;
  } catch (error) {
    return `, without its certificate ${certId}: ${(error as Error).message}`;
  }
}

/**
 * The record was seen, so a refusal can only come from OSS's own view of DNS, and the domain is down until it is bound.
 */
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
