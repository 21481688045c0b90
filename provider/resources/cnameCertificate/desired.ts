import { resolve } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import type { Certificate, KnownPems } from "../../pem";
import { certificateProblems, isPem, readCertificate } from "../../pem";
import type { Run } from "../../run";
import { readTextFile } from "../../textFile";
import type { CheckFailure } from "../lifecycle";
import { isUnknown } from "../lifecycle";
import type { CnameCertificateArgs } from "./resource";

/** Inputs of CnameCertificate: a CertId, a pair of PEM strings or a pair of files. */
export type CertificateInputs = pulumi.Unwrap<CnameCertificateArgs> & {
  /** Added by `check`: the content of a file is part of what is declared. Absent for a CertId. */
  readonly chainDigest?: string;
  /** Added by `check`, for people: previews show which inputs change, and a digest says nothing. ISO 8601. */
  readonly validTo?: string;
};

/** The CertId of a certificate that is not issued yet. A domain stays as it is until there is one. */
export const NO_CERTIFICATE = "pending";

/** What is declared, with files read. It holds the key: never logged, never returned. */
export type DesiredCertificate =
  | { readonly certId: string; readonly pair?: undefined }
  | { readonly certId?: undefined; readonly pair: DesiredPair };

interface DesiredPair {
  readonly certificate: string;
  readonly privateKey: string;
  /** What the chain says. */
  readonly read: Certificate;
}

/** Throws when a file cannot be read. */
export function readDesired(inputs: CertificateInputs, known: KnownPems): DesiredCertificate {
  if (inputs.certId !== undefined) return { certId: inputs.certId };
  const certificate = pemOf(inputs, "certificate");
  return { pair: { certificate, privateKey: pemOf(inputs, "privateKey"), read: readCertificate(certificate, known) } };
}

/** SHA-256 of the declared chain; empty for a CertId. */
export function digestOf({ pair }: DesiredCertificate): string {
  return pair?.read.chainDigest ?? "";
}

/** The declared chain, or `undefined` where it cannot be read: `check` reports that. */
export function readChainQuietly(
  inputs: { readonly certificate?: string | undefined; readonly certificateFile?: string | undefined },
  known: KnownPems,
): Certificate | undefined {
  try {
    return readCertificate(pemOf(inputs, "certificate"), known);
  } catch {
    return undefined;
  }
}

/**
 * Everything that can be wrong with what is declared, before anything is sent, and the inputs that its chain adds.
 *
 * Pulumi prints the value of the property that a failure names, even of a secret one. So these failures name no
 * property, but their texts do.
 */
export function checkCertificate(
  olds: Pick<CertificateInputs, "chainDigest">,
  news: CertificateInputs,
  { knownCertificates, knownPems, clock }: Pick<Run, "knownCertificates" | "knownPems" | "clock">,
): { added: Pick<CertificateInputs, "chainDigest" | "validTo">; failures: CheckFailure[] } {
  const failures = checkForms(news);
  if (failures.length > 0 || news.certId !== undefined) return { added: {}, failures };
  const [chainProperty, keyProperty] = pairProperties(news);

  const pem: { certificate?: string; privateKey?: string } = {};
  for (const [half, property] of [
    ["certificate", chainProperty],
    ["privateKey", keyProperty],
  ] as const) {
    if (isUnknown(news[property])) continue;
    try {
      pem[half] = pemOf(news, half);
    } catch (error) {
      failures.push(failure(property, (error as Error).message));
    }
  }
  // A value that is not known yet cannot be wrong yet.
  const unknown = news[chainProperty];
  if (unknown !== undefined && isUnknown(unknown))
    return { added: { chainDigest: unknown, validTo: unknown }, failures };
  if (pem.certificate === undefined) return { added: {}, failures };
  const domain = isUnknown(news.domain) ? undefined : news.domain;
  const chain = readChainQuietly({ certificate: pem.certificate }, knownPems);
  const chainDigest = chain?.chainDigest;
  // One expired certificate that is in place already must not block a whole stack.
  // (A replacement is checked twice, the second time without the old inputs.)
  if (chainDigest !== undefined && chainDigest === olds.chainDigest) knownCertificates.noteInState(chainDigest);
  for (const { property, kind, reason } of certificateProblems(pem, domain, clock.now(), knownPems)) {
    if (property === "privateKey" && pem.privateKey === undefined) continue;
    if (kind === "expired" && chainDigest !== undefined && knownCertificates.isInState(chainDigest)) continue;
    const next = kind === "expired" ? EXPIRED_NEXT : "";
    failures.push(failure(property === "certificate" ? chainProperty : keyProperty, reason + next));
  }
  return { added: chain ? { chainDigest: chain.chainDigest, validTo: chain.validTo.toISOString() } : {}, failures };
}

const EXPIRED_NEXT =
  ": give the renewed one. If the domain has it already and only the resource's name is new, the option aliases with the old name keeps it";

const ID = ["certId"] as const;
const TEXTS = ["certificate", "privateKey"] as const;
const FILES = ["certificateFile", "privateKeyFile"] as const;
type Property = (typeof ID | typeof TEXTS | typeof FILES)[number];

function pairProperties(inputs: CertificateInputs): typeof TEXTS | typeof FILES {
  return FILES.some((property) => inputs[property] !== undefined) ? FILES : TEXTS;
}

/** What is wrong before any file is read. */
function checkForms(news: CertificateInputs): CheckFailure[] {
  const isGiven = (property: Property) => news[property] !== undefined;
  const [form, second] = [ID, TEXTS, FILES].filter((properties) => properties.some(isGiven));
  if (form === undefined || second !== undefined) {
    const given = [form, second].map((properties) => properties?.find(isGiven));
    const reason = "give certId, or certificate and privateKey, or certificateFile and privateKeyFile";
    return [
      { property: "", reason: form === undefined ? reason : `${given.join(" and ")} exclude each other: ${reason}` },
    ];
  }
  const failures = form.flatMap((property) => {
    const reason = isUnknown(news[property]) ? undefined : formProblem(property, news[property]);
    return reason === undefined ? [] : [failure(property, reason)];
  });
  const days: unknown = news.expiryWarningDays;
  if (days !== undefined && !isUnknown(days) && !(typeof days === "number" && days >= 0))
    failures.push({ property: "expiryWarningDays", reason: "must be a number of days" });
  return failures;
}

function formProblem(property: Property, value: unknown): string | undefined {
  if (property === "certId" && value === NO_CERTIFICATE) return undefined;
  if (value === undefined) return "is missing: a certificate and its private key go together";
  if (typeof value !== "string") return "must be a string";
  if (property === "certId" && !(/^\d+-[a-z0-9-]+$/.test(value) && value.length < 64))
    return "is not a CertId: that is a number and the certificate service's region, such as 12345-cn-hangzhou or 12345-ap-southeast-1";
  if (property.endsWith("File") && isPem(value))
    return `holds PEM and not a path: give the PEM as ${property.replace("File", "")}`;
  return undefined;
}

function failure(property: Property, reason: string): CheckFailure {
  return { property: "", reason: `${property} ${reason}` };
}

/** PEM text of one half of the pair, from the string or the file. */
function pemOf(
  inputs: { readonly [property in Property]?: string | undefined },
  half: "certificate" | "privateKey",
): string {
  const file = inputs[`${half}File`];
  if (file === undefined) return inputs[half] ?? "";
  try {
    return readTextFile(file);
  } catch (error) {
    throw new Error(`${resolve(file)} ${(error as Error).message}`);
  }
}
