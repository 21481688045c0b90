import type { z } from "zod";
import { unknownName } from "../unknownName";

/** What is wrong with the shape of a value. Texts never show the value, which may be a secret. */
interface ShapeProblem {
  /** Of the field that the problem is about. */
  readonly path: readonly PropertyKey[];
  /** Of what is wrong in it. */
  readonly at: readonly PropertyKey[];
  /** The problem, with the name of the field that it is about. */
  readonly text: (field: string) => string;
}

export function shapeProblems(schema: z.ZodType, value: unknown): ShapeProblem[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).flatMap((issue) => problemsOf(issue, schema, value));
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, schema: z.ZodType, value: unknown): ShapeProblem[] {
  const { path } = issue;
  const named = (text: string, at = path) => [
    { path, at, text: (field: string) => (field === "" ? text : `${field}: ${text}`) },
  ];
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, path);
      return issue.keys.flatMap((key) => named(unknownName("key", key, known), [...path, key]));
    }
    case "invalid_value":
      return named(`must be ${issue.values.join(", ").replace(/, ([^,]*)$/, " or $1")}`);
    case "invalid_union":
      return meantForm(issue.errors, valueAt(value, path)).flatMap((inner) =>
        problemsOf({ ...inner, path: [...path, ...inner.path] } as Issue, schema, value),
      );
    case "invalid_type": {
      const found = valueAt(value, path);
      if (found === undefined) return [{ path, at: path, text: (field) => `${field}: missing` }];
      const quoted = issue.expected === "string" && typeof found === "number" ? ", so put it in quotes" : "";
      return named(`must be ${KINDS[issue.expected] ?? issue.expected}${quoted}`);
    }
    case "custom":
      return named(issue.message);
    case "too_small":
      return named(`must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`);
    default:
      return named(issue.message);
  }
}

/** Of the forms of a value that fits none of them, the one that goes with most of it; of several, the first. */
function meantForm(forms: readonly Issue[][], value: unknown): readonly Issue[] {
  const depthOf = (issues: readonly Issue[]) =>
    issues.some(({ code, path }) => code === "invalid_type" && path.length === 0)
      ? -1
      : Math.max(0, ...issues.filter(({ path }) => valueAt(value, path) !== undefined).map(({ path }) => path.length));
  return [...forms].sort((one, other) => depthOf(other) - depthOf(one))[0] ?? [];
}

const KINDS: Readonly<Record<string, string>> = {
  object: "a mapping",
  record: "a mapping",
  array: "a list",
  string: "a string",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
};

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((found, key) => (found as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** The keys that the schema has at a place. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  const [key, ...rest] = path;
  const { def } = schema as { readonly def: Readonly<Record<string, unknown>> };
  if (def.innerType) return keysAt(def.innerType, path);
  if (def.options) return (def.options as unknown[]).flatMap((option) => keysAt(option, path));
  if (key === undefined) return Object.keys((def.shape as object | undefined) ?? {});
  const shape = def.shape as Record<PropertyKey, unknown> | undefined;
  const inner = def.element ?? def.valueType ?? shape?.[key];
  return inner ? keysAt(inner, rest) : [];
}
