import { z } from "zod";
import type { PROGRAM_KEYS } from "../config/settings";
import type { AcmeOptions } from "../resources/customDomain/automatic";
import type { CustomDomainArgs } from "../resources/customDomain/resource";

/**
 * The stack configuration of the program: its types, its checks and, through `npm run schema`, the JSON schema
 * that editors complete it with. Each option is declared here once; its description is the editor's.
 */

/** The three ways to give a certificate that exists. */
const CERTIFICATE_FORMS = [["certId"], ["certificateFile", "privateKeyFile"], ["certificate", "privateKey"]] as const;

const string = (description: string) => z.string().describe(description);

const place = {
  region: string("Region of the bucket, such as cn-hangzhou.").exactOptional(),
  endpoint: string("OSS endpoint, when it is not the public one of the region.").exactOptional(),
};

const secret = string("Set it with pulumi config set --secret.");

const alidns = z.strictObject({
  zone: string("Zone that holds the records.").exactOptional(),
  ttl: z.int().min(1).describe("Seconds.").exactOptional(),
  account: string("Account that owns the zone: a name in oss-cname:accounts.").exactOptional(),
  allowOverwrite: z.boolean().describe("Consent to replace a CNAME record that leads elsewhere.").exactOptional(),
});

const dns = z
  .union([z.enum(["alidns", "manual", "none"]), z.strictObject({ alidns })])
  .describe("Who keeps the DNS records: alidns, manual, none, or {alidns: {zone, ttl, account, allowOverwrite}}.");

/** A certificate that is issued by itself. */
const acme = z.strictObject({
  challenge: z
    .enum(["dns-01", "http-01"])
    .describe("How the domain is proven. Default: dns-01 with dns: alidns, else http-01, through the bucket.")
    .exactOptional(),
  wildcard: z.boolean().describe("Order *.example.com for www.example.com. With dns-01 only.").exactOptional(),
  directory: string("Directory of the CA. Default: oss-cname:acmeDirectory.").exactOptional(),
  profile: string("Profile of the CA, such as tlsserver.").exactOptional(),
  keyType: z.enum(["P-256", "RSA-2048"]).exactOptional(),
  renewBefore: z.number().positive().describe("Renew this many days before the end.").exactOptional(),
  retire: z
    .boolean()
    .describe("Delete what a renewal has replaced from Certificate Management Service.")
    .exactOptional(),
  force: z.boolean().describe("Overwrite any certificate that is there.").exactOptional(),
  expiryWarningDays: z.number().min(0).describe("Warn this many days before it expires. Default: 0.").exactOptional(),
} satisfies Record<keyof AcmeOptions, z.ZodType>);

const givenCertificate = z
  .strictObject({
    certId: string("Id in Certificate Management Service with its region, such as 12345-cn-hangzhou.").exactOptional(),
    certificateFile: string("File with the chain, relative to Pulumi.yaml.").exactOptional(),
    privateKeyFile: string("File with the private key, relative to Pulumi.yaml.").exactOptional(),
    certificate: secret.exactOptional(),
    privateKey: secret.exactOptional(),
    force: z.boolean().describe("Overwrite any certificate that is there.").exactOptional(),
    expiryWarningDays: z
      .number()
      .min(0)
      .describe("Warn this many days before the certificate expires.")
      .exactOptional(),
  })
  .refine(hasOneForm, {
    message: "must be letsEncrypt, {acme}, {certId}, {certificateFile, privateKeyFile} or {certificate, privateKey}",
    // Otherwise it would count as the form that is meant, whatever the others say.
    abort: true,
  })
  .describe("{certId}, {certificateFile, privateKeyFile} or {certificate, privateKey}");

const automaticCertificate = z.strictObject({ acme });

const certificate = z
  .union([givenCertificate, z.enum(["letsEncrypt"]), automaticCertificate])
  .describe("letsEncrypt, {acme: {…}}, {certId}, {certificateFile, privateKeyFile} or {certificate, privateKey}");

/** What an entry may say, and `oss-cname:defaults` for all entries that do not. */
const defaults = {
  bucket: string("Bucket that answers for the domain. Changing it moves the domain.").exactOptional(),
  dns: dns.exactOptional(),
  certificate: certificate.exactOptional(),
  ...place,
  account: string("Account of the bucket: a name in oss-cname:accounts.").exactOptional(),
  cnameRecord: z
    .boolean()
    .describe("Whether to make a CNAME record (dns: alidns) or ask for one (dns: manual).")
    .exactOptional(),
  verification: z
    .enum(["authoritative", "none"])
    .describe("authoritative asks the zone's own servers for the TXT record before binding; none leaves that to OSS.")
    .exactOptional(),
  dnsTimeoutSeconds: z.number().positive().describe("How long to wait for DNS.").exactOptional(),
  protect: z
    .boolean()
    .describe("Refuse to remove the domain until this is set to false, and brought up.")
    .exactOptional(),
  retainOnDelete: z
    .boolean()
    .describe("Once this is brought up, removing the domain here leaves it bound: for a hand-over to another stack.")
    .exactOptional(),
};

