import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import { SETTINGS } from "../../provider/config/settings";
import * as library from "../../provider/index";
import { pluginSchema } from "../../scripts/pluginSchema/schema";
import type { ObjectSpec, PropertySpec } from "../../scripts/pluginSchema/types";
import { PACKAGE_SCHEMA } from "../support/packageSchema";
import { repository } from "../support/pulumiRun";
import { hasPulumi, pulumi } from "../support/sandbox";

interface ResourceSpec extends ObjectSpec {
  readonly description: string;
  readonly isComponent?: true;
  readonly inputProperties: Readonly<Record<string, PropertySpec>>;
  readonly requiredInputs: readonly string[];
  readonly aliases?: readonly { readonly type: string }[];
}
interface Schema {
  readonly config: { readonly variables: Readonly<Record<string, PropertySpec>> };
  readonly provider: Pick<ResourceSpec, "description" | "inputProperties" | "requiredInputs">;
  readonly types: Readonly<Record<string, Partial<ObjectSpec> & { description: string; enum?: { value: string }[] }>>;
  readonly resources: Readonly<Record<string, ResourceSpec>>;
  readonly functions: Readonly<Record<string, { description: string; inputs: ObjectSpec; outputs: ObjectSpec }>>;
}

const path = join(repository, "native", "schema.json");
const schema: Schema = JSON.parse(readFileSync(path, "utf8"));
const token = (name: string) => `oss-cname:index:${name}`;
const resource = (name: string) => schema.resources[token(name)] ?? assert.fail(`no resource ${name}`);

/** All properties of the schema, by where they are. */
const properties: [string, PropertySpec][] = [
  ["config", schema.config.variables] as const,
  ["provider", schema.provider.inputProperties] as const,
  ...Object.entries(schema.types).map(([name, type]) => [name, type.properties ?? {}] as const),
  ...Object.entries(schema.resources).flatMap(([name, { inputProperties, properties }]) => [
    [name, inputProperties] as const,
    [`${name} has`, properties] as const,
  ]),
  ...Object.entries(schema.functions).flatMap(([name, { inputs, outputs }]) => [
    [name, inputs.properties] as const,
    [`${name} gives`, outputs.properties] as const,
  ]),
].flatMap(([place, all]) =>
  Object.entries(all).map(([key, spec]): [string, PropertySpec] => [`${place}.${key}`.replace(token(""), ""), spec]),
);

