import { XMLBuilder, XMLParser } from "fast-xml-parser";
import { printable } from "../redact";

/** The proof of ownership that OSS looks for in DNS. Valid for 72 hours. */
export interface CnameTokenInfo {
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
  readonly certificate?: CertificateInfo;
}

/**
 * The certificate on a bound domain; `""` for what the service left out. Dates as the service wrote them: see
 * `parseDate`.
 */
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

/** What PutCname does to a certificate: put `certId`, put `certificate` with `privateKey`, or remove it. */
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

/** The body of PutCname, DeleteCname and CreateCnameToken. Fields that are unset or false are left out. */
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

/** Throws where the reply has no token. */
export function parseCnameToken(xml: string): CnameTokenInfo {
  const root = rootCalled(["CnameToken"], xml);
  const token = text(root, "Token");
  if (token === "") throw new Error("there is no Token in the reply");
  return { bucket: text(root, "Bucket"), cname: text(root, "Cname"), token, expireTime: text(root, "ExpireTime") };
}

/**
 * Throws where the reply is not a list: an empty list means that nothing is bound, so nothing else may pass for one.
 */
export function parseCnameList(xml: string): CnameList {
  const root = rootCalled(["ListCnameResult", "CnameConfiguration"], xml);
  const cnames = children(root, "Cname").map(toCnameInfo);
  const bucket = text(root, "Bucket");
  if (cnames.some(({ domain }) => domain === "")) throw new Error("a Cname in the reply has no Domain");
  if (bucket === "" && cnames.length === 0) throw new Error("there is neither Bucket nor Cname in the reply");
  return { bucket, owner: text(root, "Owner"), cnames };
}

/** The texts of the elements directly below the root and below its `Detail`. Throws where it is not XML. */
export function parseFlat(xml: string): Record<string, string> {
  const { root } = parseRoot(xml);
  const entries = [...children(root, "Detail"), root].flatMap((element) => Object.entries(element));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/**
 * A date in any form that the service uses, even with a wrong weekday or an unpadded day; undefined for anything else.
 */
export function parseDate(text: string): Date | undefined {
  if (!DATE_FORMS.some((form) => form.test(text.trim()))) return undefined;
  const date = new Date(text.trim());
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A date as ISO 8601; as the service wrote it where it cannot be read. */
export function isoDate(text: string): string {
  return parseDate(text)?.toISOString() ?? text;
}

type Element = Readonly<Record<string, unknown>>;

const DATE_FORMS = [
  /^[A-Za-z]{3} +\d{1,2} \d\d:\d\d:\d\d \d{4} GMT$/, // Feb 10 00:00:00 2023 GMT
  /^(?:[A-Za-z]+, )?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT$/, // Wed, 12 Apr 2023 10:14:51 GMT
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/, // 2021-09-15T02:35:07.000Z
];

const builder = new XMLBuilder();
// Tokens, ids and bucket names made of digits must stay strings. `htmlEntities` is what decodes &#97; as well.
const parser = new XMLParser({ parseTagValue: false, ignoreDeclaration: true, ignorePiTags: true, htmlEntities: true });

/** The root element, whatever its name. */
function parseRoot(xml: string): { readonly name: string; readonly root: Element } {
  const [[name, root] = ["", {}]] = Object.entries(parse(xml));
  return { name, root: isElement(root) ? root : {} };
}

/** The parser's own errors repeat the text, all of it in some cases. */
function parse(xml: string): Element {
  try {
    return parser.parse(xml, true);
  } catch {
    throw new Error("the reply is not well-formed XML");
  }
}

/** Older servers have other names for some roots. Throws where it has none of the names. */
function rootCalled(names: readonly string[], xml: string): Element {
  const { name, root } = parseRoot(xml);
  if (!names.includes(name)) throw new Error(`the reply is not a ${names[0]}`);
  return root;
}

function isElement(node: unknown): node is Element {
  return typeof node === "object" && node !== null;
}

/** All elements of a name, whether there is one or many. */
function children(parent: Element, name: string): Element[] {
  return [parent[name]].flat().filter(isElement);
}

function text(parent: Element, name: string): string {
  const value = parent[name];
  return typeof value === "string" ? printable(value) : "";
}

function toCnameInfo(element: Element): CnameInfo {
  const [certificate] = children(element, "Certificate");
  return {
    domain: text(element, "Domain"),
    lastModified: text(element, "LastModified"),
    status: text(element, "Status"),
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
