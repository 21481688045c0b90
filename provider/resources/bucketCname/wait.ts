import type { TxtLook } from "../../dns/txt";
import { describeLook } from "../../dns/txt";
import { txtRecordName } from "../../names";
import { printable } from "../../redact";

/** What is known of the proof of a domain at one moment. Times in milliseconds since 1970. */
export interface Situation {
  /** What DNS shows; undefined where it is not looked at. */
  readonly look: Pick<TxtLook, "present" | "blocked"> | undefined;
  /** Whether another bucket serves the domain now, which binding it takes it from. */
  readonly isServed: boolean;
  readonly unverified: "wait" | "pending";
  readonly now: number;
  readonly deadline: number;
  /** When OSS was last asked to bind the domain and refused. */
  readonly lastAsk: number | undefined;
  /** OSS is not to be asked again before then, unless time runs out. */
  readonly nextAsk: number;
}

/**
 * - `bind`: ask OSS to bind the domain
 * - `waitForOss`: the record is in DNS; OSS has not seen it
 * - `waitForDns`: the record is not in DNS yet
 * - `pending`: leave it to a later `up`
 * - `giveUp`: the time is over
 */
export type Decision = "bind" | "waitForOss" | "waitForDns" | "pending" | "giveUp";

/** The next step of a binding whose domain must be proven first. */
export function decide({ look, isServed, unverified, now, deadline, lastAsk, nextAsk }: Situation): Decision {
  const isLate = unverified === "wait" && now >= deadline;
  const isBlind = look === undefined || look.blocked;
  // A record that is missing may still be one that only OSS sees. That is no reason to touch a domain that is served.
  const isReady = isBlind || look.present || (!isServed && isLate);
  const isLastChance = isLate && !isBlind && now > (lastAsk ?? Number.NEGATIVE_INFINITY);
  if (isReady && (now >= nextAsk || isLastChance)) return "bind";
  if (unverified === "pending") return "pending";
  if (now >= deadline) return "giveUp";
  return isReady ? "waitForOss" : "waitForDns";
}

/** Pauses that grow from one to the next, in milliseconds. */
export class Backoff {
  #next: number;
  readonly #factor: number;
  readonly #longest: number;

  constructor(first: number, factor: number, longest: number) {
    this.#next = first;
    this.#factor = factor;
    this.#longest = longest;
  }

  next(): number {
    const pause = this.#next;
    this.#next = Math.min(pause * this.#factor, this.#longest);
    return pause;
  }
}

/**
 * Why OSS did not bind a domain, where that is no failure.
 *
 * - `unproven`: it does not see the TXT record
 * - `undecided`: another bucket has the domain, and whether OSS sees the record is not known
 */
export type Answer = "unproven" | "undecided";

/** A wait, as its messages tell of it. */
export interface Waiting {
  readonly domain: string;
  readonly bucket: string;
  /** The value that the TXT record must have. */
  readonly proof: string;
  /** The bucket that serves the domain meanwhile. */
  readonly servedBy: string | undefined;
  readonly look: TxtLook | undefined;
  /** What OSS answered last, if it was asked. */
  readonly answer: Answer | undefined;
}

/** What is known of the TXT record, in a few words. */
export function recordStateText(waiting: Waiting): string {
  const { look, answer } = waiting;
  if (isUndecided(waiting)) return "neither DNS nor OSS can tell; set confirmedToken to the value once it exists";
  if (look === undefined) return "not seen by OSS yet";
  if (look.blocked) return "no DNS server can be reached from here; OSS is asked instead";
  if (look.present) return answer ? "exists; not seen by OSS yet" : "exists";
  const other = look.answers.find(({ state }) => state === "differs");
  return other === undefined
    ? "missing"
    : printable(`has only ${other.values.map((value) => JSON.stringify(value)).join(", ")}`);
}

export function pendingText(waiting: Waiting): string {
  const { domain, bucket, look, answer } = waiting;
  if (isUndecided(waiting)) return undecidedText(waiting);
  const seen = answer ? "OSS does not see the record yet" : look === undefined ? "" : describeLook(look);
  return `${domain} is not bound to bucket ${bucket} yet: create the record ${recordText(waiting)}, then run \`pulumi up\` again. ${seen}`.trim();
}

export function deadlineText(waiting: Waiting): string {
  const { domain, bucket, look, servedBy, answer } = waiting;
  if (isUndecided(waiting)) return undecidedText(waiting);
  return [
    `${domain} could not be bound to bucket ${bucket} in time: ${answer ? "OSS answered NeedVerifyDomainOwnership" : "its TXT record does not exist"}.`,
    `Record to create: ${recordText(waiting)}`,
    ...(look === undefined ? [] : [describeLook(look)]),
    ...(servedBy === undefined ? [] : [`The domain is still bound to bucket ${servedBy}.`]),
    "The next `pulumi up` continues from here; dnsTimeoutSeconds gives it more time",
  ].join("\n");
}

export function cancelledText(waiting: Waiting): string {
  const { domain, bucket } = waiting;
  return `${domain} is not bound to bucket ${bucket} yet: the wait for its record, ${recordText(waiting)}, was cancelled.`;
}

/** Whether neither OSS nor DNS can tell if the record exists. */
function isUndecided({ answer, look }: Waiting): boolean {
  return answer === "undecided" && (look === undefined || look.blocked);
}

function undecidedText(waiting: Waiting): string {
  const { domain, bucket, servedBy, look } = waiting;
  return [
    `${domain} is not bound to bucket ${bucket} yet. It is still bound to bucket ${servedBy}, and while it is, OSS does not say whether it sees the record ${recordText(waiting)}.`,
    look === undefined ? 'With verification "none", DNS is not looked at either.' : describeLook(look),
    "Next: make sure that the record exists, set confirmedToken to its value, and run `pulumi up` again",
  ].join("\n");
}

function recordText({ domain, proof }: Waiting): string {
  return `TXT ${txtRecordName(domain)} = ${proof}`;
}
