import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { MOST_NAMES } from "../acmeCertificate/declared";
import type { AcmeBucketArgs } from "../acmeCertificate/resource";
import { AcmeCertificate } from "../acmeCertificate/resource";
import type { BucketCnamesCertificateArgs } from "../bucketCnames/resource";
import { NO_CERTIFICATE } from "../cnameCertificate/desired";
import type { Accounts, AcmeOptions } from "../customDomain/automatic";
import { certificateArgs, challengeOf, servedBy } from "../customDomain/automatic";
import type { Dns } from "../customDomain/dns";

/** A domain whose certificate is issued by itself. */
export interface AutomaticDomain {
  readonly domain: string;
  readonly options: AcmeOptions;
  /** Where it is bound. */
  readonly place: AcmeBucketArgs;
  /** Part of the names of resources: what tells the domains of another bucket from the others. */
  readonly bucketName: string | undefined;
}

/**
 * Certificates that domains share: one for each kind of options, and with `http-01` for each bucket, with at most 100
 * names. Gives what each domain has of them.
 */
export function shareCertificates(
  name: string,
  domains: readonly AutomaticDomain[],
  dns: Dns,
  accounts: Accounts,
  shared: AcmeOptions | undefined,
  opts: pulumi.CustomResourceOptions,
): Map<string, BucketCnamesCertificateArgs> {
  const groups = new Map<string, AutomaticDomain[]>();
  for (const domain of domains) {
    const { options, bucketName = "" } = domain;
    const isThroughBucket = challengeOf(options, dns) === "http-01";
    const id = [
      ...(isThroughBucket ? [bucketName] : []),
      ...(isSame(options, shared)
        ? []
        : [createHash("sha256").update(JSON.stringify(options)).digest("hex").slice(0, 6)]),
    ];
    const key = [name, ...id].filter((part) => part !== "").join("-");
    groups.set(key, [...(groups.get(key) ?? []), domain]);
  }
  const served = new Map<string, BucketCnamesCertificateArgs>();
  for (const [group, members] of groups) {
    const [{ options }] = members as [AutomaticDomain];
    const isThroughBucket = challengeOf(options, dns) === "http-01";
    const byName = new Map(members.map((member) => [member.domain, member]));
    // A wildcard is one name for any number of domains.
    const chunks = options.wildcard ? [[...byName.keys()]] : chunksOf([...byName.keys()]);
    for (const [index, chunk] of chunks.entries()) {
      if (chunk.length === 0) continue;
      const places = chunk.flatMap((domain) => byName.get(domain)?.place ?? []);
      const certificate = new AcmeCertificate(
        index === 0 ? group : `${group}-${index}`,
        {
          ...certificateArgs(options, dns, accounts, chunk, unique(places)),
          ...(isThroughBucket && { unready: "pending" as const }),
        },
        opts,
      );
      const { certId, covers } = certificate;
      for (const domain of chunk) {
        // A domain that is new here is bound first, and gets its certificate in the next `up`.
        const own = isThroughBucket
          ? pulumi.all([certId, covers]).apply(([id, names]) => (names.includes(domain) ? id : NO_CERTIFICATE))
          : certId;
        served.set(domain, servedBy(own, options));
      }
    }
  }
  return served;
}

/**
 * Puts names into as few chunks as can be without one of them being full, by rendezvous hashing: a name that is added
 * changes one chunk alone, and a chunk that is added takes from the others, which keep their certificates.
 */
export function chunksOf(names: readonly string[]): string[][] {
  const count = names.length <= MOST_NAMES ? 1 : Math.ceil(names.length / USUAL_NAMES);
  const chunks: string[][] = Array.from({ length: count }, () => []);
  for (const name of [...names].sort()) {
    const ranked = chunks
      .map((chunk, index) => ({ chunk, rank: rankOf(name, index) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1));
    ranked.find(({ chunk }) => chunk.length < MOST_NAMES)?.chunk.push(name);
  }
  return chunks;
}

const USUAL_NAMES = 80;

function rankOf(name: string, index: number): string {
  return createHash("sha256").update(`${index} ${name}`).digest("hex");
}

function unique(places: readonly AcmeBucketArgs[]): AcmeBucketArgs[] {
  const seen = new Map<unknown, AcmeBucketArgs>();
  for (const place of places) {
    const key = Object.values(place).every((value) => typeof value === "string") ? JSON.stringify(place) : place;
    if (!seen.has(key)) seen.set(key, place);
  }
  return [...seen.values()];
}

function isSame(one: AcmeOptions, other: AcmeOptions | undefined): boolean {
  return other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
