import "reflect-metadata";
import { KeyObject, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

export interface CertificateOptions {
  /** DNS names of the leaf; none at all when empty. */
  readonly names: readonly string[];
  /** The first name unless said otherwise. */
  readonly commonName?: string;
  readonly validFrom?: Date;
  readonly validTo?: Date;
  readonly keyType?: "rsa" | "ec";
}

/** One certificate with its key, each as PEM. */
export interface Issued {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A leaf with the chain to send: leaf, intermediate. */
export interface IssuedChain extends Issued {
  readonly chain: string;
}

export interface Authority {
  readonly root: Issued;
  readonly intermediate: Issued;
  /** A leaf under the intermediate, valid for 90 days from now unless said otherwise. */
  issue(options: CertificateOptions): Promise<IssuedChain>;
}

/** A certificate authority of its own: root, intermediate, and leaves on demand. */
export async function createAuthority(): Promise<Authority> {
  const validity = { notBefore: daysFromNow(-365), notAfter: daysFromNow(3650) };
  const root = await certify({ subject: "CN=Test Root", ...validity, isCa: true });
  const intermediate = await certify({ subject: "CN=Test Intermediate", ...validity, isCa: true, issuer: root });
  return {
    root: await toPem(root),
    intermediate: await toPem(intermediate),
    async issue({ names, commonName = names[0] ?? "none", validFrom, validTo, keyType = "ec" }) {
      const leaf = await toPem(
        await certify({
          subject: `CN=${commonName}`,
          notBefore: validFrom ?? daysFromNow(-1),
          notAfter: validTo ?? daysFromNow(90),
          names,
          keyType,
          issuer: intermediate,
        }),
      );
      return { ...leaf, chain: `${leaf.certificate}\n${(await toPem(intermediate)).certificate}\n` };
    },
  };
}

interface Certified {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

const ALGORITHMS = {
  rsa: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  },
  ec: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};

async function certify(options: {
  subject: string;
  notBefore: Date;
  notAfter: Date;
  names?: readonly string[];
  keyType?: keyof typeof ALGORITHMS;
  isCa?: boolean;
  issuer?: Certified;
}): Promise<Certified> {
  const { subject, notBefore, notAfter, names = [], keyType = "ec", isCa = false, issuer } = options;
  const algorithm = ALGORITHMS[keyType];
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    // Every issuer here has an EC key.
    signingAlgorithm: issuer ? ALGORITHMS.ec : algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(isCa, undefined, true),
      ...(names.length > 0
        ? [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value })))]
        : []),
    ],
  });
  return { certificate, keys };
}

async function toPem({ certificate, keys }: Certified): Promise<Issued> {
  const privateKey = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { certificate: certificate.toString("pem"), privateKey: privateKey.toString() };
}

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * 86_400_000);
}
