import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Secrets that must appear nowhere, and the search for them in all forms that they may appear in. */
export class Canaries {
  /** By form, what it is. */
  readonly #forms = new Map<string, string>();

  /**
   * Secrets by their names: texts of at least 12 characters, PEM or other. A part of a key that is in its certificate
   * as well, `known`, is not secret.
   */
  constructor(secrets: Readonly<Record<string, string>>, known: readonly string[] = []) {
    const open = known.map((text) => text.replace(/\s/g, "")).join(" ");
    for (const [name, secret] of Object.entries(secrets))
      for (const [form, text] of formsOf(secret)) if (!open.includes(text)) this.#forms.set(text, `${name}, ${form},`);
  }

  /** What is found in a text: `secretKey, as base64, in …`. */
  find(where: string, text: string): string[] {
    const shapes = [text, text.toLowerCase(), text.replace(/\s|\\+[nr]|%0[ad]|&#1[03];|["'+,]/gi, "")];
    return [...this.#forms]
      .filter(([form]) => shapes.some((shape) => shape.includes(form)))
      .map(([, what]) => `${what} in ${where}`);
  }

  /** Fails if any secret is in a text. */
  assertAbsent(places: Readonly<Record<string, string>>): void {
    assert.deepEqual(
      Object.entries(places).flatMap(([where, text]) => this.find(where, text)),
      [],
    );
  }

  /** Fails if any secret is in a file below a directory, but for those that hold them on purpose. */
  assertAbsentBelow(directory: string, except: readonly string[]): void {
    // Links lead to what is not of the test's making.
    const files = readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
    const paths = files.map(({ parentPath, name }) => join(parentPath, name)).filter((path) => !except.includes(path));
    this.assertAbsent(Object.fromEntries(paths.map((path) => [path, readFileSync(path, "latin1")])));
  }
}

function formsOf(secret: string): [form: string, text: string][] {
  const body = secret.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("-----"));
  const isPem = secret.includes("-----BEGIN");
  return [
    ...(isPem
      ? [
          ...body.filter((line) => line.length >= 12).map((line): [string, string] => ["one line of it", line]),
          ["joined", body.join("")] as [string, string],
          ["URL-encoded in one line", encodeURIComponent(body.join(""))] as [string, string],
          ...encodings("what it encodes", Buffer.from(body.join(""), "base64")),
        ]
      : [["as it is", secret] as [string, string]]),
    ["URL-encoded", encodeURIComponent(secret)],
    ["JSON-escaped", JSON.stringify(secret).slice(1, -1)],
    ...encodings("the text", Buffer.from(secret)),
  ];
}

function encodings(what: string, bytes: Buffer): [form: string, text: string][] {
  return [
    [`${what} as hex`, bytes.toString("hex")],
    ...[0, 1, 2].flatMap((offset): [string, string][] => {
      // The first and the last characters depend on what is beside it.
      const text = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString("base64")
        .slice(4, -4);
      return [
        [`${what} as base64`, text],
        [`${what} as base64url`, text.replaceAll("+", "-").replaceAll("/", "_")],
      ];
    }),
  ];
}
