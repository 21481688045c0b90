import { bucketProblem } from "../../oss/endpoint";
import { isOssError } from "../../oss/error";
import type { Run } from "../../run";
import { checkCertificate } from "../cnameCertificate/desired";
import type { CheckFailure, Found, ResourceProvider } from "../lifecycle";
import { isUnknown, Lifecycle, PartialFailure, plain, UNKNOWN } from "../lifecycle";
import type { Inputs, JudgedCertificate } from "./declared";
import { declaredDomain, foldDomains, withDigests } from "./declared";
import type { DeclaredDomain, Parts, Singles } from "./domain";
import {
  declaredCname,
  deleteDomain,
  ensureDomain,
  importDomain,
  isDomainChanged,
  readDomain,
  releaseRecords,
} from "./domain";
import { checkFailures, DomainFailures } from "./failures";
import { resultsOf } from "./results";
import type { RecordedDomains } from "./state";
import { packDomains, unpackDomains } from "./state";
import { toDoOf, warningsOf } from "./warnings";

export class BucketCnamesLifecycle extends Lifecycle implements ResourceProvider<Inputs, RecordedDomains> {
  readonly #singles: Singles;
  /**
   * What the resources of this kind have on record, whatever they declare now: noted by `diff`. A domain that goes from
   * one to another, or to the replacement of its own, goes on from there.
   */
  readonly #recorded = new Map<string, Parts>();
  /** Domains that a resource of this kind has in its inputs and no longer declares: noted by `check`. */
  readonly #leaving = new Set<string>();
  /** Domains that a resource of this kind declares and has on record: noted by `diff`, `create` and `update`. */
  readonly #kept = new Set<string>();
  /** Domains that `create` and `update` have brought to what is declared. */
  readonly #done = new Set<string>();

  constructor(run: Run, singles: Singles) {
    super(run);
    this.#singles = singles;
  }

