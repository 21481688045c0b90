import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate of `*.example.com` and its key, from a PutCname that ossutil has sent. */
export function recordedPair(): {
  readonly certificate: string;
  readonly privateKey: string;
  /** Both, as elements of a request. */
  readonly pem: string;
} {
  const request = readFileSync(join(__dirname, "../../../test/fixtures/captures/23-ossutil-v4-PutCname.http"), "utf8");
  const certificate = /<Certificate>(.*)<\/Certificate>/s.exec(request)?.[1] ?? "";
  const privateKey = /<PrivateKey>(.*)<\/PrivateKey>/s.exec(request)?.[1] ?? "";
  const pem = `<Certificate>${certificate}</Certificate><PrivateKey>${privateKey}</PrivateKey>`;
  return { certificate, privateKey, pem };
}
