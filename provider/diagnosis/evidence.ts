import { resolveLocation } from "../config/location";
import type { TxtLook } from "../dns/txt";
import { lookForTxt } from "../dns/txt";
import { txtRecordName } from "../names";
import type { BoundDomain, GetCnameTokenResult } from "../queries/query";
import { queryCnames, queryCnameToken } from "../queries/query";
import type { Renewals } from "../renewal";
import type { Run } from "../run";
import type { DnsRoute } from "./dnsRoute";
import { followCnames } from "./dnsRoute";
import type { Reachability } from "./reachability";
import { reachOss } from "./reachability";
import type { ServedCertificate } from "./servedCertificate";
import { servedCertificate } from "./servedCertificate";

/** What to diagnose. */
export interface DiagnosisOptions {
  /** Lower case, without a trailing dot. */
  readonly domain: string;
  /** Default: the bucket that the domain's CNAME record leads to. */
  readonly bucket?: string | undefined;
  /** `host:port` to ask for the served certificate. Default: the domain, port 443. */
  readonly connectTo?: string | undefined;
  /** Where the person gave the access key. Default: what the run says. */
  readonly keySource?: string | undefined;
  /** What is known of the bucket already. Default: it is asked. */
  readonly known?: Promise<BucketEvidence> | undefined;
  /** What states say of certificates that renew themselves. Default: nothing. */
  readonly renewals?: Renewals | undefined;
}

/** What OSS says of a bucket, whatever the domain. */
export type BucketEvidence = Pick<Evidence, "now" | "keySource" | "oss" | "bindings">;

/** What was asked and what came back, which is all that the checks look at. An `Error` is a question that failed. */
export interface Evidence {
  readonly domain: string;
  /** Given, or named by the CNAME record. */
  readonly bucket?: string | undefined;
  readonly region?: string | undefined;
  /** This machine's time when the questions were asked, in milliseconds since 1970. */
  readonly now: number;
  /** Where the access key comes from. */
  readonly keySource: string | Error;
  readonly oss: Reachability | Error;
  /** The bindings of the bucket; undefined if they were not asked for. */
  readonly bindings?: readonly BoundDomain[] | Error | undefined;
  /** Undefined if it was not asked for: the domain is bound, or the bucket could not be listed. */
  readonly token?: GetCnameTokenResult | Error | undefined;
  /** Undefined if there is no token to look for. */
  readonly txt?: TxtLook | undefined;
  readonly route: DnsRoute | Error;
  readonly served: ServedCertificate | Error;
  /** What states say of certificates that renew themselves. */
  readonly renewals?: Renewals | undefined;
}

/** Asks DNS, OSS and the web server. Writes nothing, and never throws because of an answer. */
export async function gatherEvidence(run: Run, options: DiagnosisOptions): Promise<Evidence> {
  const { domain, connectTo, renewals } = options;
  const route = await settled(followCnames(domain, run.settings.dnsServers));
  const named = route instanceof Error ? undefined : route;
  const bucket = options.bucket ?? named?.bucket;
  const region = resolveLocation({}, run.settings).region ?? named?.region;
  const [account, served] = await Promise.all([
    askOss(run, { ...options, bucket }, region),
    settled(servedCertificate(domain, connectTo)),
  ]);
  return { domain, bucket, region, route, served, renewals, ...account };
}

/** Asks OSS for a bucket, for all its domains at once. Never throws because of an answer. */
export async function askBucket(
  run: Run,
  { bucket, keySource: given }: Pick<DiagnosisOptions, "bucket" | "keySource">,
  region = resolveLocation({}, run.settings).region,
): Promise<BucketEvidence> {
  const keySource = await settled(run.credentials.get().then(() => given ?? run.credentials.sourceName));
  const oss = await settled(reachOss(run, bucket, region));
  const reached = { keySource, oss, now: run.clock.now() };
  if (bucket === undefined || keySource instanceof Error || oss instanceof Error) return reached;
  const bindings = await settled(queryCnames(run, { bucket, region }).then(({ cnames }) => cnames));
  return { ...reached, bindings };
}

async function askOss(
  run: Run,
  { domain, bucket, keySource, known }: DiagnosisOptions,
  region: string | undefined,
): Promise<BucketEvidence & Pick<Evidence, "token" | "txt">> {
  const asked = await (known ?? askBucket(run, { bucket, keySource }, region));
  const { bindings } = asked;
  if (bucket === undefined || bindings === undefined || bindings instanceof Error) return asked;
  if (findBinding(bindings, domain) !== undefined) return asked;
  const token = await settled(queryCnameToken(run, { bucket, region, domain }));
  if (token instanceof Error) return { ...asked, token };
  const txt = await lookForTxt(txtRecordName(domain), token.token, { servers: run.settings.dnsServers });
  return { ...asked, token, txt };
}

/** The binding of the domain, `null` if the bucket does not list it, `undefined` if the bucket was not listed. */
export function bindingIn({ bindings, domain }: Evidence): BoundDomain | null | undefined {
  if (bindings === undefined || bindings instanceof Error) return undefined;
  return findBinding(bindings, domain) ?? null;
}

/** Why the bucket was not listed, for checks that depend on the list. */
export function whyNotListed({ keySource, oss, bucket }: Evidence): string {
  if (keySource instanceof Error) return "not asked: there is no access key";
  if (oss instanceof Error) return "not asked: OSS was not reached";
  if (bucket === undefined) return "not asked: give --bucket, because no CNAME record leads to a bucket";
  return "the bucket could not be listed";
}

function findBinding(bindings: readonly BoundDomain[], domain: string): BoundDomain | undefined {
  return bindings.find((binding) => binding.domain.toLowerCase() === domain);
}

function settled<T>(answer: Promise<T>): Promise<T | Error> {
  return answer.catch((error: Error) => error);
}
