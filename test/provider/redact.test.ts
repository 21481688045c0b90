import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { printable, redact, safeText } from "../../provider/redact";

describe("redact", () => {
  // The same in every run.
  const der = Buffer.concat(["a", "b", "c", "d"].map((seed) => createHash("sha256").update(seed).digest()));
  const base64 = der.toString("base64").replace(/.{64}/g, "$&\n");
  const pem = `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
  const lines = pem.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  const joined = lines.join("");
  const hidden = "(not shown, because it repeats part of a secret)";

  it("strikes out whole words only", () => {
    assert.equal(redact("make sure ak is the key, not a break", ["ak"]), "make sure *** is the key, not a break");
  });

  it("leaves other text alone", () => {
    assert.equal(
      redact("The bucket does not exist.", [...lines, "ak", "wJalrXUtnFEMIK7MDENGbPxRfiCYzz"]),
      "The bucket does not exist.",
    );
  });

  const echoes: [form: string, echo: string][] = [
    ["URL-encoded", encodeURIComponent(pem)],
    ["twice URL-encoded", encodeURIComponent(encodeURIComponent(joined)).replaceAll("%25", "%")],
    ["JSON-escaped", JSON.stringify(pem)],
    ["JSON with escaped slashes", JSON.stringify(joined).replaceAll("/", "\\/")],
    ["base64", Buffer.from(pem).toString("base64")],
    ["base64 of something longer", Buffer.from(`x: ${pem}`).toString("base64")],
    ["hex", Buffer.from(joined).toString("hex")],
    ["upper-case hex of the key itself", Buffer.from(joined, "base64").toString("hex").toUpperCase()],
    ["joined in one line", joined],
    ["wrapped in short lines", joined.replace(/.{20}/g, "$&\n")],
    ["cut off", joined.slice(40, 80)],
  ];
  for (const [form, echo] of echoes)
    it(`shows nothing of a reply that repeats a private key ${form}`, () => {
      // Wherever it stands: three offsets are three different base64 texts.
      for (const before of ["", "x", "xy"]) assert.equal(redact(`<p>${before}${echo}</p>`, lines), hidden);
    });
});

describe("printable", () => {
  it("shows escape sequences and marks that reverse text as escapes", () => {
    assert.equal(printable("\u001b[2Jgone\u202e\u009b\r"), "\\u{1b}[2Jgone\\u{202e}\\u{9b}\\u{d}");
  });

  it("keeps line breaks, tabs and other scripts", () => {
    assert.equal(printable("例子\n\tü"), "例子\n\tü");
  });

  it("is part of safeText", () => {
    assert.equal(safeText("ak\u0007", ["ak"]), "***\\u{7}");
  });
});
