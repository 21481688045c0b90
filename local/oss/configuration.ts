import { XMLParser } from "fast-xml-parser";
import type { CertificateConfiguration } from "../../provider/oss/xml";
import { Refusal } from "../refusal";

/** The body of PutCname, DeleteCname and CreateCnameToken. */
export interface CnameConfiguration {
  readonly domain: string;
  readonly certificate?: CertificateConfiguration | undefined;
}

type Element = Readonly<Record<string, unknown>>;

const PARSER = new XMLParser({ parseTagValue: false, ignoreDeclaration: true, ignorePiTags: true, htmlEntities: true });
const CERTIFICATE_ELEMENTS = ["CertId", "Certificate", "PrivateKey", "PreviousCertId", "Force", "DeleteCertificate"];

/** Throws MalformedXML at a document that the service would refuse. */
export function parseConfiguration(xml: string): CnameConfiguration {
  let document: unknown;
  try {
    document = PARSER.parse(xml, true);
  } catch {
    throw malformed("it is not well-formed");
  }
  const { BucketCnameConfiguration } = element(document, ["BucketCnameConfiguration"]);
  const { Cname } = element(BucketCnameConfiguration, ["Cname"]);
  const fields = element(Cname, ["Domain", "CertificateConfiguration"]);
  const domain = text(fields, "Domain");
  if (domain === undefined) throw malformed("Domain is missing");
  if (!fields.CertificateConfiguration) return { domain };

  const wanted = element(fields.CertificateConfiguration, CERTIFICATE_ELEMENTS);
  const certificate = {
    certId: text(wanted, "CertId"),
    certificate: text(wanted, "Certificate"),
    privateKey: text(wanted, "PrivateKey"),
    previousCertId: text(wanted, "PreviousCertId"),
    force: flag(wanted, "Force"),
    deleteCertificate: flag(wanted, "DeleteCertificate"),
  };
  if (certificate.deleteCertificate && certificate.force !== undefined)
    throw malformed("DeleteCertificate does not go with Force");
  return { domain, certificate };
}

/** Checks that a node is a single element with only these children. */
function element(node: unknown, known: readonly string[]): Element {
  if (typeof node !== "object" || node === null || Array.isArray(node))
    throw malformed(`expected one element with ${known}`);
  const unknown = Object.keys(node).find((name) => !known.includes(name));
  if (unknown !== undefined) throw malformed(`unexpected ${unknown}`);
  return node as Element;
}

/** Treats an empty element as missing. */
function text(parent: Element, name: string): string | undefined {
  const value = parent[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw malformed(`${name} must be a single text`);
  return value;
}

function flag(parent: Element, name: string): boolean | undefined {
  const value = text(parent, name)?.toLowerCase();
  if (value !== undefined && value !== "true" && value !== "false")
    throw malformed(`${name} is neither true nor false`);
  return value === undefined ? undefined : value === "true";
}

function malformed(reason: string): Refusal {
  const message = "The XML you provided was not well-formed or did not validate against our published schema";
  return new Refusal(400, "MalformedXML", `${message}: ${reason}.`);
}
