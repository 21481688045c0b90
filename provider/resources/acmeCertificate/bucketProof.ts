import type { Challenge } from "../../acme/issue";
import { ActionableError } from "../../actionableError";
import type { Bucket } from "../../bucket";
import type { HttpReply } from "../../http";
import { HttpFailure } from "../../http";
import type { OssErrorDetails } from "../../oss/error";
import { isOssError, ossErrorFrom } from "../../oss/error";
import type { Run } from "../../run";
import type { Ready } from "./ready";
import { undone } from "./undo";

const PREFIX = ".well-known/acme-challenge";

/**
 * Proves a name by an object in its bucket (http-01): resolves when we have read it ourselves as the CA will. A second
 * object says which one is there for the name, so that an `up` after one that was killed removes it.
 */
export async function proveThroughBucket(
  run: Run,
  at: Ready,
  { name, token, value }: Challenge,
): Promise<{ readonly undo: () => Promise<void> }> {
  const { bucket } = at;
  const key = `${PREFIX}/${token}`;
  const note = `${PREFIX}/oss-cname.${name}`;
  run.challenges.add(key);
  const undo = async () => {
    await undone(run, `the object ${key} of bucket ${bucket.name}`, async () => {
      await bucket.deleteChallenge(key);
      await bucket.deleteChallenge(note);
    });
    run.challenges.delete(key);
  };
  try {
    const left = await bucket.getChallenge(note);
    if (left?.startsWith(`${PREFIX}/`) && !run.challenges.has(left)) await bucket.deleteChallenge(left);
    await bucket.putChallenge(note, key, { isPublic: false });
    await bucket.putChallenge(key, value, { isPublic: true });
    await readAsTheCa(run, at, key, value);
    return { undo };
  } catch (error) {
    await undo();
    throw explained(error, bucket);
  }
}

/** Fetches the object as the CA will. Where no reply comes, that says nothing: the CA may well get one. */
async function readAsTheCa(run: Run, { name, bucket, isIndirect }: Ready, key: string, value: string): Promise<void> {
  let reply: HttpReply;
  try {
    reply = isIndirect
      ? await run.http.exchange({
          origin: `http://${name}`,
          path: `/${key}`,
          method: "GET",
          timeoutMs: VISIT_TIMEOUT_MS,
        })
      : await bucket.visit(name, key);
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    await run.notices.say(
      `http://${name}/${key} cannot be fetched from here (${error.message}); the CA is asked all the same`,
    );
    return;
  }
  if (reply.status === 200 && reply.body.trim() === value) return;
  const facts = `http://${name}/${key} was put into bucket ${bucket.name}, but a visitor cannot read it`;
  if (reply.status === 200)
    throw new ActionableError(`${facts}: the reply has another content.`, `see what answers for ${name} over http`);
  const call = { operation: "GetObject", bucket: bucket.name, key };
  const { details } = ossErrorFrom(call, reply);
  const said = [
    details.code,
    `HTTP ${details.status}`,
    details.ec && `EC ${details.ec}`,
    details.requestId && `request ${details.requestId}`,
  ];
  throw new ActionableError(
    `${facts}: ${said.filter(Boolean).join(", ")}: ${details.serviceMessage}.`,
    visitRemedy(details),
  );
}

const VISIT_TIMEOUT_MS = 20_000;

const OTHER_WAY = "or prove the domain by dns-01";

/** What a bucket may have against an object that everybody can read. */
function visitRemedy({ status, serviceMessage }: OssErrorDetails): string {
  if (status >= 300 && status < 400) return `let ${PREFIX}/ be served over http without a redirect, ${OTHER_WAY}`;
  if (status === 404) return `see whether the domain leads to another bucket, ${OTHER_WAY}`;
  // The object has an ACL of its own, so a refusal because of an ACL means that this one does not count.
  const isBlocked = /\b(acl|public)\b/i.test(serviceMessage);
  const isPolicy = /policy/i.test(serviceMessage);
  const next = [
    !isPolicy && "turn Block Public Access off, of the bucket and of the account",
    !isBlocked && `let the bucket's policy allow everybody to read ${PREFIX}/* over plain http (acs:SecureTransport)`,
  ];
  return [...next.filter((step) => step !== false), OTHER_WAY].join(", ");
}

/** Refusals of OSS that mean something else for these objects than they say. */
function explained(error: unknown, bucket: Bucket): unknown {
  if (!isOssError(error)) return error;
  if (error.ec === PUBLIC_ENDPOINT_FORBIDDEN || error.code === "PublicEndpointForbidden")
    return error.withRemedy(
      `OSS takes no objects of this account at the public endpoint. Run \`pulumi up\` inside the region of bucket ${bucket.name}, ` +
        `with its internal endpoint as oss-cname:endpoint, ${OTHER_WAY}`,
    );
  if (error.details.operation === "PutObject" && /public/i.test(error.details.serviceMessage))
    return error.withRemedy(`turn Block Public Access off, of bucket ${bucket.name} and of the account, ${OTHER_WAY}`);
  return error;
}

const PUBLIC_ENDPOINT_FORBIDDEN = "0048-00000401";
