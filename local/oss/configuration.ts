import { XMLParser, XMLValidator } from "fast-xml-parser";
import { Refusal } from "../world";

/** The body of PutCname, DeleteCname and CreateCnameToken. */
export interface CnameConfiguration {
  readonly domain: string;
  readonly certificate?: CertificateConfiguration | undefined;
}

export interface CertificateConfiguration {
  readonly certId?: string | undefined;
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly previousCertId?: string | undefined;
  readonly force?: boolean | undefined;
  readonly deleteCertificate?: boolean | undefined;
}

const parser = new XMLParser({ parseTagValue: false, ignoreDeclaration: true, ignorePiTags: true, htmlEntities: true });

/** Throws MalformedXML at anything that the service would not take. */
export function parseConfiguration(xml: string): CnameConfiguration {
  if (XMLValidator.validate(xml) !== true) throw malformed("it is not well-formed");
  const root = child(elements(parser.parse(xml), "document", ["BucketCnameConfiguration"]), "BucketCnameConfiguration");
  const cname = child(elements(root, "BucketCnameConfiguration", ["Cname"]), "Cname");
  const fields = elements(cname, "Cname", ["Domain", "CertificateConfiguration"]);
  const domain = text(fields, "Domain");
  if (!domain) throw malformed("there is no Domain");
  return { domain, certificate: certificateOf(fields.CertificateConfiguration) };
}

function certificateOf(node: unknown): CertificateConfiguration | undefined {
  if (node === undefined || node === "") return undefined;
  const fields = elements(node, "CertificateConfiguration", [
    "CertId",
    "Certificate",
    "PrivateKey",
    "PreviousCertId",
    "Force",
    "DeleteCertificate",
  ]);
  const deleteCertificate = flag(fields, "DeleteCertificate");
  if (deleteCertificate && fields.Force !== undefined) throw malformed("DeleteCertificate does not go with Force");
  return {
    certId: text(fields, "CertId"),
    certificate: text(fields, "Certificate"),
    privateKey: text(fields, "PrivateKey"),
    previousCertId: text(fields, "PreviousCertId"),
    force: flag(fields, "Force"),
    deleteCertificate,
  };
}

type Element = Readonly<Record<string, unknown>>;

function elements(node: unknown, name: string, known: readonly string[]): Element {
  if (typeof node !== "object" || node === null || Array.isArray(node)) throw malformed(`${name} is not one element`);
  const unknown = Object.keys(node).find((key) => !known.includes(key));
  if (unknown !== undefined) throw malformed(`${unknown} does not belong into ${name}`);
  return node as Element;
}

function child(parent: Element, name: string): unknown {
  if (!(name in parent)) throw malformed(`there is no ${name}`);
  return parent[name];
}

/** An empty element says as much as none. */
function text(parent: Element, name: string): string | undefined {
  const value = parent[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw malformed(`${name} is not one text`);
  return value;
}

function flag(parent: Element, name: string): boolean | undefined {
  const value = text(parent, name);
  if (value === undefined) return undefined;
  if (!/^(true|false)$/i.test(value)) throw malformed(`${name} is neither true nor false`);
  return value.toLowerCase() === "true";
}

function malformed(reason: string): Refusal {
  const message = `The XML you provided was not well-formed or did not validate against our published schema: ${reason}.`;
  return new Refusal(400, "MalformedXML", message);
}
