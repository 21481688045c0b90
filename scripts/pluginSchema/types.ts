import * as ts from "typescript";

/** A type as Pulumi's package schema says it. */
export interface TypeSpec {
  readonly type?: "string" | "boolean" | "integer" | "array" | "object";
  readonly items?: TypeSpec;
  readonly additionalProperties?: TypeSpec;
  readonly $ref?: string;
  readonly oneOf?: readonly TypeSpec[];
  /** The program must know the value: it cannot be another resource's output. */
  readonly plain?: true;
}

export interface PropertySpec extends TypeSpec {
  readonly description: string;
  readonly secret?: true;
}

/**
 * What properties are for. In arguments of resources, what is not an `Input` is plain; those of providers and functions
 * are no different from any others. In results, one of a few strings is any string: an output of such a type fits no
 * argument in YAML, not even one of the same type.
 */
export type Use = "arguments" | "settings" | "results";

/** The properties of a resource, a function or an object. */
export interface ObjectSpec {
  readonly properties: Readonly<Record<string, PropertySpec>>;
  readonly required: readonly string[];
}

/** A named object or enumeration. */
type NamedSpec =
  | (ObjectSpec & { readonly type: "object"; readonly description: string })
  | { readonly type: "string"; readonly description: string; readonly enum: readonly { readonly value: string }[] };

/** What users must not see: nothing else is called this. */
const SECRETS = ["privateKey", "accessKey", "secretKey", "securityToken", "acmeAccountKey"];

/**
 * Turns TypeScript types into those of the schema. Types are read as they are written, because the checker resolves
 * `Input<T>` and aliases to what has no name any more; their properties come from the checker, which knows `Omit`,
 * `Pick` and `extends`. Numbers are integers: this package counts seconds, days and domains.
 */
export class SchemaTypes {
  /** The named types that were met. */
  readonly named: Record<string, NamedSpec> = {};
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  /** The properties of an interface, or the fields of a class of ours. */
  objectSpec(type: ts.Type, use: Use): ObjectSpec {
    const fields = type.getProperties().filter((symbol) => declarationOf(symbol) !== undefined);
    return {
      properties: Object.fromEntries(fields.map((symbol) => [symbol.name, this.#propertySpec(symbol, use)])),
      required: fields.filter(({ flags }) => !(flags & ts.SymbolFlags.Optional)).map(({ name }) => name),
    };
  }

  /** The words of a doc comment, without the line breaks inside its paragraphs. */
  descriptionOf(symbol: ts.Symbol): string {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(this.#checker));
    return text.replaceAll(/\n(?![\n ])(?<!\n\n)/g, " ");
  }

  #propertySpec(symbol: ts.Symbol, use: Use): PropertySpec {
    const type = declarationOf(symbol)?.type;
    if (type === undefined) throw new Error(`${symbol.name} has no type that is written down`);
    return {
      ...this.#typeSpec(type, { property: symbol, use, plain: use === "arguments" }),
      description: this.descriptionOf(symbol),
      ...(SECRETS.includes(symbol.name) && { secret: true }),
    };
  }

  #typeSpec(node: ts.TypeNode, context: Context): TypeSpec {
    const marks: Pick<TypeSpec, "plain"> = context.plain ? { plain: true } : {};
    if (ts.isParenthesizedTypeNode(node) || ts.isTypeOperatorNode(node)) return this.#typeSpec(node.type, context);
    if (ts.isArrayTypeNode(node)) return { type: "array", items: this.#typeSpec(node.elementType, context), ...marks };
    if (ts.isUnionTypeNode(node)) return { ...this.#unionSpec(node, context), ...marks };
    if (ts.isTypeReferenceNode(node)) return this.#referenceSpec(node, context);
    if (node.kind === ts.SyntaxKind.StringKeyword) return { type: "string", ...marks };
    if (node.kind === ts.SyntaxKind.BooleanKeyword) return { type: "boolean", ...marks };
    if (node.kind === ts.SyntaxKind.NumberKeyword) return { type: "integer", ...marks };
    throw noWordFor(node, context);
  }

  #referenceSpec(node: ts.TypeReferenceNode, context: Context): TypeSpec {
    const marks: Pick<TypeSpec, "plain"> = context.plain ? { plain: true } : {};
    const [first, second] = node.typeArguments ?? [];
    if (first === undefined) return { ...this.#namedSpec(node, context), ...marks };
    switch (node.typeName.getText().replace(/^pulumi\./, "")) {
      case "Input":
      case "Output":
        return this.#typeSpec(first, { ...context, plain: false });
      case "Readonly":
        return this.#typeSpec(first, context);
      case "Omit":
      case "Pick":
        return { ...this.#selectionSpec(node, first, context), ...marks };
      case "Record":
        if (second) return { type: "object", additionalProperties: this.#typeSpec(second, context), ...marks };
    }
    throw noWordFor(node, context);
  }

  /** An interface by its name, or what an alias stands for. */
  #namedSpec(node: ts.TypeReferenceNode, context: Context): TypeSpec {
    const symbol = this.#symbolOf(node);
    const [declaration] = symbol.declarations ?? [];
    if (declaration && ts.isTypeAliasDeclaration(declaration)) {
      const { type } = declaration;
      const values = literalsOf(type);
      if (values) return this.#enumSpec(symbol, values, context);
      if (ts.isTypeReferenceNode(type) && type.typeArguments === undefined) return this.#namedSpec(type, context);
    }
    return this.#objectRef(symbol, this.#checker.getDeclaredTypeOfSymbol(symbol), context);
  }

  /** `Omit` and `Pick` where they stand: an object with the name of what they choose from. */
  #selectionSpec(node: ts.TypeNode, from: ts.TypeNode, context: Context): TypeSpec {
    if (!ts.isTypeReferenceNode(from)) throw noWordFor(node, context);
    return this.#objectRef(this.#symbolOf(from), this.#checker.getTypeFromTypeNode(node), context);
  }

  #unionSpec(node: ts.UnionTypeNode, context: Context): TypeSpec {
    const values = literalsOf(node);
    if (values) return this.#enumSpec(context.property, values, context);
    const members = node.types.filter((member) => member.kind !== ts.SyntaxKind.UndefinedKeyword);
    const [only] = members;
    if (only && members.length === 1) return this.#typeSpec(only, context);
    // Go's SDK would take an enumeration for all that there is.
    const marks: Pick<TypeSpec, "plain"> = context.plain ? { plain: true } : {};
    const specOf = (member: ts.TypeNode): TypeSpec =>
      this.#checker.getTypeFromTypeNode(member).flags & ts.TypeFlags.Object
        ? this.#typeSpec(member, context)
        : { type: "string", ...marks };
    return { oneOf: members.map(specOf) };
  }

  #objectRef(symbol: ts.Symbol, type: ts.Type, { use }: Context): TypeSpec {
    return this.#ref(symbol.name.replace(/Args$/, ""), {
      description: this.descriptionOf(symbol),
      type: "object",
      ...this.objectSpec(type, use),
    });
  }

