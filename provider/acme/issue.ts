import { createHash } from "node:crypto";
import { ActionableError, factsOf } from "../actionableError";
import { certificateProblems, readCertificate } from "../pem";
import type { AcmeClient, AcmeReply } from "./client";
import { AcmeError, described, isAcmeError, readProblem } from "./error";
import { thumbprint } from "./jws";
import type { KeyType } from "./x509";
import { makeKey } from "./x509";

/** A certificate to be issued. */
export interface Order {
  /** Lower-case; wildcards as `*.example.com`. */
  readonly names: readonly string[];
  readonly keyType: KeyType;
  /** One of the CA's profiles. Default: the CA's own choice. */
  readonly profile?: string | undefined;
  /** `renewalId` of the certificate that this one replaces. */
  readonly replaces?: string | undefined;
  readonly challengeType: "dns-01" | "http-01";
  /**
   * Called for each name that the CA wants proof of. Resolves when the CA may look; `undo` is called in every outcome
   * after that.
   */
  readonly prove: (challenge: Challenge) => Promise<{ readonly undo: () => Promise<void> }>;
}

/** What proves that a name is ours. */
export interface Challenge {
  /** Without `*.` */
  readonly name: string;
  readonly wildcard: boolean;
  /** http-01: the file name below `/.well-known/acme-challenge/`. */
  readonly token: string;
  /** dns-01: the value of the TXT record at `_acme-challenge.<name>`. http-01: the content of the file. */
  readonly value: string;
}

/** A certificate and its key, which is in memory only. */
export interface Issued {
  /** Chain, PEM, leaf first. */
  readonly certificate: string;
  /** PEM. */
  readonly privateKey: string;
}

/**
 * Orders a certificate (RFC 8555): proves the names that are not proven yet, makes a key, has it certified.
 *
 * @throws AcmeError, and whatever `prove` throws
 */
export async function issueCertificate(client: AcmeClient, order: Order): Promise<Issued> {
  const { location, json } = await newOrder(client, order);
  const what = `The order for ${listed(order.names)}`;
  if (location === undefined)
    throw new AcmeError(`newOrder at the CA ${client.host} got a reply without the order's URL`);
  await settled(strings(json.authorizations).map((url) => authorize(client, order, url)));
  const ready = await poll(client, what, location, (status) => status !== "pending");
  if (ready.json.status !== "ready") throw failedOrder(client, what, ready);

  const { privateKey, request } = await makeKey(order.keyType, order.names);
  const finished = await finalize(client, what, { location, ready, request });
  if (finished.json.status !== "valid") throw failedOrder(client, what, finished);
  const { text } = await client.post(
    `certificate of ${listed(order.names)}`,
    urlIn(client, what, finished.json, "certificate"),
  );
  const issued = { certificate: text, privateKey };
  const problem = issuedProblem(issued, order.names, client.clock.now());
  if (problem === undefined) return issued;
  throw new AcmeError(`The certificate that the CA ${client.host} issued for ${listed(order.names)} ${problem}`);
}

/**
 * Where the CA does not take the certificate to be replaced (another one has replaced it, it is another account's, or the
 * CA has lost it, which Pebble calls an error of its own), it is asked without.
 */
async function newOrder(client: AcmeClient, { names, profile, replaces }: Order): Promise<AcmeReply> {
  const { newOrder: url, meta, renewalInfo } = await client.directory();
  const profiles = Object.keys(meta?.profiles ?? {});
  if (profile !== undefined && !profiles.includes(profile))
    throw new AcmeError(
      `The CA ${client.host} has no profile ${JSON.stringify(profile)}; it has ${profiles.join(", ") || "none"}. Nothing was ordered.`,
      { problem: { type: "invalidProfile", detail: "", subproblems: [] } },
    );
  const payload = {
    identifiers: names.map((value) => ({ type: "dns", value })),
    ...(profile !== undefined && { profile }),
  };
  const what = `newOrder for ${listed(names)}`;
  if (replaces === undefined || renewalInfo === undefined) return client.post(what, url, payload);
  try {
    return await client.post(what, url, { ...payload, replaces });
  } catch (error) {
    if (!isAcmeError(error, "alreadyReplaced", "malformed", "unauthorized", "serverInternal")) throw error;
    return client.post(what, url, payload);
  }
}

