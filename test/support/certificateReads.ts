import crypto from "node:crypto";

/** How many certificates are parsed in this process while some work is done. */
export async function countCertificateReads(work: () => Promise<unknown>): Promise<number> {
  const { X509Certificate } = crypto;
  let count = 0;
  crypto.X509Certificate = class extends X509Certificate {
    constructor(...given: ConstructorParameters<typeof X509Certificate>) {
      super(...given);
      count++;
    }
  };
  try {
    await work();
    return count;
  } finally {
    crypto.X509Certificate = X509Certificate;
  }
}
