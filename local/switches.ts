/**
 * What the real service is not known to do, and limits that a test wants small. Each default is what the service most
 * likely does. Set with `POST /-/switches` or the `switches` option of `startCloud`.
 */
export const defaultSwitches = {
  /** PutCname without a certificate on what is bound to the same bucket: its certificate stays or goes, or 409 CnameAlreadyExists. */
  barePut: "keep" as "keep" | "drop" | "refuse",
  /** GetCnameToken once the domain is bound; `notFound` also uses the token up, so that a later one differs. */
  tokenAfterBinding: "found" as "found" | "notFound",
  /** CreateCnameToken for a domain bound to another bucket: a token, or 403 NoNeedCreateCnameToken. */
  tokenWhileBoundElsewhere: "issue" as "issue" | "refuse",
  tokenLifetimeSeconds: 72 * 3600,
  /** CreateCnameToken mints another token when less than this is left of the old one. */
  tokenRenewalSeconds: 0,
  tokensPerBucket: 1000,
  cnamesPerBucket: 100,
  /** PutCname binds without a TXT record. */
  bindsUnverified: false,
  /** A TXT record takes a domain from another account's bucket; else 403 CnameDenied. */
  takeoverByTxt: false,
  /** After a write, this many lists of the bucket still show what was before it. */
  listLagLists: 0,
  /** Of a certificate in ListCname: in full, or its middle as `**`. */
  fingerprint: "plain" as "plain" | "masked",
  /** Type in ListCname of a certificate that came as PEM. */
  uploadType: "CAS" as "CAS" | "Upload",
  /** The same PEM uploaded twice gets the same CertId. */
  uploadsDeduplicated: false,
  /** A CertId neither uploaded nor registered is refused. */
  certIdsKnownOnly: false,
  /** Status and code of a certificate that is refused. */
  certificateStatus: 400,
  certificateCode: "InvalidArgument",
  /** Status of CasRenewCertificateConflict. */
  conflictStatus: 409,
  /** Code that comes with EC 0018-00000209. */
  previousCertIdCode: "InvalidArgument",
  deleteCertificateDropsBinding: false,
  /** DeleteCertificate without PreviousCertId is a CasRenewCertificateConflict. */
  deleteCertificateNeedsPreviousCertId: false,
  /** A record added through Alidns is served so much later, or after so many queries for it. */
  dnsDelayMs: 0,
  dnsDelayQueries: 0,
};

export type Switches = typeof defaultSwitches;

const choices: { readonly [name: string]: readonly unknown[] } = {
  barePut: ["keep", "drop", "refuse"],
  tokenAfterBinding: ["found", "notFound"],
  tokenWhileBoundElsewhere: ["issue", "refuse"],
  fingerprint: ["plain", "masked"],
  uploadType: ["CAS", "Upload"],
};

/** Throws at a name or a value that is none. */
export function checkSwitches(changes: object): asserts changes is Partial<Switches> {
  const types: Record<string, unknown> = defaultSwitches;
  for (const [name, value] of Object.entries(changes))
    if (!(choices[name]?.includes(value) ?? (name in types && typeof value === typeof types[name])))
      throw new Error(`there is no switch ${name} with a value ${JSON.stringify(value)}`);
}
