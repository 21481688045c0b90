import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import type * as X509 from "@peculiar/x509";
import { normaliseName } from "../dns/zones";
import { Refusal } from "../refusal";
import { loadX509 } from "./authority";
import { publicKeyOf } from "./jws";

/** Returns the key to certify. Throws unless the request asks for exactly these names and its key has signed it. */
export async function checkedKey(csr: unknown, names: readonly string[], account: JsonWebKey): Promise<X509.PublicKey> {
  const bad = (message: string) => new Refusal(400, "badCSR", message);
  const x509 = await loadX509();
  let request: X509.Pkcs10CertificateRequest;
  let key: KeyObject;
  try {
    request = new x509.Pkcs10CertificateRequest(Buffer.from(String(csr), "base64url"));
    key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: "der", type: "spki" });
  } catch {
    throw bad("The CSR cannot be read.");
  }
  if (!(await request.verify().catch(() => false))) throw bad("The signature of the CSR is wrong.");
  const { asymmetricKeyDetails: { namedCurve, modulusLength = 0 } = {} } = key;
  if (!["prime256v1", "secp384r1"].includes(namedCurve ?? "") && modulusLength < 2048)
    throw new Refusal(400, "badPublicKey", "The key of the CSR is neither P-256, P-384 nor RSA of 2048 bits or more.");
  if (key.equals(publicKeyOf(account))) throw bad("The key of the CSR is the account key.");
  const extension = request.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension);
  const alternatives = extension?.names.items ?? [];
  const other = alternatives.find(({ type }) => type !== "dns");
  if (other) throw bad(`The CSR has ${other.value}, which is not a DNS name.`);
  const asked = [...alternatives.map(({ value }) => value), ...request.subjectName.getField("CN")].map(normaliseName);
  if ([...new Set(asked)].sort().join() !== [...names].sort().join())
    throw bad(`The CSR is for ${asked.join(", ")}, and the order for ${names.join(", ")}.`);
  return request.publicKey;
}
