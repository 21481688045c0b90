/**
 * What is not known about the real service, and limits that tests want small. Each default is what the service most
 * likely does. The default of a list of choices is the first.
 */
const SWITCHES = {
  /** What PutCname without a certificate does to the certificate of a binding; `refuse` is 409 CnameAlreadyExists. */
  barePut: ["keep", "drop", "refuse"],
  /** GetCnameToken once the domain is bound; `notFound` also discards the token, so that a later one differs. */
  tokenAfterBinding: ["found", "notFound"],
  /** CreateCnameToken for a domain bound to another bucket: a token, or 403 NoNeedCreateCnameToken. */
  tokenWhileBoundElsewhere: ["issue", "refuse"],
  tokenLifetimeSeconds: 72 * 3600,
  /** CreateCnameToken issues a new token when the old one is valid for less than this. */
  tokenRenewalSeconds: 0,
  tokensPerBucket: 1000,
  cnamesPerBucket: 100,
  /** PutCname binds without a TXT record. */
  bindsUnverified: false,
  /**
   * PutCname of a domain bound to another bucket of the account: 409 CnameAlreadyExists whatever DNS has; the same, but
   * 403 NeedVerifyDomainOwnership without the TXT record; or with that record it moves the domain.
   */
  boundElsewhere: ["conflict", "proofFirst", "move"],
  /** A TXT record takes a domain from a bucket of another account; otherwise 403 CnameDenied. */
  takeoverByTxt: false,
  /** The number of lists of a bucket that still show its old bindings after a write. */
  listLagLists: 0,
  /** The fingerprint of a certificate in ListCname: in full, or its middle as `**`. */
  fingerprint: ["plain", "masked"],
  /** The type in ListCname of a certificate uploaded as PEM. */
  uploadType: ["CAS", "Upload"],
  /** The same PEM uploaded twice, to OSS or Certificate Management, gets the same CertId. */
  uploadsDeduplicated: false,
  /** PutCname refuses a CertId that is not stored. */
  certIdsKnownOnly: false,
  /** Status and code when a certificate is refused. */
  certificateStatus: 400,
  certificateCode: "InvalidArgument",
  /** Status of CasRenewCertificateConflict. */
  conflictStatus: 409,
  /** Code that comes with EC 0018-00000209. */
  previousCertIdCode: "InvalidArgument",
  deleteCertificateDropsBinding: false,
  /** DeleteCertificate without PreviousCertId is a CasRenewCertificateConflict. */
  deleteCertificateNeedsPreviousCertId: false,
  /** The ACL of every bucket, which objects without one of their own have. */
  bucketAcl: ["private", "public-read"],
  /** OSS refuses to make an object public, and shows none to visitors: 403 AccessDenied. */
  blockPublicAccess: false,
  /** Objects cannot be reached at the bucket's own host, only by custom domain: 400 PublicEndpointForbidden. */
  publicEndpointForbidden: false,
  /** A bucket policy denies plain HTTP: objects cannot be reached by custom domain, which here is HTTP. */
  plainHttpDenied: false,
  /** A record added through Alidns is served after this time, or after this many queries for it. */
  dnsDelayMs: 0,
  dnsDelayQueries: 0,
  /** The CA's own lifetime of certificates, in the profile `classic`. */
  acmeLifetimeDays: 90,
  /** The CA registers accounts only with an external account binding. */
  acmeExternalAccounts: false,
  /** An authorization that is valid serves later orders of the account. */
  acmeReusesAuthorizations: false,
  /** How often a challenge, and an order that is finalized, is asked for until the CA has done its work. */
  acmePolls: 0,
  /** The CA rejects every so many nonces; none when 0. */
  acmeRejectsNonces: 0,
  /** The CA says when certificates should be renewed. */
  acmeRenewalInfo: true,
} as const;

type Value<Setting> = Setting extends readonly (infer Choice)[]
  ? Choice
  : Setting extends number
    ? number
    : Setting extends boolean
      ? boolean
      : string;

export type Switches = { -readonly [Name in keyof typeof SWITCHES]: Value<(typeof SWITCHES)[Name]> };

export const DEFAULT_SWITCHES = Object.fromEntries(
  Object.entries(SWITCHES).map(([name, setting]) => [name, Array.isArray(setting) ? setting[0] : setting]),
) as unknown as Switches;

/** Throws when a switch is unknown or its value is invalid. */
export function checkSwitches(changes: object): asserts changes is Partial<Switches> {
  for (const [name, value] of Object.entries(changes)) {
    const setting: unknown = Object.hasOwn(SWITCHES, name) ? SWITCHES[name as keyof Switches] : undefined;
    const isAllowed = Array.isArray(setting) ? setting.includes(value) : typeof value === typeof setting;
    if (setting === undefined || !isAllowed)
      throw new Error(`there is no switch ${name} with a value ${JSON.stringify(value)}`);
  }
}
