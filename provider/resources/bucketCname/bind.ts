import { ActionableError, factsOf } from "../../actionableError";
import type { Bucket } from "../../bucket";
import { Cancelled } from "../../cancellation";
import { lookForTxt } from "../../dns/txt";
import { txtRecordName } from "../../names";
import { isOssError } from "../../oss/error";
import type { Run } from "../../run";
import type { MoveSource } from "./move";
import { move } from "./move";
import type { Answer } from "./wait";
import { Backoff, cancelledText, deadlineText, decide, pendingText, recordStateText } from "./wait";

interface Attempt {
  readonly domain: string;
  readonly bucket: Bucket;
  /** The token in the inputs, if there is one. */
  readonly token: string | undefined;
  /** Where the domain is bound now, and is to be taken from. */
  readonly source: MoveSource | undefined;
  /** Look at DNS before OSS is asked. */
  readonly looks: boolean;
  /** The value of a TXT record that the user vouches for. */
  readonly confirmedToken: string | undefined;
  /** What earlier attempts have learned of OSS. */
  readonly checksProofFirst: boolean;
  readonly unverified: "wait" | "pending";
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

/** A binding that is left to a later attempt. */
export interface Unproven {
  readonly pendingReason: string;
  readonly recordState: string;
  /**
   * OSS has asked for the TXT record of the domain while another bucket had it. So it looks for the record first, and
   * when it names the other binding instead, it has found it.
   */
  readonly checksProofFirst: boolean;
}

/** Binds a domain as soon as its ownership is proven. `undefined` when bound. */
export async function bindWhenProven(run: Run, attempt: Attempt): Promise<Unproven | undefined> {
  const { domain, bucket, source, unverified, deadline } = attempt;
  const proof = await findProof(attempt);
  const lookPauses = new Backoff(1000, 1.5, 10_000);
  // OSS has its own view of DNS: after a correct record it may need a while, and is asked ever more seldom.
  const askPauses = new Backoff(5000, 2, 60_000);
  let { checksProofFirst } = attempt;
  let answer: Answer | undefined;
  let lastAsk: number | undefined;
  let nextAsk = Number.NEGATIVE_INFINITY;
  for (;;) {
    const look = attempt.looks
      ? await run.look(() => lookForTxt(txtRecordName(domain), proof, { servers: run.settings.dnsServers }))
      : undefined;
    const next = () =>
      decide({ look, isServed: source !== undefined, unverified, now: run.clock.now(), deadline, lastAsk, nextAsk });
    let decision = next();
    if (decision === "bind") {
      const isProven = look?.present || attempt.confirmedToken === proof || checksProofFirst;
      const asked = await tryToBind(run, attempt, isProven);
      if (asked === "bound") return undefined;
      answer = asked;
      if (answer === "unproven" && source !== undefined) checksProofFirst = true;
      lastAsk = run.clock.now();
      nextAsk = lastAsk + (look === undefined || look.blocked ? BLIND_ASK_PAUSE_MS : askPauses.next());
      decision = next();
    }
    const waiting = {
      domain,
      bucket: bucket.name,
      proof,
      servedBy: source?.bucket.name,
      look,
      answer,
    };
    if (decision === "pending") {
      return { pendingReason: pendingText(waiting), recordState: recordStateText(waiting), checksProofFirst };
    }
    // Where DNS is not looked at, more time would not tell.
    const isHopeless = answer === "undecided" && look === undefined;
    if (decision === "giveUp" || isHopeless) throw new Error(deadlineText(waiting));
    run.notices.waitingFor(domain, {
      ...{ name: txtRecordName(domain), value: proof, until: deadline },
      state: recordStateText(waiting),
    });
    const now = run.clock.now();
    const pause = decision === "waitForDns" ? lookPauses.next() : Math.max(nextAsk - now, SHORTEST_PAUSE_MS);
    await run.clock.sleep(Math.min(pause, Math.max(deadline - now, 0))).catch((error: unknown) => {
      throw error instanceof Cancelled ? new Cancelled(cancelledText(waiting)) : error;
    });
  }
}

const SHORTEST_PAUSE_MS = 1000;
/** Without a look at DNS, every question to OSS is a write that fails. */
const BLIND_ASK_PAUSE_MS = 15_000;

/**
 * The value that OSS expects in DNS. A token in the inputs that differs has expired, and so has the record made from
 * it.
 */
async function findProof({ domain, bucket, token }: Attempt): Promise<string> {
  const stale = `the CnameToken of ${domain} in the state is not valid any more.`;
  const refresh = "run `pulumi refresh` and then `pulumi up`, which gets another and changes the TXT record";
  try {
    const proof = await bucket.proof(domain);
    if (!token || token === proof) return proof;
    throw new ActionableError(
      `Bucket ${bucket.name} expects the token ${proof} of ${domain}, not ${token}: ${stale}`,
      refresh,
    );
  } catch (error) {
    if (!isOssError(error, "CnameTokenNotFound")) throw error;
    if (token !== undefined) throw new ActionableError(`${factsOf(error)} This means that ${stale}`, refresh);
    throw new ActionableError(
      `${factsOf(error)} The binding of ${domain} needs a token first.`,
      `declare a CnameToken for bucket ${bucket.name} and let this resource depend on it`,
    );
  }
}

/**
 * Asks OSS by one PutCname. While the domain is bound to the bucket that it comes from, OSS refuses: that shows what
 * stands against the new binding before the old one is gone. It goes only when the ownership is proven.
 */
async function tryToBind(run: Run, { domain, bucket, source }: Attempt, isProven: boolean): Promise<"bound" | Answer> {
  // After a wait: on a domain that somebody has bound meanwhile, PutCname could cost it its certificate.
  if ((await bucket.binding(domain)) !== undefined) return "bound";
  try {
    await bucket.bind(domain);
    return "bound";
  } catch (error) {
    if (isOssError(error, "NeedVerifyDomainOwnership")) return "unproven";
    // A bucket of another account can be the source too, where its policy allows that.
    const isBoundElsewhere =
      isOssError(error, "CnameAlreadyExists") || (source !== undefined && isOssError(error, "CnameDenied"));
    if (!isBoundElsewhere) throw error;
    // Perhaps a race: only the list tells whether the domain is ours now.
    if ((await bucket.binding(domain, { fresh: true, looks: 2 })) !== undefined) return "bound";
    if (source === undefined)
      throw new ActionableError(
        factsOf(error),
        "unbind the domain from the bucket of this account that has it. OSS does not say which one it is: " +
          "`npx oss-cname list BUCKET` lists the domains of a bucket. To move the domain from there in one `pulumi up`, name that bucket in takeover",
        { cause: error },
      );
  }
  if (!isProven) return "undecided";
  await run.cancellation.hold(() => move(source.bucket, bucket, domain, run.clock));
  return "bound";
}
