/**
 * What a run knows of certificates beyond what ListCname shows, which is the leaf alone: domains share certificates,
 * and a pair is to be uploaded once.
 */
export class KnownCertificates {
  /** Chain digests that states of this run hold. */
  readonly #inState = new Set<string>();
  /** Domains whose certificate has a resource in the state. */
  readonly #domainsInState = new Set<string>();
  /**
   * CertId and chain digest of certificates in states and uploads of this run, in the order in which they became known.
   */
  readonly #chains = new Map<string, string>();
  /** Uploads under way, by chain digest. */
  readonly #uploads = new Map<string, Promise<string>>();

  /** Noted by `check`: a certificate that was accepted once may expire without stopping the whole stack. */
  noteInState(chainDigest: string): void {
    this.#inState.add(chainDigest);
  }

  isInState(chainDigest: string): boolean {
    return this.#inState.has(chainDigest);
  }

  /** Noted by `check`: Pulumi may create such a resource anew (`--replace`), and the certificate is ours still. */
  noteDomainInState(domain: string): void {
    this.#domainsInState.add(domain);
  }

  isDomainInState(domain: string): boolean {
    return this.#domainsInState.has(domain);
  }

  /** Noted by `diff` and `update` of what a state says, and after an upload. */
  noteChain({ certId, chainDigest }: { readonly certId: string; readonly chainDigest: string }): void {
    if (certId !== "" && chainDigest !== "") this.#chains.set(certId, chainDigest);
  }

  /** The chain digest of a CertId, where it is known. */
  chainOf(certId: string): string | undefined {
    return this.#chains.get(certId);
  }

  /** CertIds of a chain, the latest first. */
  certIdsOf(chainDigest: string): string[] {
    return [...this.#chains].flatMap(([certId, digest]) => (digest === chainDigest ? [certId] : [])).reverse();
  }

  /** The upload of a chain that is under way. */
  uploadOf(chainDigest: string): Promise<string> | undefined {
    return this.#uploads.get(chainDigest);
  }

  /** Uploads a chain; others find the upload while it is under way. */
  async upload(chainDigest: string, send: () => Promise<string>): Promise<string> {
    const upload = send();
    this.#uploads.set(chainDigest, upload);
    try {
      return await upload;
    } finally {
      this.#uploads.delete(chainDigest);
    }
  }
}
