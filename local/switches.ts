/**
 * What the real service is not known to do, and limits that a test wants small. Each default is what the service most likely
 * does. Set with `POST /-/switches` or the `switches` option of `startCloud`.
 */
export interface Switches {
  /** PutCname without a certificate on a domain bound to the same bucket: its certificate stays, is dropped, or 409 CnameAlreadyExists. */
  barePut: "keep" | "drop" | "refuse";
  /** GetCnameToken once the domain is bound; `notFound` also uses the token up, so that a later one differs. */
  tokenAfterBinding: "found" | "notFound";
  /** CreateCnameToken for a domain bound to another bucket: a token, or 403 NoNeedCreateCnameToken. */
  tokenWhileBoundElsewhere: "issue" | "refuse";
  tokenLifetimeSeconds: number;
  /** CreateCnameToken mints another token when less than this is left of the old one. */
  tokenRenewalSeconds: number;
  tokensPerBucket: number;
  cnamesPerBucket: number;
  /** PutCname binds without a TXT record. */
  bindsUnverified: boolean;
  /** A TXT record moves a domain away from another account's bucket; else 403 CnameDenied. */
  takeoverByTxt: boolean;
  /** After a write this many lists of the bucket still show what was before it. */
  listLagLists: number;
  /** SHA-1 of the leaf in ListCname, in full or with its middle bytes as `**`. */
  fingerprint: "plain" | "masked";
  /** Type in ListCname of a certificate that PutCname uploaded. */
  uploadType: "CAS" | "Upload";
  /** The same PEM uploaded twice gets the same CertId. */
  uploadsDeduplicated: boolean;
  /** A CertId that was neither uploaded nor registered is refused. */
  certIdsKnownOnly: boolean;
  /** HTTP status and code for a certificate that the certificate service refuses. */
  certificateStatus: number;
  certificateCode: string;
  /** HTTP status of CasRenewCertificateConflict. */
  conflictStatus: number;
  /** Code that comes with EC 0018-00000209. */
  previousCertIdCode: string;
  deleteCertificateDropsBinding: boolean;
  /** DeleteCertificate without PreviousCertId is a CasRenewCertificateConflict. */
  deleteCertificateNeedsPreviousCertId: boolean;
  /** A record added through Alidns is served this much later, or after so many queries for it. */
  dnsDelayMs: number;
  dnsDelayQueries: number;
}

export const defaultSwitches: Readonly<Switches> = {
  barePut: "keep",
  tokenAfterBinding: "found",
  tokenWhileBoundElsewhere: "issue",
  tokenLifetimeSeconds: 72 * 3600,
  tokenRenewalSeconds: 0,
  tokensPerBucket: 1000,
  cnamesPerBucket: 100,
  bindsUnverified: false,
  takeoverByTxt: false,
  listLagLists: 0,
  fingerprint: "plain",
  uploadType: "CAS",
  uploadsDeduplicated: false,
  certIdsKnownOnly: false,
  certificateStatus: 400,
  certificateCode: "InvalidArgument",
  conflictStatus: 409,
  previousCertIdCode: "InvalidArgument",
  deleteCertificateDropsBinding: false,
  deleteCertificateNeedsPreviousCertId: false,
  dnsDelayMs: 0,
  dnsDelayQueries: 0,
};

const choices: { readonly [key in keyof Switches]?: readonly string[] } = {
  barePut: ["keep", "drop", "refuse"],
  tokenAfterBinding: ["found", "notFound"],
  tokenWhileBoundElsewhere: ["issue", "refuse"],
  fingerprint: ["plain", "masked"],
  uploadType: ["CAS", "Upload"],
};

/** Throws at a name or a value that is none. */
export function checkSwitches(changes: object): asserts changes is Partial<Switches> {
  for (const [name, value] of Object.entries(changes)) {
    if (!(name in defaultSwitches)) throw new Error(`there is no switch ${name}`);
    const key = name as keyof Switches;
    const fits = choices[key]?.includes(value) ?? typeof value === typeof defaultSwitches[key];
    if (!fits) throw new Error(`switch ${name} cannot be ${JSON.stringify(value)}`);
  }
}