const domain = z.strictObject({
  domain: string("Domain to serve, such as www.example.com."),
  ...defaults,
  cnameTarget: string("Where the CNAME record points, when not at the bucket.").exactOptional(),
  confirmedToken: string(
    "The token of the domain, where you vouch for its TXT record: for a move that can be proven in no other way.",
  ).exactOptional(),
  takeover: z
    .strictObject({ bucket: z.string(), ...place })
    .describe("Consent to take the domain from this bucket.")
    .exactOptional(),
} satisfies Record<keyof CustomDomainArgs | "account" | "protect" | "retainOnDelete", z.ZodType>);

const account = z.strictObject({
  ...place,
  profile: string("Profile of the Alibaba Cloud CLI. Preferred over keys.").exactOptional(),
  accessKey: secret.exactOptional(),
  secretKey: secret.exactOptional(),
  securityToken: secret.exactOptional(),
});

/** The structured keys of `oss-cname:*`. */
export const SCHEMAS = {
  domains: z.array(domain).describe("Domains and the buckets that answer for them."),
  domainsFile: z
    .union([z.string(), z.array(z.string())])
    .describe("File with more domains, or several: YAML, JSON or CSV, relative to Pulumi.yaml."),
  defaults: z.strictObject(defaults).describe("What holds for every domain that does not say otherwise."),
  accounts: z
    .record(z.string(), account)
    .describe("Other accounts, by the names that domains use for them. What is not given is the stack's own."),
} as const satisfies Record<(typeof PROGRAM_KEYS)[number], z.ZodType>;

/**
 * An entry of `oss-cname:domains`, before defaults are filled in. Fields are `CustomDomain`'s unless they say
 * otherwise.
 */
export type DomainEntry = z.infer<typeof domain>;
/** Exactly one of a CertId, two files and two PEM strings, or one that is issued by itself. */
export type CertificateEntry = z.infer<typeof certificate>;
/** Exactly one of a CertId, two files and two PEM strings. */
export type GivenCertificate = z.infer<typeof givenCertificate>;
export type AutomaticCertificate = z.infer<typeof automaticCertificate>;
/** An entry of `oss-cname:accounts`. */
export type AccountEntry = z.infer<typeof account>;

function hasOneForm(given: object): boolean {
  const isGiven = (key: string) => key in given;
  const forms = CERTIFICATE_FORMS.filter((form) => form.some(isGiven));
  return forms.length === 1 && forms.every((form) => form.every(isGiven));
}

/** JSON schema (draft 7) of a stack's configuration file. */
export function configSchema(): object {
  const text = { type: "string" };
  const structured = Object.fromEntries(
    Object.entries(SCHEMAS).map(([key, schema]) => [`oss-cname:${key}`, editorSchema(schema)]),
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Stack configuration of pulumi-oss-cname",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: {
          ...structured,
          "oss-cname:endpoint": { ...text, description: "OSS endpoint, when it is not the public one of the region." },
          "oss-cname:signatureVersion": { enum: ["v4", "v1"] },
          "oss-cname:addressing": { enum: ["virtual", "path"] },
          "oss-cname:verification": editorSchema(defaults.verification.unwrap()),
          "oss-cname:dnsServers": {
            description: "host:port of DNS servers to ask instead of each zone's own.",
            type: ["array", "string"],
            items: text,
          },
          "oss-cname:buckets": {
            description: "Buckets of the account, among which pulumi import looks for a domain.",
            type: ["array", "string"],
            items: text,
          },
          "oss-cname:dnsTimeoutSeconds": { type: "number", minimum: 0, description: "How long to wait for DNS." },
          "oss-cname:alidnsEndpoint": text,
          "oss-cname:casEndpoint": text,
          "oss-cname:acmeDirectory": {
            ...text,
            description: "The CA: the URL of its directory, or letsEncrypt, letsEncryptStaging, zeroSsl or google.",
          },
          "oss-cname:acmeAccountKey": {
            ...text,
            type: ["string", "object"],
            description: "Key of the account at the CA, as a secret: oss-cname acme-account makes it.",
          },
          "oss-cname:acmeAccountKeyFile": text,
          "oss-cname:removalLimit": {
            description: "How many domains may be removed at once. Default: 10, or a tenth of all if that is more.",
            type: "integer",
            minimum: 0,
          },
          "oss-cname:maxConcurrentRequests": {
            type: "integer",
            minimum: 1,
            maximum: 999,
            description: "How many requests to OSS and Alibaba Cloud DNS may be under way at once.",
          },
          "oss-cname:allowHttp": {
            description: "Send signed requests over plain http to other machines too.",
            type: "boolean",
          },
        },
      },
    },
  };
}

/** In the file a secret may be encrypted, and an entry gives its certificate in one form. */
function editorSchema(schema: z.ZodType): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: "draft-7",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === secret) {
        delete jsonSchema.type;
        jsonSchema.anyOf = [{ type: "string" }, { type: "object", required: ["secure"] }];
      }
      if (zodSchema === givenCertificate) jsonSchema.oneOf = CERTIFICATE_FORMS.map(formSchema);
    },
  });
  return json;
}

function formSchema(form: readonly string[]) {
  const others = CERTIFICATE_FORMS.flat().filter((key) => !form.includes(key));
  return { required: [...form], propertyNames: { not: { enum: others } } };
}
