import type * as pulumi from "@pulumi/pulumi";
import { domainProblem, foldName } from "../../names";
import { bucketProblem, endpointProblem, regionProblem } from "../../oss/endpoint";
import type { CheckFailure } from "../lifecycle";
import { failuresOf, isUnknown } from "../lifecycle";
import type { AcmeCertificateArgs } from "./resource";

type Given = pulumi.Unwrap<AcmeCertificateArgs>;

/** Inputs as `check` leaves them: names folded, defaults filled in, the directory as a URL. */
export interface Inputs extends Given {
  readonly names: string[];
  readonly challenge: "dns-01" | "http-01";
  readonly directory: string;
  readonly keyType: "P-256" | "RSA-2048";
}

/** As many as one order of Let's Encrypt may have. */
export const MOST_NAMES = 100;

/** `directoryOf` gives the URL of a directory, or of the stack's one; it throws where the name is not known. */
export function checkDeclared(
  news: Given,
  directoryOf: (given: string | undefined) => string,
): { inputs: Inputs; failures: CheckFailure[] } {
  const failures: CheckFailure[] = [];
  const refuse = (property: string, reason: string) => void failures.push({ property, reason });
  const choice = <T extends string>(property: string, given: unknown, allowed: readonly [T, ...T[]]): T => {
    if (given === undefined) return allowed[0];
    if (!isUnknown(given) && !allowed.includes(given as T))
      refuse(property, `${JSON.stringify(given)} is not ${allowed.join(" or ")}`);
    return given as T;
  };
  const challenge = choice("challenge", news.challenge, ["dns-01", "http-01"]);
  const keyType = choice("keyType", news.keyType, ["P-256", "RSA-2048"]);
  choice("unready", news.unready, ["wait", "pending"]);
  const names = isUnknown(news.names) ? news.names : checkNames(news.names, challenge, refuse);
  let directory = news.directory ?? "";
  if (!isUnknown(directory))
    try {
      directory = directoryOf(news.directory);
    } catch (error) {
      refuse("directory", (error as Error).message);
    }
  const days: unknown = news.renewBefore;
  if (days !== undefined && !isUnknown(days) && !(typeof days === "number" && days > 0))
    refuse("renewBefore", `${JSON.stringify(days)} is not a number of days`);
  checkPlaces(news, challenge, refuse);
  return { inputs: { ...news, names, challenge, keyType, directory }, failures };
}

type Refuse = (property: string, reason: string) => void;

function checkNames(given: unknown, challenge: string, refuse: Refuse): string[] {
  if (!Array.isArray(given) || given.length === 0) {
    refuse("names", "must be a list of at least one name");
    return [];
  }
  const names = [...new Set(given.map((name) => (typeof name === "string" ? foldName(name) : name)))].sort();
  if (names.length > MOST_NAMES)
    refuse(
      "names",
      `has ${names.length} names: a certificate has at most ${MOST_NAMES}. Declare several, or a wildcard`,
    );
  for (const name of names) {
    if (isUnknown(name)) continue;
    if (typeof name !== "string") {
      refuse("names", `${JSON.stringify(name)} is not a name`);
      continue;
    }
    const isWildcard = name.startsWith("*.");
    const problem = domainProblem(isWildcard ? name.slice(2) : name);
    if (problem !== undefined) refuse("names", problem);
    else if (isWildcard && challenge === "http-01")
      refuse("names", `${name} is a wildcard, which can be proven by dns-01 only`);
  }
  return names;
}

function checkPlaces({ buckets = [], dns, retire }: Given, challenge: string, refuse: Refuse): void {
  if (isUnknown(buckets)) return;
  if (!Array.isArray(buckets)) refuse("buckets", "must be a list of {bucket, region, endpoint}");
  else if (buckets.length === 0 && challenge === "http-01")
    refuse("buckets", "is missing: http-01 puts an object into the bucket that a name is bound to");
  else if (buckets.length === 0 && retire)
    refuse("buckets", "is missing: retire deletes a certificate once none of these buckets lists it");
  else {
    const checks = buckets.flatMap(({ bucket, region, endpoint }) => [
      ...failuresOf([
        [
          "buckets",
          bucket ?? null,
          (given) => (typeof given === "string" ? bucketProblem(given) : "bucket is missing"),
        ],
        ["buckets", region, regionProblem],
        ["buckets", endpoint, endpointProblem],
      ]),
    ]);
    for (const { property, reason } of checks) refuse(property, reason);
  }
  if (dns?.profile !== undefined && dns.environment)
    refuse("dns", "profile and environment exclude each other: one account has the zone");
}
