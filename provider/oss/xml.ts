import { XMLBuilder, XMLParser } from "fast-xml-parser";

/** The proof of ownership that OSS wants to see in DNS. Valid for 72 hours. */
export interface CnameToken {
  readonly bucket: string;
  /** The domain. */
  readonly cname: string;
  /** 32 lower-case hex digits. */
  readonly token: string;
  /** `Thu, 26 May 2022 19:14:12 GMT` */
  readonly expireTime: string;
}

/** One domain bound to a bucket. */
export interface CnameInfo {
  readonly domain: string;
  /** `2021-09-15T02:35:07.000Z` */
  readonly lastModified: string;
  /** `Enabled` or `Disabled`. */
  readonly status: string;
  readonly isPurgeCdnCache?: boolean;
  readonly isWildCard?: boolean;
  readonly certificate?: CertificateInfo;
}

/** The certificate on a bound domain; `""` for what the service left out. Dates as the service wrote them: see `parseDate`. */
export interface CertificateInfo {
  /** `CAS` or `Upload`. */
  readonly type: string;
  /** `27114423-cn-hangzhou` */
  readonly certId: string;
  /** `Enabled` or `Disabled`. */
  readonly status: string;
  readonly creationDate: string;
  /** 20 bytes in upper-case hex with colons, perhaps masked. */
  readonly fingerprint: string;
  readonly validStartDate: string;
  readonly validEndDate: string;
}

/** What PutCname does about a certificate: put `certId`, put `certificate` with `privateKey`, or take away. */
export interface CertificateConfiguration {
  readonly certId?: string | undefined;
  /** PEM, leaf first. */
  readonly certificate?: string | undefined;
  /** PEM. */
  readonly privateKey?: string | undefined;
  /** The certificate that the caller believes is there now. */
  readonly previousCertId?: string | undefined;
  /** Overwrite without comparing. */
  readonly force?: boolean | undefined;
  /** Sent alone. */
  readonly deleteCertificate?: boolean | undefined;
}

/** All bindings of a bucket. */
export interface CnameList {
  readonly bucket: string;
  /** Account id, digits. */
  readonly owner: string;
  readonly cnames: readonly CnameInfo[];
}

/** The body of PutCname, DeleteCname and CreateCnameToken. What is unset or false is left out. */
export function buildCnameConfiguration(domain: string, certificate?: CertificateConfiguration): string {
  return builder.build({
    BucketCnameConfiguration: {
      Cname: {
        Domain: domain,
        CertificateConfiguration: certificate && {
          CertId: certificate.certId,
          Certificate: certificate.certificate,
          PrivateKey: certificate.privateKey,
          PreviousCertId: certificate.previousCertId,
          Force: certificate.force || undefined,
          DeleteCertificate: certificate.deleteCertificate || undefined,
        },
      },
    },
  });
}

/** Throws when there is no token in it. */
export function parseCnameToken(xml: string): CnameToken {
  const root = parseRoot(xml);
  const token = text(root, "Token");
  if (token === "") throw new Error("there is no Token in the reply");
  return { bucket: text(root, "Bucket"), cname: text(root, "Cname"), token, expireTime: text(root, "ExpireTime") };
}

/** Throws when it is no list: an empty list says that nothing is bound, so nothing else may look like one. */
export function parseCnameList(xml: string): CnameList {
  const root = parseRoot(xml);
  const cnames = children(root, "Cname").map(toCnameInfo);
  const bucket = text(root, "Bucket");
  if (cnames.some(({ domain }) => domain === "")) throw new Error("a Cname in the reply has no Domain");
  if (bucket === "" && cnames.length === 0) throw new Error("there is neither Bucket nor Cname in the reply");
  return { bucket, owner: text(root, "Owner"), cnames };
}

/** The texts of the elements right below the root and of those below its `Detail`. Throws when it is not XML. */
export function parseFlat(xml: string): Record<string, string> {
  const root = parseRoot(xml);
  const entries = [...children(root, "Detail"), root].flatMap((element) => Object.entries(element));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** A date in any form the service uses, with a wrong weekday or an unpadded day too; undefined for anything else. */
export function parseDate(text: string): Date | undefined {
  if (!DATE_FORMS.some((form) => form.test(text.trim()))) return undefined;
  const date = new Date(text.trim());
  return Number.isNaN(date.getTime()) ? undefined : date;
}

type Element = Readonly<Record<string, unknown>>;

const DATE_FORMS = [
  /^[A-Za-z]{3} +\d{1,2} \d\d:\d\d:\d\d \d{4} GMT$/, // Feb 10 00:00:00 2023 GMT
  /^(?:[A-Za-z]+, )?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT$/, // Wed, 12 Apr 2023 10:14:51 GMT
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/, // 2021-09-15T02:35:07.000Z
];

const builder = new XMLBuilder();
// Tokens, ids and bucket names of digits only stay text.
const parser = new XMLParser({ parseTagValue: false, ignoreDeclaration: true, ignorePiTags: true });

/** Whatever the root is called. */
function parseRoot(xml: string): Element {
  const [root] = Object.values(parser.parse(xml, true) as Element);
  return isElement(root) ? root : {};
}

function isElement(node: unknown): node is Element {
  return typeof node === "object" && node !== null;
}

/** Elements called `name`; one and many look alike. */
function children(parent: Element, name: string): Element[] {
  return [parent[name]].flat().filter(isElement);
}

function text(parent: Element, name: string): string {
  const value = parent[name];
  return typeof value === "string" ? value : "";
}

function flag(parent: Element, name: string): boolean | undefined {
  const value = text(parent, name);
  return value === "" ? undefined : value.toLowerCase() === "true";
}

function toCnameInfo(element: Element): CnameInfo {
  const isPurgeCdnCache = flag(element, "IsPurgeCdnCache");
  const isWildCard = flag(element, "IsWildCard");
  const [certificate] = children(element, "Certificate");
  return {
    domain: text(element, "Domain"),
    lastModified: text(element, "LastModified"),
    status: text(element, "Status"),
    ...(isPurgeCdnCache !== undefined && { isPurgeCdnCache }),
    ...(isWildCard !== undefined && { isWildCard }),
    ...(certificate && { certificate: toCertificateInfo(certificate) }),
  };
}

function toCertificateInfo(element: Element): CertificateInfo {
  return {
    type: text(element, "Type"),
    certId: text(element, "CertId"),
    status: text(element, "Status"),
    creationDate: text(element, "CreationDate"),
    fingerprint: text(element, "Fingerprint"),
    validStartDate: text(element, "ValidStartDate"),
    validEndDate: text(element, "ValidEndDate"),
  };
}
