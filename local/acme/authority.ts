import { randomBytes, webcrypto } from "node:crypto";
import type * as X509 from "@peculiar/x509";

/** A certificate that the CA has issued. */
export interface Issued {
  /** PEM: the leaf, then the intermediate. */
  readonly chain: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Its name in renewal information: RFC 9773, section 4.1. */
  readonly renewalId: string;
}

/** The keys and certificates of the CA: a root, and an intermediate that signs. Made when they are first needed. */
export class Authority {
  readonly #now: () => Date;
  #certificates: Promise<{ readonly root: Certified; readonly intermediate: Certified }> | undefined;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** PEM. */
  async root(): Promise<string> {
    return (await this.#made()).root.certificate.toString("pem");
  }

  /** Certifies the key of a request, which must have been checked. The first name becomes the common name. */
  async issue(publicKey: X509.PublicKey, names: readonly string[], notBefore: Date, notAfter: Date): Promise<Issued> {
    const x509 = await loadX509();
    const { intermediate } = await this.#made();
    const keyId = await intermediate.certificate.publicKey.getKeyIdentifier();
    // The highest bit is set: such a number begins with a zero byte, which is part of its name in renewal information.
    const serial = Buffer.concat([Buffer.from([0, 0x87]), randomBytes(15)]);
    const [commonName = ""] = names;
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serial.toString("hex"),
      subject: commonName.length <= 64 ? `CN=${commonName}` : "",
      issuer: intermediate.certificate.subject,
      notBefore,
      notAfter,
      publicKey,
      signingKey: intermediate.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
        await x509.AuthorityKeyIdentifierExtension.create(intermediate.certificate.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ],
    });
    return {
      chain: `${leaf.toString("pem")}\n${intermediate.certificate.toString("pem")}\n`,
      notBefore: leaf.notBefore,
      notAfter: leaf.notAfter,
      renewalId: `${Buffer.from(keyId).toString("base64url")}.${serial.toString("base64url")}`,
    };
  }

  #made() {
    this.#certificates ??= (async () => {
      const root = await certify("CN=Emulator Root (test double)", this.#now());
      return { root, intermediate: await certify("CN=Emulator Intermediate (test double)", this.#now(), root) };
    })();
    return this.#certificates;
  }
}

/** Only an order needs it, and loading it takes a while. */
export async function loadX509(): Promise<typeof X509> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

interface Certified {
  readonly certificate: X509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const YEAR_MS = 365 * 86_400_000;

async function certify(subject: string, now: Date, issuer?: Certified): Promise<Certified> {
  const x509 = await loadX509();
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: new Date(now.getTime() - YEAR_MS),
    notAfter: new Date(now.getTime() + 10 * YEAR_MS),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, issuer ? 0 : 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.AuthorityKeyIdentifierExtension.create((issuer?.keys ?? keys).publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}
