import { isScalar, parseDocument, Scalar, type ScalarTag } from "yaml";

/** Go reads an unquoted date as a time, and hands it to the program in this form. */
const DATE: ScalarTag = {
  tag: "tag:yaml.org,2002:timestamp",
  default: true,
  test: /^\d{4}-\d\d?-\d\d?(?:[Tt ].*)?$/,
  resolve: (text, onError) => {
    const [year = "", month = "", day = ""] = text.split("-");
    if (!/^\d+$/.test(day)) onError(`${text} is read as a time by the Pulumi CLI: put it in quotes`);
    return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")} 00:00:00 +0000 UTC`;
  },
};
/** Options to parse the YAML of Pulumi's files as the CLI does. */
export const YAML_OPTIONS = { intAsBigInt: true, merge: true, customTags: [DATE] };

/** The string that a program gets for a configuration value. */
export function configText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  if (typeof value === "bigint" && BigInt.asUintN(64, value) === value) return String(value);
  return goJson(value);
}

/** JSON as Go writes it: keys sorted, integers of 64 bits exact, HTML's special characters escaped. */
export function goJson(value: unknown): string {
  if (typeof value === "bigint") return String(BigInt.asIntN(64, value) === value ? value : Number(value));
  if (Array.isArray(value)) return `[${value.map(goJson).join(",")}]`;
  if (isRecord(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${goJson(key)}:${goJson(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

/** The value that `config set --path` stores for an argument: true, false and integers do not stay strings. */
export function typedValue(argument: string): string | boolean | bigint {
  if (argument === "true" || argument === "false") return argument === "true";
  const isInteger = /^(0|[-+]?[1-9]\d*)$/.test(argument) && BigInt.asIntN(64, BigInt(argument)) === BigInt(argument);
  return isInteger ? BigInt(argument) : argument;
}

/** A YAML node that looks as the CLI writes it: a string is in double quotes if Go would read it as another type. */
export function scalar(value: string | boolean | bigint, old: Scalar | undefined): Scalar {
  const node = new Scalar<unknown>(value);
  if (old?.comment) node.comment = old.comment;
  if (typeof value !== "string") return node;
  if (old?.type?.startsWith("QUOTE")) node.type = old.type;
  else if (value === "" || value.includes("\t") || isAmbiguous(value)) node.type = "QUOTE_DOUBLE";
  return node;
}

/** Would YAML 1.1 or 1.2 read the string, without quotes, as a value of another type? */
function isAmbiguous(text: string): boolean {
  return (["1.1", "1.2"] as const).some((version) => {
    const { contents } = parseDocument(text, { version });
    return isScalar(contents) && typeof contents.value !== "string" && contents.source === text;
  });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