  async check(olds: Partial<Inputs>, news: Inputs) {
    if (isUnknown(news.domains)) return { inputs: news, failures: [] };
    const { inputs: folded, failures: ofNames } = foldDomains(news);
    if (ofNames.length > 0) return { inputs: news, failures: ofNames };
    for (const domain of Object.keys(olds.domains ?? {}))
      if (folded.domains[domain] === undefined) this.#leaving.add(domain);
    const judged = await Promise.all(
      Object.keys(folded.domains).map((domain) =>
        this.#judge(declaredDomain(folded, domain), olds.domains?.[domain] && declaredDomain(olds as Inputs, domain)),
      ),
    );
    const mistakes = checkFailures(judged.map(({ domain, mistakes }) => [domain, mistakes]));
    const foreseen = async () =>
      checkFailures(await Promise.all(judged.map(async (each) => [each.domain, await this.#foreseen(each)] as const)));
    const failures = mistakes.length > 0 ? mistakes : await this.run.notices.gather(foreseen);
    return { inputs: withDigests(folded, judged, this.run), failures };
  }

  async diff(_id: string, olds: RecordedDomains, news: Inputs) {
    if (isUnknown(news.domains)) return { changes: true, replaces: [] };
    const recorded = unpackDomains(olds);
    for (const [domain, parts] of recorded) {
      this.#recorded.set(domain, parts);
      if (news.domains[domain] !== undefined) this.#kept.add(domain);
    }
    // Pulumi deletes what was replaced after everything else, when it is known what other resources declare.
    const replaces = [...recorded.keys()].some((domain) => news.domains[domain] === undefined) ? ["domains"] : [];
    const changed = await Promise.all(
      Object.keys(news.domains).map((domain) =>
        isDomainChanged(this.#singles, declaredDomain(news, domain), recorded.get(domain) ?? {}),
      ),
    );
    return { changes: replaces.length > 0 || changed.includes(true), replaces };
  }

  preview({ bucket }: Inputs) {
    const unknown = { buckets: UNKNOWN, certificates: UNKNOWN, zones: UNKNOWN, bindings: UNKNOWN };
    return { bucket, ...unknown, results: UNKNOWN };
  }

  warnings(inputs: Inputs, outs?: RecordedDomains) {
    return warningsOf(this.run, inputs, outs);
  }

  toDo(inputs: Inputs, outs: RecordedDomains) {
    return toDoOf(inputs, outs);
  }

  shown(outs: RecordedDomains) {
    return { ...outs, results: resultsOf(outs) };
  }

  async create(inputs: Inputs) {
    return { id: inputs.bucket, outs: await this.#ensure(inputs.bucket, inputs, new Map()) };
  }

  async read(id: string, props?: RecordedDomains): Promise<Found<Partial<Inputs>, RecordedDomains>> {
    if (props?.bindings === undefined) return this.#import(id);
    const found = await Promise.all(
      [...unpackDomains(props)].map(
        async ([domain, parts]) => [domain, await readDomain(this.#singles, domain, parts)] as const,
      ),
    );
    return { id, props: plain(packDomains(props.bucket, new Map(found))) };
  }

  async update(id: string, olds: RecordedDomains, news: Inputs) {
    return { outs: await this.#ensure(id, news, unpackDomains(olds)) };
  }

  async delete(_id: string, olds: RecordedDomains) {
    const recorded = unpackDomains(olds);
    const leaving = [...recorded.keys()].filter((domain) => !this.#kept.has(domain));
    // The resource that has the domain now may make no records, and may have been made before this one was heard of.
    for (const [domain, parts] of recorded) if (this.#done.has(domain)) await releaseRecords(this.#singles, parts);
    const failures = new Map<string, Error>();
    await this.#each(leaving, async (domain) => {
      try {
        await deleteDomain(this.#singles, domain, recorded.get(domain) ?? {});
      } catch (error) {
        failures.set(domain, error as Error);
      }
    });
    if (failures.size > 0) throw new DomainFailures(failures, leaving.length);
  }

  /** All domains of a bucket, with their certificates. Their records are adopted when they are declared. */
  async #import(bucket: string) {
    const problem = bucketProblem(bucket);
    if (problem !== undefined)
      throw new Error(
        `${JSON.stringify(bucket)} is not the id of a BucketCnames: an id is the name of a bucket (${problem})`,
      );
    const bound = [...(await this.run.bucket({ bucket }).bindings()).values()];
    if (bound.length === 0) throw new Error(`No BucketCnames ${bucket}: no domain is bound to the bucket`);
    const found = await Promise.all(
      bound.map(async (entry) => [entry.domain, await importDomain(this.#singles, bucket, entry)] as const),
    );
    const domains = found.map(([domain, { certificate }]) => {
      return [domain, certificate ? { certificate: { certId: certificate.certId } } : {}] as const;
    });
    const props = plain(packDomains(bucket, new Map(found)));
    return { id: bucket, props, inputs: { bucket, domains: Object.fromEntries(domains) } };
  }

  /** Each domain by itself: those that fail do not keep the others from being done and recorded. */
  async #ensure(id: string, inputs: Inputs, olds: ReadonlyMap<string, Parts>): Promise<RecordedDomains> {
    const failures = new Map<string, Error>();
    const done = await this.#each(Object.keys(inputs.domains), async (domain) => {
      const { parts, failure } = await this.#ensureDomain(declaredDomain(inputs, domain), olds.get(domain));
      if (failure === undefined) this.#done.add(domain);
      else failures.set(domain, failure);
      return [domain, parts] as const;
    });
    const made = done.filter(([, parts]) => Object.keys(parts).length > 0);
    const outs = plain(packDomains(inputs.bucket, new Map(made)));
    if (failures.size === 0) return outs;
    const error = new DomainFailures(failures, done.length);
    // Nothing was made.
    if (olds.size === 0 && made.length === 0) throw error;
    throw new PartialFailure(id, inputs, outs, error);
  }

  /** All at once: what is asked of a service, and of DNS, waits for its turn there. */
  #each<T>(domains: readonly string[], work: (domain: string) => Promise<T>): Promise<T[]> {
    const { progress } = this.run;
    progress.begin(domains.length);
    return Promise.all(domains.map((domain) => work(domain).finally(() => progress.finish())));
  }

  async #ensureDomain(declared: DeclaredDomain, old: Parts | undefined) {
    const { domain } = declared.binding;
    this.#kept.add(domain);
    const before = old ?? this.#recorded.get(domain);
    const attempt = await ensureDomain(this.run, this.#singles, declared, before ?? {});
    if (before !== undefined || !isBoundElsewhere(attempt.failure)) return attempt;
    const origin = await this.#origin(domain);
    return origin === undefined ? attempt : ensureDomain(this.run, this.#singles, declared, origin);
  }

  /**
   * What another resource of this kind has on record of a domain: Pulumi may not have asked yet whether that one changes.
   */
  async #origin(domain: string): Promise<Parts | undefined> {
    for (let waited = 0; !this.#recorded.has(domain) && waited < ORIGIN_WAIT_MS; waited += ORIGIN_PAUSE_MS)
      await this.run.clock.sleep(ORIGIN_PAUSE_MS);
    return this.#recorded.get(domain);
  }

  /** What is wrong with the inputs themselves, and what a certificate adds to them. Sends nothing. */
  async #judge(declared: DeclaredDomain, before: DeclaredDomain | undefined): Promise<Judged> {
    const { binding, certificate } = declared;
    const { domain } = binding;
    const { failures } = await this.#singles.bucketCname.check({ domain }, binding);
    if (certificate === undefined) return { domain, declared, before, mistakes: failures, added: {} };
    this.#singles.cnameCertificate.note(before?.certificate ?? {}, certificate);
    const checked = checkCertificate(before?.certificate ?? {}, certificate, this.run);
    return { domain, declared, before, mistakes: [...failures, ...checked.failures], added: checked.added };
  }

  /** What is in the way of a domain that is new here. */
  async #foreseen({ domain, declared, before }: Judged): Promise<CheckFailure[]> {
    const { bucketCname, cnameCertificate, alidnsRecord } = this.#singles;
    const { binding, certificate } = declared;
    // A replacement is checked twice, the second time without the old inputs.
    const isOurs = this.#leaving.has(domain) || this.#recorded.has(domain);
    const failures = await bucketCname.foresee(before?.binding ?? (isOurs ? { domain } : {}), binding);
    if (failures.length > 0) return failures;
    const cname = declaredCname(declared, this.run.bucket(binding));
    if (cname !== undefined && !isOurs) {
      const old = before && declaredCname(before, this.run.bucket(before.binding));
      failures.push(...(await alidnsRecord.check(old ?? ({} as typeof cname), cname)).failures);
    }
    if (certificate !== undefined)
      failures.push(...(await cnameCertificate.foresee(before?.certificate ?? {}, certificate)));
    return failures;
  }
}

/** A domain as `check` has judged it by itself. */
interface Judged extends JudgedCertificate {
  readonly declared: DeclaredDomain;
  /** What was declared before. */
  readonly before: DeclaredDomain | undefined;
  readonly mistakes: readonly CheckFailure[];
}

const ORIGIN_WAIT_MS = 5000;
const ORIGIN_PAUSE_MS = 250;

function isBoundElsewhere(failure: Error | undefined): boolean {
  return isOssError(failure?.cause, "CnameAlreadyExists") || isOssError(failure?.cause, "NoNeedCreateCnameToken");
}