describe("the plugin's schema", () => {
  it("is up to date: `npm run schema` writes it", function () {
    this.timeout(120_000);
    assert.deepEqual(schema, JSON.parse(JSON.stringify(pluginSchema())));
  });

  it("has all resources of the package, but for what only TypeScript can have", () => {
    const classes = Object.entries(library).flatMap(([name, value]) => (/^class /.test(String(value)) ? [name] : []));
    const elsewhere = ["CustomDomains", "OssAccount"];
    assert.deepEqual(
      [...Object.keys(schema.resources).map((name) => name.replace(token(""), "")), ...elsewhere].sort(),
      [...classes.sort()],
    );
  });

  it("describes everything, as sentences", () => {
    const described = [
      ...properties,
      ...Object.entries({ ...schema.types, ...schema.resources, ...schema.functions, provider: schema.provider }),
    ];
    const odd = described.filter(([, { description }]) => !/^[A-Z0-9`][\s\S]*[.:…]$/.test(description));
    assert.deepEqual(odd, []);
    // Line breaks of a doc comment are not those of a description.
    const broken = described.filter(([, { description }]) => /[^\n]\n[^\n]/.test(description));
    assert.deepEqual(broken, []);
  });

  it("speaks to all languages: no call of TypeScript's functions", () => {
    const odd = properties.filter(([, { description }]) => /\b(alidns|manual|records|new \w+)\(/.test(description));
    assert.deepEqual(odd, []);
  });

  it("marks as secret what nobody may see, and nothing else", () => {
    const secret = properties.filter(([, spec]) => spec.secret).map(([place]) => place);
    assert.deepEqual(secret.sort(), [
      "BucketCnamesCertificate.privateKey",
      "CnameCertificate.privateKey",
      "CustomDomainCertificate.privateKey",
      "config.accessKey",
      "config.acmeAccountKey",
      "config.secretKey",
      "config.securityToken",
      "provider.accessKey",
      "provider.acmeAccountKey",
      "provider.secretKey",
      "provider.securityToken",
    ]);
  });

  it("requires what has no default", () => {
    const required = Object.entries({ ...schema.resources, provider: schema.provider }).map(([name, spec]) => [
      name.replace(token(""), ""),
      [...spec.requiredInputs].sort(),
    ]);
    assert.deepEqual(Object.fromEntries(required), {
      CnameToken: ["bucket", "domain"],
      BucketCname: ["bucket", "domain"],
      CnameCertificate: ["bucket", "domain"],
      AlidnsRecord: ["name", "type", "value"],
      BucketCnames: ["bucket", "domains"],
      AcmeCertificate: ["names"],
      CustomDomain: ["bucket", "dns", "domain"],
      provider: [],
    });
    for (const [name, { inputs }] of Object.entries(schema.functions))
      assert.deepEqual([...inputs.required].sort(), name.endsWith("Token") ? ["bucket", "domain"] : ["bucket"], name);
  });

  it("lets outputs of other resources be arguments, unless what is made depends on them", () => {
    const plain = properties.filter(([, spec]) => spec.plain).map(([place]) => place);
    assert.deepEqual(plain.sort(), [
      ...["challenge", "directory", "expiryWarningDays", "force", "keyType"].map((option) => `AcmeOptions.${option}`),
      ...["profile", "renewBefore", "retire", "wildcard"].map((option) => `AcmeOptions.${option}`),
      "AlidnsChoice.alidns",
      "AlidnsOptions.allowOverwrite",
      "AlidnsOptions.ttl",
      "AlidnsOptions.zone",
      "BucketCnames.alidns",
      "BucketCnames.certificate",
      "BucketCnames.domains",
      "BucketCnames.manual",
      "BucketCnamesDomain.certificate",
      "CustomDomain.certificate",
      "CustomDomain.cnameRecord",
      "CustomDomain.dns",
      "CustomDomain.domain",
      "CustomDomainCertificate.acme",
    ]);
  });

  it("has the choices of an argument", () => {
    const choices = (name: string) => schema.types[token(name)]?.enum?.map(({ value }) => value);
    assert.deepEqual(choices("RecordType"), ["TXT", "CNAME"]);
    assert.deepEqual(choices("Unverified"), ["wait", "pending"]);
    assert.equal(resource("AlidnsRecord").inputProperties.type?.$ref, `#/types/${token("RecordType")}`);
    assert.deepEqual(resource("CustomDomain").inputProperties.dns?.oneOf, [
      { type: "string", plain: true },
      { $ref: `#/types/${token("AlidnsChoice")}`, plain: true },
    ]);
  });

  it("has them for arguments alone: in YAML, an output with choices is no argument, not even of the same type", () => {
    const isChoice = ({ $ref = "" }: PropertySpec) => schema.types[$ref.replace("#/types/", "")]?.enum !== undefined;
    const places = properties.filter(([, spec]) => isChoice(spec)).map(([place]) => place);
    assert.deepEqual(places.sort(), [
      "AcmeCertificate.challenge",
      "AcmeCertificate.keyType",
      "AcmeCertificate.unready",
      "AcmeOptions.challenge",
      "AcmeOptions.keyType",
      "AlidnsRecord.type",
      "BucketCname.unverified",
      "BucketCname.verification",
      "BucketCnames.unverified",
      "BucketCnames.verification",
      "BucketCnamesDomain.unverified",
      "BucketCnamesDomain.verification",
      "CustomDomain.verification",
      "config.addressing",
      "config.signatureVersion",
      "config.verification",
      "provider.addressing",
      "provider.signatureVersion",
      "provider.verification",
    ]);
  });

  it("goes on with what states have of dynamic resources", () => {
    const kept = readFileSync(join(repository, "test/fixtures/states/declarations-cli/state.json"), "utf8");
    const types = new Set(kept.match(/pulumi-nodejs:dynamic\/oss:\w+/g));
    const aliases = Object.values(schema.resources).flatMap((spec) => spec.aliases?.map(({ type }) => type) ?? []);
    for (const type of ["CnameToken", "BucketCname", "CnameCertificate", "AlidnsRecord"])
      assert(types.has(`pulumi-nodejs:dynamic/oss:${type}`) && aliases.includes(`pulumi-nodejs:dynamic/oss:${type}`));
    // The component has the same type in all languages.
    assert(kept.includes(token("CustomDomain")) && !resource("CustomDomain").aliases);
  });

  it("takes every setting of the package, for the stack and for a provider", () => {
    const settings = SETTINGS.map((key) => key.replace(/^.*:/, ""));
    const { variables } = schema.config;
    assert.deepEqual(
      settings.filter((key) => !(key in variables)),
      [],
    );
    assert.deepEqual(schema.provider.inputProperties, variables);
  });

  it("is one that Pulumi can read: every reference leads somewhere, nothing is required that is not there", () => {
    const isValid = new Ajv({ allErrors: true }).compile(PACKAGE_SCHEMA);
    assert(isValid(schema), JSON.stringify(isValid.errors, null, 1));
    const referred = new Set<string>();
    JSON.stringify(schema, (key, value) => {
      if (key === "$ref") referred.add(value.replace("#/types/", ""));
      return value;
    });
    assert.deepEqual([...referred].sort(), Object.keys(schema.types).sort());
    const objects: [string, Partial<ObjectSpec>][] = [
      ...Object.entries(schema.types),
      ...Object.values(schema.functions).flatMap(({ inputs, outputs }): [string, ObjectSpec][] => [
        ["arguments", inputs],
        ["result", outputs],
      ]),
      ...Object.entries(schema.resources).flatMap(([name, spec]): [string, ObjectSpec][] => [
        [name, spec],
        [name, { properties: spec.inputProperties, required: spec.requiredInputs }],
      ]),
    ];
    for (const [name, { properties = {}, required = [] }] of objects)
      for (const key of required) assert(key in properties, `${name} requires ${key}`);
    // These are Pulumi's own.
    for (const { properties } of Object.values(schema.resources)) assert(!("id" in properties || "urn" in properties));
  });

  for (const language of ["nodejs", "python", "go"])
    (hasPulumi ? it : it.skip)(`makes an SDK for ${language}`, async function () {
      this.timeout(120_000);
      const scratch = mkdtempSync(join(tmpdir(), "oss-cname-"));
      try {
        const args = ["package", "gen-sdk", path, "--language", language, "--out", "sdk"];
        const { status, output } = await pulumi(scratch, scratch, args);
        assert.equal(status, 0, output);
        assert.doesNotMatch(output, /warning|error/i);
        const { file, says } = SDKS[language] ?? assert.fail();
        const text = readFileSync(join(scratch, "sdk", language, file), "utf8");
        for (const pattern of says) assert.match(text, pattern);
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    });
});

/** What a user of each language gets for the component. */
const SDKS: Readonly<Record<string, { readonly file: string; readonly says: readonly RegExp[] }>> = {
  nodejs: {
    file: "customDomain.ts",
    says: [/^ {4}dns: string \| inputs\.AlidnsChoiceArgs;$/m, /^ {4}bucket: pulumi\.Input<string>;$/m],
  },
  python: {
    file: "pulumi_oss_cname/custom_domain.py",
    says: [/^ {17}dns: Union\[_builtins\.str, 'AlidnsChoiceArgs'\],$/m, /^ {17}domain: _builtins\.str,$/m],
  },
  go: { file: "osscname/customDomain.go", says: [/^\tDns interface\{\}$/m, /^\tDomain string$/m] },
};