/** Proves one name, unless the CA has proof of it from an earlier order. */
async function authorize(client: AcmeClient, order: Order, url: string): Promise<void> {
  const { json } = await client.post("authorization", url);
  if (json.status === "valid") return;
  const name = String((json.identifier as { value?: unknown } | undefined)?.value);
  const wildcard = json.wildcard === true;
  const what = `The authorization of ${wildcard ? "*." : ""}${name}`;
  const offered = Array.isArray(json.challenges) ? (json.challenges as Record<string, unknown>[]) : [];
  const challenge = offered.find(({ type }) => type === order.challengeType);
  if (challenge === undefined) {
    const types = offered.map(({ type }) => String(type)).join(", ");
    throw new AcmeError(`${what} cannot be proven by ${order.challengeType}: the CA ${client.host} offers ${types}`);
  }
  const token = String(challenge.token);
  const answer = `${token}.${thumbprint(await client.accountKey())}`;
  const value = order.challengeType === "dns-01" ? createHash("sha256").update(answer).digest("base64url") : answer;
  const { undo } = await order.prove({ name, wildcard, token, value });
  await undone(undo, async () => {
    await respond(client, name, url, urlIn(client, what, challenge, "url"));
    const judged = await poll(client, what, url, (status) => status !== "pending");
    if (judged.json.status !== "valid") throw failedAuthorization(client, what, order.challengeType, judged);
  });
}

/** A CA that has seen the request, whose reply was lost, refuses it the second time. */
async function respond(client: AcmeClient, name: string, authorization: string, challenge: string): Promise<void> {
  try {
    await client.post(`challenge for ${name}`, challenge, {});
  } catch (error) {
    if (!isAcmeError(error, "malformed")) throw error;
    const { json } = await client.post("authorization", authorization);
    if (json.status === "pending") throw error;
  }
}

/** Undoes in every outcome. What could not be undone hides no other failure. */
async function undone(undo: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await undo().catch((failure) => {
      throw new ActionableError(
        `${factsOf(error)} What proved the name could not be taken away: ${factsOf(failure)}`,
        error instanceof ActionableError ? error.remedy : undefined,
        { cause: error },
      );
    });
    throw error;
  }
  await undo();
}

/** After a lost reply the request may have been taken: the order tells. */
async function finalize(
  client: AcmeClient,
  what: string,
  { location, ready, request }: { readonly location: string; readonly ready: AcmeReply; readonly request: Buffer },
): Promise<AcmeReply> {
  try {
    await client.post(`finalize of ${what}`, urlIn(client, what, ready.json, "finalize"), {
      csr: request.toString("base64url"),
    });
  } catch (error) {
    if (!isAcmeError(error, "orderNotReady")) throw error;
  }
  return poll(client, what, location, (status) => status !== "processing" && status !== "ready");
}

async function poll(
  client: AcmeClient,
  what: string,
  url: string,
  isDone: (status: unknown) => boolean,
): Promise<AcmeReply> {
  const deadline = client.clock.now() + LONGEST_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const reply = await client.post(what, url);
    if (isDone(reply.json.status)) return reply;
    if (client.clock.now() >= deadline)
      throw new AcmeError(`${what} is still ${String(reply.json.status)} at the CA ${client.host} after ten minutes`, {
        remedy: "run `pulumi up` again later: what is proven stays proven",
      });
    await client.clock.sleep(Math.max(pauseMs, Math.min(reply.retryAfterMs ?? 0, deadline - client.clock.now())));
  }
}

function failedAuthorization(client: AcmeClient, what: string, type: string, { json }: AcmeReply): AcmeError {
  const challenges = Array.isArray(json.challenges) ? (json.challenges as Record<string, unknown>[]) : [];
  const problem = readProblem(challenges.find((challenge) => challenge.error !== undefined)?.error);
  return new AcmeError(`${what} by ${type} failed at the CA ${client.host}: ${described(problem)}`, { problem });
}

function failedOrder(client: AcmeClient, what: string, { json }: AcmeReply): AcmeError {
  const problem = readProblem(json.error);
  return new AcmeError(`${what} is ${String(json.status)} at the CA ${client.host}: ${described(problem)}`, {
    problem,
  });
}

/** Waits for all, so that everything is undone, and then fails with all that failed. */
async function settled(all: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(all);
  const failures: unknown[] = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  const [first, ...others] = failures;
  if (others.length === 0 && first !== undefined) throw first;
  if (failures.length === 0) return;
  const remedy = failures.map((failure) => (failure instanceof ActionableError ? failure.remedy : undefined));
  throw new ActionableError(
    failures.map(factsOf).join("\n"),
    remedy.find((next) => next !== undefined),
  );
}

/** What keeps a certificate from being used: a sentence without its subject. */
function issuedProblem(issued: Issued, names: readonly string[], now: number): string | undefined {
  // A clock that is behind the CA's must not cost a certificate.
  const problem = certificateProblems(issued, undefined, now).find(({ kind }) => kind !== "notYetValid");
  if (problem !== undefined) return problem.reason;
  const covered = readCertificate(issued.certificate).names;
  const missing = names.filter((name) => !covered.includes(name));
  return missing.length === 0 ? undefined : `does not cover ${listed(missing)}; it is for ${listed(covered)}`;
}

function urlIn(client: AcmeClient, what: string, json: Readonly<Record<string, unknown>>, field: string): string {
  const url = json[field];
  if (typeof url === "string") return url;
  throw new AcmeError(`${what} has no URL called ${field} at the CA ${client.host}`);
}

function listed(names: readonly string[]): string {
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_MS = 10 * 60_000;
