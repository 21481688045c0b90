import { join } from "node:path";
import * as ts from "typescript";
import type { ObjectSpec, PropertySpec, Use } from "./types";
import { SchemaTypes } from "./types";

/** Resources, by their classes; the arguments of each are `<class>Args`. */
const RESOURCES = ["CnameToken", "BucketCname", "CnameCertificate", "AlidnsRecord", "BucketCnames", "AcmeCertificate"];
const COMPONENTS = ["CustomDomain"];
/** The arguments and results of `name` are `NameArgs` and `NameResult`. */
const FUNCTIONS = ["getCnameToken", "listCnames"];

/** The schema of the plugin, as the Pulumi CLI reads it: all words and types are those of the classes for TypeScript. */
export function pluginSchema(): object {
  const declared = new Declarations("provider/index.ts", "native/arguments.ts");
  const settings = declared.objectOf("ProviderArgs", "settings");
  const spec = {
    config: { variables: settings.properties, defaults: settings.required },
    provider: { description: declared.describe("ProviderArgs"), ...inputsOf(settings) },
    resources: {
      ...byToken(RESOURCES, (name) => resourceSpec(declared, name)),
      ...byToken(COMPONENTS, (name) => componentSpec(declared, name)),
    },
    functions: byToken(FUNCTIONS, (name) => functionSpec(declared, name)),
  };
  return { ...about(), ...spec, types: declared.types.named };
}

function resourceSpec(declared: Declarations, name: string): object {
  const inputs = declared.objectOf(`${name}Args`, "arguments");
  return {
    description: declared.describe(name),
    ...inputsOf(inputs),
    ...outputsOf(declared, name, inputs),
    aliases: [{ type: `pulumi-nodejs:dynamic/oss:${name}` }],
  };
}

/** In other languages a component has arguments of its own, and they describe it. */
function componentSpec(declared: Declarations, name: string): object {
  const inputs = declared.objectOf(`${name}Args`, "arguments");
  const description = declared.describe(`${name}Args`);
  return { description, isComponent: true, ...inputsOf(inputs), ...outputsOf(declared, name, inputs) };
}

function functionSpec(declared: Declarations, name: string): object {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return {
    description: declared.describe(name),
    inputs: declared.objectOf(`${type}Args`, "settings"),
    outputs: declared.objectOf(`${type}Result`, "results"),
  };
}

function inputsOf({ properties, required }: ObjectSpec): object {
  return { inputProperties: properties, requiredInputs: required };
}

/** An output that says nothing of itself is the argument of that name. */
function outputsOf(declared: Declarations, name: string, inputs: ObjectSpec): object {
  const { properties, required } = declared.objectOf(name, "results");
  const described = Object.entries(properties).map(([key, property]): [string, PropertySpec] => [
    key,
    { ...property, description: property.description || (inputs.properties[key]?.description ?? "") },
  ]);
  return { properties: Object.fromEntries(described), required };
}

function byToken<Spec>(names: readonly string[], specOf: (name: string) => Spec): Record<string, Spec> {
  return Object.fromEntries(names.map((name) => [`oss-cname:index:${name}`, specOf(name)]));
}

function about(): object {
  const { version, description, keywords, homepage, license, repository } =
    require("pulumi-oss-cname/package.json") as Record<string, string> & { repository: { url: string } };
  const url = repository.url.replace(/^git\+|\.git$/g, "");
  return {
    name: "oss-cname",
    displayName: "OSS custom domains",
    namespace: "pulumi-oss-cname",
    publisher: "pulumi-oss-cname",
    version,
    description,
    keywords,
    homepage,
    license,
    repository: url,
    meta: { moduleFormat: "(.*)" },
    language: {
      nodejs: { packageName: "@pulumi-oss-cname/oss-cname", respectSchemaVersion: true },
      python: { packageName: "pulumi_oss_cname", respectSchemaVersion: true, pyproject: { enabled: true } },
      go: { importBasePath: `${url.replace("https://", "")}/sdk/go/osscname`, respectSchemaVersion: true },
    },
  };
}

/** What some source files export, by name; later files first. */
class Declarations {
  readonly types: SchemaTypes;
  readonly #checker: ts.TypeChecker;
  readonly #symbols: ReadonlyMap<string, ts.Symbol>;

  constructor(...paths: readonly string[]) {
    const root = join(__dirname, "..", "..", "..");
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
    const program = ts.createProgram(
      paths.map((path) => join(root, path)),
      options,
    );
    this.#checker = program.getTypeChecker();
    this.types = new SchemaTypes(this.#checker);
    this.#symbols = new Map(
      program.getRootFileNames().flatMap((path) => {
        const file = program.getSourceFile(path);
        const module = file && this.#checker.getSymbolAtLocation(file);
        return (module ? this.#checker.getExportsOfModule(module) : []).map((symbol) => [
          symbol.name,
          this.#real(symbol),
        ]);
      }),
    );
  }

  objectOf(name: string, use: Use): ObjectSpec {
    return this.types.objectSpec(this.#checker.getDeclaredTypeOfSymbol(this.#symbol(name)), use);
  }

  describe(name: string): string {
    return this.types.descriptionOf(this.#symbol(name));
  }

  #symbol(name: string): ts.Symbol {
    const symbol = this.#symbols.get(name);
    if (symbol === undefined) throw new Error(`${name} is not exported`);
    return symbol;
  }

  #real(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }
}
