import type { KeyObject } from "node:crypto";
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";

/** What a PEM chain says. */
export interface Certificate {
  /** DNS names, lower-case; wildcards as `*.example.com`. */
  readonly names: readonly string[];
  readonly commonName: string | undefined;
  /** SHA-1 of the leaf, upper-case hex with colons, as OSS shows it. */
  readonly fingerprint: string;
  /** SHA-256 over the DER of all certificates in their order, hex. */
  readonly chainDigest: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Number of certificates, the leaf included. */
  readonly chainLength: number;
}

/** A certificate chain and its key, in PEM, leaf first. */
interface CertificatePair {
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
}

interface CertificateProblem {
  readonly property: "certificate" | "privateKey";
  /** Only `expired` may be acceptable: for a certificate that was accepted before. */
  readonly kind: "invalid" | "notYetValid" | "expired";
  /** For the user; contains nothing of the key. */
  readonly reason: string;
}

/** What was read already: many domains share a pair, and reading one takes longer than all else that a domain needs. */
export class KnownPems {
  readonly #chains = new Map<string, Chain | string>();
  readonly #keys = new Map<string, KeyObject | string>();

  chain(pem: string): Chain | string {
    return remembered(this.#chains, pem, readChain);
  }

  privateKey(pem: string): KeyObject | string {
    return remembered(this.#keys, pem, readPrivateKey);
  }
}

/** Reads a chain. Throws, with a reason for the user, where it cannot be read. */
export function readCertificate(certificate: string, known = new KnownPems()): Certificate {
  const chain = known.chain(certificate);
  if (typeof chain === "string") throw new Error(chain);
  const [leaf] = chain;
  const digest = createHash("sha256");
  for (const { raw } of chain) digest.update(raw);
  return {
    names: namesOf(leaf),
    commonName: commonNameOf(leaf),
    fingerprint: leaf.fingerprint,
    chainDigest: digest.digest("hex"),
    validFrom: new Date(leaf.validFrom),
    validTo: new Date(leaf.validTo),
    chainLength: chain.length,
  };
}

/** Every reason not to serve `domain` with this pair at `now` (milliseconds since 1970). */
export function certificateProblems(
  pair: CertificatePair,
  domain: string | undefined,
  now: number,
  known = new KnownPems(),
): CertificateProblem[] {
  const { certificate, privateKey } = pair;
  const chain =
    certificate === undefined ? "is missing: a private key needs its certificate" : known.chain(certificate);
  const key =
    privateKey === undefined ? "is missing: a certificate needs its private key" : known.privateKey(privateKey);
  const problems: CertificateProblem[] = [];
  if (typeof key === "string") problems.push({ property: "privateKey", kind: "invalid", reason: key });
  if (typeof chain === "string") return [{ property: "certificate", kind: "invalid", reason: chain }, ...problems];
  return [...chainProblems(chain, typeof key === "string" ? undefined : key, domain, now), ...problems];
}

/** The leaf comes first. */
type Chain = readonly [X509Certificate, ...X509Certificate[]];

/** The leaf is judged only when it is the certificate that was meant. */
function chainProblems(
  chain: Chain,
  key: KeyObject | undefined,
  domain: string | undefined,
  now: number,
): CertificateProblem[] {
  const [leaf] = chain;
  if (key !== undefined && !leaf.checkPrivateKey(key)) {
    const position = chain.findIndex((certificate) => certificate.checkPrivateKey(key)) + 1;
    if (position === 0) {
      return [{ property: "privateKey", kind: "invalid", reason: "does not belong to any certificate of the chain" }];
    }
    const reason = `must begin with the certificate of the private key, which is at position ${position} of ${chain.length}`;
    return [{ property: "certificate", kind: "invalid", reason }];
  }
  const problem = (kind: CertificateProblem["kind"], reason: string) => ({
    property: "certificate" as const,
    kind,
    reason,
  });
  const problems: CertificateProblem[] = [];
  if (domain !== undefined && leaf.checkHost(domain, { partialWildcards: false }) === undefined) {
    const names = namesOf(leaf);
    const covered = names.length > 0 ? names : [commonNameOf(leaf) ?? "no name"];
    problems.push(problem("invalid", `does not cover ${domain}; it is for ${covered.join(", ")}`));
  }
  const [validFrom, validTo] = [new Date(leaf.validFrom), new Date(leaf.validTo)];
  if (validFrom.getTime() > now) {
    problems.push(problem("notYetValid", `is not valid before ${validFrom.toISOString()}`));
  }
  if (validTo.getTime() < now) problems.push(problem("expired", `expired at ${validTo.toISOString()}`));
  return problems;
}

/** The chain, or why it cannot be read. */
function readChain(pem: string): Chain | string {
  const blocks = readBlocks(pem);
  if (blocks.length > LONGEST_CHAIN) return `contains ${blocks.length} certificates, more than any chain has`;
  const chain: X509Certificate[] = [];
  for (const [index, { label, der, text }] of blocks.entries()) {
    const where = `block ${index + 1} of ${blocks.length}`;
    if (label.endsWith("PRIVATE KEY")) return `contains a private key (${where}), which belongs in privateKey`;
    if (label !== "CERTIFICATE") return `contains something other than certificates (${where} is ${label})`;
    try {
      chain.push(new X509Certificate(text));
    } catch {
      return isPrivateKey(der)
        ? `contains a private key under a CERTIFICATE header (${where})`
        : `contains a certificate that cannot be read (${where})`;
    }
  }
  const [leaf, ...rest] = chain;
  return leaf === undefined ? 'contains no certificate ("-----BEGIN CERTIFICATE-----" in PEM)' : [leaf, ...rest];
}

/** The key, or why it cannot be read. Node's own errors are not passed on: they may quote it. */
function readPrivateKey(pem: string): KeyObject | string {
  const blocks = readBlocks(pem);
  const certificate = blocks.find(({ label }) => label === "CERTIFICATE");
  if (certificate !== undefined) {
    return isPrivateKey(certificate.der)
      ? 'is a private key under a CERTIFICATE header; the header must say what it is, such as "-----BEGIN PRIVATE KEY-----"'
      : "contains a certificate, which belongs in certificate";
  }
  const [block, second] = blocks.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block === undefined) return 'contains no private key ("-----BEGIN PRIVATE KEY-----" in PEM)';
  if (second !== undefined) return "contains more than one private key";
  if (block.label.startsWith("ENCRYPTED") || /^Proc-Type:.*ENCRYPTED/m.test(block.text)) {
    return "has a passphrase; OSS takes only keys without one";
  }
  try {
    const key = createPrivateKey(block.text);
    if (key.asymmetricKeyType !== "rsa" && key.asymmetricKeyType !== "ec")
      return `must be an RSA or EC key, not ${key.asymmetricKeyType}`;
    const { modulusLength = RSA_BITS } = key.asymmetricKeyDetails ?? {};
    return modulusLength < RSA_BITS ? `is an RSA key of ${modulusLength} bits; certificates need ${RSA_BITS}` : key;
  } catch {
    return "contains a private key that cannot be read";
  }
}

function remembered<Read>(known: Map<string, Read>, pem: string, read: (pem: string) => Read): Read {
  const found = known.get(pem);
  if (found !== undefined) return found;
  const result = read(pem);
  known.set(pem, result);
  return result;
}

/** Whether a string that should name a file holds what should be in it. */
export function isPem(text: string): boolean {
  return /-----BEGIN|\n|^[A-Za-z0-9+/=]{100,}$/.test(text);
}

const LONGEST_CHAIN = 20;
/** The least that public authorities certify. */
const RSA_BITS = 2048;

interface Block {
  /** `CERTIFICATE` */
  readonly label: string;
  readonly der: Buffer;
  /** From BEGIN to END. */
  readonly text: string;
}

/** Goes from mark to mark: one expression for whole blocks takes time in the square of what has no end. */
function readBlocks(pem: string): Block[] {
  const blocks: Block[] = [];
  let begin: { readonly label: string; readonly at: number; readonly body: number } | undefined;
  const close = (bodyEnd: number, end: number) => {
    if (begin === undefined) return;
    const der = Buffer.from(pem.slice(begin.body, bodyEnd), "base64");
    blocks.push({ label: begin.label, der, text: pem.slice(begin.at, end) });
    begin = undefined;
  };
  for (const { index, 0: mark, 1: kind, 2: label = "" } of pem.matchAll(/-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----/g)) {
    const end = index + mark.length;
    if (kind === "BEGIN") {
      // A block without an end is kept, to be reported.
      close(index, index);
      begin = { label, at: index, body: end };
    } else if (begin?.label === label) close(index, end);
  }
  close(pem.length, pem.length);
  return blocks;
}

function isPrivateKey(der: Buffer): boolean {
  return (["pkcs8", "pkcs1", "sec1"] as const).some((type) => {
    try {
      createPrivateKey({ key: der, format: "der", type });
      return true;
    } catch {
      return false;
    }
  });
}

function namesOf({ subjectAltName = "" }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([^",]+)/g)].map(([, name = ""]) => name.toLowerCase());
}

function commonNameOf({ subject }: X509Certificate): string | undefined {
  return /^CN=(.+)$/m.exec(subject)?.[1];
}