  /** `of` is an alias, or the property that has these values. */
  #enumSpec(of: ts.Symbol, values: readonly string[], { use }: Context): TypeSpec {
    if (use === "results") return { type: "string" };
    return this.#ref(`${of.name.charAt(0).toUpperCase()}${of.name.slice(1)}`, {
      description: this.descriptionOf(of),
      type: "string",
      enum: values.map((value) => ({ value })),
    });
  }

  #ref(name: string, spec: NamedSpec): TypeSpec {
    const token = `oss-cname:index:${name}`;
    const known = this.named[token];
    if (known !== undefined && shapeOf(known) !== shapeOf(spec)) throw new Error(`${name} would be two types`);
    this.named[token] ??= spec;
    return { $ref: `#/types/${token}` };
  }

  #symbolOf(node: ts.TypeReferenceNode): ts.Symbol {
    const symbol = this.#checker.getSymbolAtLocation(node.typeName);
    if (symbol === undefined) throw new Error(`${node.getText()} is not known`);
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }
}

interface Context {
  readonly property: ts.Symbol;
  readonly use: Use;
  /** Whether no `Input` is around it. */
  readonly plain: boolean;
}

/** Not of a method, and not of what Pulumi's own classes have. */
function declarationOf(symbol: ts.Symbol): ts.PropertySignature | ts.PropertyDeclaration | undefined {
  return symbol.declarations
    ?.filter((found) => ts.isPropertySignature(found) || ts.isPropertyDeclaration(found))
    .find((found) => !found.getSourceFile().fileName.includes("/node_modules/"));
}

/** The strings of a union that has nothing else. */
function literalsOf(node: ts.TypeNode): string[] | undefined {
  if (!ts.isUnionTypeNode(node)) return undefined;
  const values = node.types.flatMap((member) =>
    ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal) ? [member.literal.text] : [],
  );
  return values.length === node.types.length ? values : undefined;
}

/** Everything but the words. */
function shapeOf(spec: NamedSpec): string {
  return JSON.stringify(spec, (key, value) => (key === "description" && typeof value === "string" ? undefined : value));
}

function noWordFor(node: ts.Node, { property }: Context): Error {
  return new Error(`${property.name}: the schema has no word for ${node.getText()}`);
}
