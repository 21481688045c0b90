/**
 * Text from outside, made safe to show: without secrets, and without characters that change how a terminal shows the
 * rest.
 */
export function safeText(text: string, secrets: readonly string[] = []): string {
  return printable(redact(text, secrets));
}

/**
 * Strikes out secrets as whole words: a key id like `ak` must not tear words apart. Where the text repeats part of a
 * secret in another form (URL-encoded, JSON-escaped, base64, hex, joined or wrapped in other lines), nothing of it is
 * shown.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const plain = secrets
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => {
      const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return rest.replace(new RegExp(`(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`, "g"), "***");
    }, text);
  const long = secrets.filter((secret) => secret.length >= WINDOW);
  return long.length > 0 && repeats(plain, long) ? "(not shown, because it repeats part of a secret)" : plain;
}

/** Control characters, escape sequences and marks that reverse text, as escapes; line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Characters of a secret that betray it: base64 of nine bytes. */
const WINDOW = 12;

function repeats(text: string, secrets: readonly string[]): boolean {
  const windows = new Set(secrets.flatMap(encodings).flatMap(windowsOf));
  const shown = [text, decoded(text), unescaped(text), unescaped(decoded(text))].map(compact);
  return shown.some((form) => windowsOf(form).some((window) => windows.has(window)));
}

/** The forms that a secret may be repeated in, each without white space and in lower case. */
function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((offset) =>
    // The first and the last characters depend on what surrounds the secret.
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .slice(4, -4),
  );
  const key = Buffer.from(secret, "base64").toString("hex");
  return [secret, ...base64, bytes.toString("hex"), key].map(compact);
}

function windowsOf(text: string): string[] {
  return Array.from({ length: Math.max(text.length - WINDOW + 1, 0) }, (_, at) => text.slice(at, at + WINDOW));
}

/** Without what line breaks and wrapping add. */
function compact(text: string): string {
  return text.replace(/[\s"',:-]|\\[nr]/g, "").toLowerCase();
}

function decoded(text: string): string {
  return text.replace(/(%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString());
}

function unescaped(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\\//g, "/");
}
