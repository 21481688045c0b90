/** JSON schema of what matters here of Pulumi's rules for package schemas. */

const TOKEN = "^oss-cname:index:[A-Z][A-Za-z]*$";
const NAMES = { type: "array", uniqueItems: true, items: { type: "string" } };
const TYPE_REF = { $ref: "#/definitions/type" };
const MAP = { type: "object", propertyNames: { pattern: "^[a-z][A-Za-z]*$" }, additionalProperties: TYPE_REF };
const OBJECT = {
  type: "object",
  required: ["properties", "required"],
  properties: { properties: MAP, required: NAMES },
};
const MARKS = { description: { type: "string" }, plain: { const: true }, secret: { const: true } };

/** A type is exactly one of these. */
const TYPES = [
  { type: { enum: ["string", "boolean", "integer"] } },
  { type: { const: "array" }, items: TYPE_REF },
  { type: { const: "object" }, additionalProperties: TYPE_REF },
  { $ref: { type: "string", pattern: TOKEN.replace("^", "^#/types/") } },
  { oneOf: { type: "array", minItems: 2, items: TYPE_REF } },
].map((parts) => ({
  type: "object",
  additionalProperties: false,
  required: Object.keys(parts),
  properties: { ...parts, ...MARKS },
}));

const ENUM = {
  type: "object",
  required: ["type", "enum"],
  properties: { type: { const: "string" }, enum: { type: "array", minItems: 2 }, properties: false },
};

export const PACKAGE_SCHEMA = {
  type: "object",
  required: ["name", "namespace", "version", "language", "config", "provider", "types", "resources", "functions"],
  properties: {
    name: { const: "oss-cname" },
    namespace: { type: "string", pattern: "^[a-z-]+$" },
    version: { type: "string", pattern: String.raw`^\d+\.\d+\.\d+` },
    language: {
      type: "object",
      required: ["nodejs", "python", "go"],
      properties: { go: { type: "object", required: ["importBasePath"] } },
    },
    config: { type: "object", required: ["variables"], properties: { variables: MAP } },
    types: {
      type: "object",
      propertyNames: { pattern: TOKEN },
      additionalProperties: {
        oneOf: [{ ...OBJECT, properties: { ...OBJECT.properties, type: { const: "object" } } }, ENUM],
      },
    },
    resources: {
      type: "object",
      propertyNames: { pattern: TOKEN },
      additionalProperties: {
        ...OBJECT,
        required: [...OBJECT.required, "inputProperties", "requiredInputs"],
        properties: { ...OBJECT.properties, inputProperties: MAP, requiredInputs: NAMES },
      },
    },
    functions: {
      type: "object",
      propertyNames: { pattern: "^oss-cname:index:[a-z][A-Za-z]*$" },
      additionalProperties: {
        type: "object",
        required: ["inputs", "outputs"],
        properties: { inputs: OBJECT, outputs: OBJECT },
      },
    },
  },
  definitions: { type: { oneOf: TYPES } },
};
