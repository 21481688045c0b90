/**
 * What the command may use of the library: the linter lets `cli/` import this file, `expiry.ts` and `renewal.ts`, and
 * nothing else of `provider/`.
 *
 * It takes some 100 ms to load, so commands import it when they run, not to show their help. What is slower still,
 * above all what needs Pulumi's SDK, is loaded by the functions below when they are called.
 */
import { resolve } from "node:path";
import type { diagnoseAll as DiagnoseAll, Diagnosis } from "./diagnosis/diagnose";
import type { DiagnosisOptions } from "./diagnosis/evidence";
import type { ImportableDomain, ImportFile } from "./importFile";
import type { Run } from "./run";

export { ActionableError } from "./actionableError";
export type { Clock } from "./clock";
export type { Location } from "./config/location";
export { resolveLocation } from "./config/location";
export { settingProblems } from "./config/settings";
export type { BucketToDiagnose, Diagnosis } from "./diagnosis/diagnose";
export type { Finding } from "./diagnosis/finding";
export type { ImportableDomain } from "./importFile";
export { domainProblem, foldName } from "./names";
export { publicHost } from "./oss/endpoint";
export { isOssError } from "./oss/error";
export { sizeProblem } from "./program/size";
export type { BoundDomain, GetCnameTokenResult, ListCnamesResult } from "./queries/query";
export { queryCnames, queryCnameToken } from "./queries/query";
export type { Renewal, Renewals } from "./renewal";
export { Run } from "./run";
export { saveFile } from "./saveFile";

/** Checks everything that a domain needs to be served. */
export async function diagnose(run: Run, options: DiagnosisOptions): Promise<Diagnosis> {
  return (await import("./diagnosis/diagnose.js")).diagnose(run, options);
}

/** Checks everything that all domains of some buckets need. */
export async function diagnoseAll(...args: Parameters<typeof DiagnoseAll>): Promise<Diagnosis[]> {
  return (await import("./diagnosis/diagnose.js")).diagnoseAll(...args);
}

/** What `pulumi import --file` needs to take over bound domains. */
export async function importFile(run: Run, domains: readonly ImportableDomain[]): Promise<ImportFile> {
  return (await import("./importFile.js")).importFile(run, domains);
}

/** The entries of the files that `oss-cname:domainsFile` names, and what keeps any of them from being read. */
export async function readDomainsFiles(
  value: unknown,
  rootDirectory: string,
): Promise<{ readonly entries: unknown[]; readonly problems: string[] }> {
  const { domainsFiles, readDomainsFile } = await import("./program/domainsFile.js");
  const names = domainsFiles(value) ?? [];
  const files = names.map((name) => readDomainsFile(resolve(rootDirectory, name)));
  return {
    entries: files.flatMap(({ entries }) => entries),
    problems: files.flatMap(({ problems }, index) =>
      problems.map(({ line, text }) => `${names[index]}${line === undefined ? "" : `:${line}`}: ${text}`),
    ),
  };
}
