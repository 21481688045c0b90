import { webcrypto } from "node:crypto";

/** Loaded only where a certificate is ordered: it takes longer than all else that a process loads. */
function library(): typeof import("@peculiar/x509") {
  require("reflect-metadata");
  return require("@peculiar/x509");
}

/** A key in memory, and the request that a CA signs. */
interface KeyAndRequest {
  /** PEM, PKCS#8. */
  readonly privateKey: string;
  /** DER. */
  readonly request: Buffer;
}

const ALGORITHMS = {
  "P-256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "RSA-2048": {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  },
} as const;

export type KeyType = keyof typeof ALGORITHMS;

/** Makes a key and a certificate request for these names. */
export async function makeKey(type: KeyType, names: readonly string[]): Promise<KeyAndRequest> {
  const { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension, PemConverter } = library();
  const algorithm = ALGORITHMS[type];
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const extension = new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })));
  const request = await Pkcs10CertificateRequestGenerator.create(
    { keys, signingAlgorithm: algorithm, extensions: [extension] },
    webcrypto,
  );
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { privateKey: `${PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`, request: Buffer.from(request.rawData) };
}

/** What Node.js itself does not tell of a certificate; of a chain, of its leaf. */
export function readX509(pem: string): { readonly authorityKeyId: Buffer | undefined; readonly serialNumber: Buffer } {
  const { X509Certificate, AuthorityKeyIdentifierExtension } = library();
  const leaf = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem)?.[0] ?? pem;
  const certificate = new X509Certificate(leaf);
  const keyId = certificate.getExtension(AuthorityKeyIdentifierExtension)?.keyId;
  return {
    authorityKeyId: keyId === undefined ? undefined : Buffer.from(keyId, "hex"),
    serialNumber: derInteger(certificate.serialNumber),
  };
}

/** The content of a positive INTEGER: a first byte from 80 on gets a zero before it. */
function derInteger(hex: string): Buffer {
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
}
