import { isScalar, parseDocument, Scalar, type ScalarTag } from "yaml";

/** Go reads a date without quotes as a time, and gives the program this text of it. */
const date: ScalarTag = {
  tag: "tag:yaml.org,2002:timestamp",
  default: true,
  test: /^\d{4}-\d\d?-\d\d?(?:[Tt ].*)?$/,
  resolve: (text, onError) => {
    const [year = "", month = "", day = ""] = text.split("-");
    if (!/^\d+$/.test(day)) onError(`${text} is read as a time by the Pulumi CLI: put it in quotes`);
    return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")} 00:00:00 +0000 UTC`;
  },
};
/** Options for the YAML of Pulumi's files. */
export const asTheCliReads = { intAsBigInt: true, merge: true, customTags: [date] };

/** The text that a program gets for a value: Go's, which sorts keys and knows numbers of 64 bits. */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  if (typeof value === "bigint" && BigInt.asUintN(64, value) === value) return String(value);
  return json(value);
}

export function json(value: unknown): string {
  if (typeof value === "bigint") return String(BigInt.asIntN(64, value) === value ? value : Number(value));
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (isRecord(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${json(key)}:${json(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

/** What a value of `config set --path` is: true, false and whole numbers are no strings. */
export function coerced(value: string): string | boolean | bigint {
  if (value === "true" || value === "false") return value === "true";
  return /^(0|[-+]?[1-9]\d*)$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)
    ? BigInt(value)
    : value;
}

/** A node that is written as the CLI writes it: in double quotes where Go would take the text for something else. */
export function scalar(value: string | boolean | bigint, old: Scalar | undefined): Scalar {
  const node = new Scalar<unknown>(value);
  if (old?.comment) node.comment = old.comment;
  if (typeof value !== "string") return node;
  const other = (["1.1", "1.2"] as const).some((version) => {
    const { contents } = parseDocument(value, { version });
    return isScalar(contents) && typeof contents.value !== "string" && contents.source === value;
  });
  if (old?.type?.startsWith("QUOTE")) node.type = old.type;
  else if (other || value === "" || value.includes("\t")) node.type = "QUOTE_DOUBLE";
  return node;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
