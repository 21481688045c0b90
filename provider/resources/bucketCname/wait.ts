import type { TxtLook } from "../../dns/txt";
import { describeLook } from "../../dns/txt";
import { txtRecordName } from "../../names";

/** What is known of the proof of a domain at one moment. Times in milliseconds since 1970. */
export interface Situation {
  /** What DNS shows; undefined where it is not looked at. */
  readonly look: Pick<TxtLook, "present" | "blocked"> | undefined;
  /** Whether binding the domain takes it from a bucket where it is served now. */
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
  // A domain that is served is taken from there only when the new record was seen, or the user said not to look.
  const isReady = look === undefined || look.present || (!isServed && (look.blocked || isLate));
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

/** A wait, as its messages tell of it. */
export interface Waiting {
  readonly domain: string;
  readonly bucket: string;
  /** The value that the TXT record must have. */
  readonly proof: string;
  /** The bucket that serves the domain meanwhile. */
  readonly servedBy: string | undefined;
  readonly look: TxtLook | undefined;
  /** Whether OSS has been asked to bind the domain, and refused. */
  readonly wasRefused: boolean;
}

/** What a domain waits for, in a few words. */
export function waitText({ look, wasRefused, servedBy }: Waiting): string {
  if (look === undefined) return "OSS has not seen the TXT record yet";
  if (look.blocked)
    return `no DNS server can be reached from here${servedBy === undefined ? "; OSS is asked every 15 s" : ""}`;
  return look.present && wasRefused ? "the TXT record exists; OSS has not seen it yet" : "TXT record";
}

export function pendingText(waiting: Waiting): string {
  const { domain, bucket, look, wasRefused } = waiting;
  const seen = wasRefused ? "OSS does not see the record yet" : look === undefined ? "" : describeLook(look);
  return `${domain} is not bound to bucket ${bucket} yet: create the record ${recordText(waiting)}, then run \`pulumi up\` again. ${seen}`.trim();
}

export function deadlineText(waiting: Waiting): string {
  const { domain, bucket, look, servedBy, wasRefused } = waiting;
  return [
    `${domain} could not be bound to bucket ${bucket} in time: ${wasRefused ? "OSS answered NeedVerifyDomainOwnership" : "its TXT record does not exist"}.`,
    `Record to create: ${recordText(waiting)}`,
    ...(look === undefined ? [] : [describeLook(look)]),
    ...(servedBy === undefined ? [] : [`The domain is still bound to bucket ${servedBy}.`]),
    ...(servedBy !== undefined && look?.blocked
      ? ['It is not moved without a look at DNS, unless verification is "none".']
      : []),
    "The next `pulumi up` continues from here; dnsTimeoutSeconds gives it more time",
  ].join("\n");
}

function recordText({ domain, proof }: Waiting): string {
  return `TXT ${txtRecordName(domain)} = ${proof}`;
}
