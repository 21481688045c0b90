import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { HTML_TEXTS } from "../../support/hostileTexts";
import { domain, pageOf } from "../../support/reportFleet";

describe("the report page", () => {
  it("allows nothing but its own style and script", () => {
    const page = pageOf();
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/
      .exec(page)?.[1]
      ?.replaceAll("&#39;", "'");
    const hash = (element: string) => {
      const text = new RegExp(`<${element}>([^]*?)</${element}>`).exec(page)?.[1] ?? "";
      return `sha256-${createHash("sha256").update(text).digest("base64")}`;
    };
    assert.equal(
      policy,
      `default-src 'none'; style-src '${hash("style")}'; script-src '${hash("script")}'; base-uri 'none'; form-action 'none'`,
    );
    assert.equal(page.match(/<script|<style/g)?.length, 2);
  });

  it("loads nothing", () => {
    assert.doesNotMatch(pageOf(), /https?:|\/\/[a-z]|src=|href=|url\(|@import|style="|onclick/);
  });

  it("has styles for paper and for dark screens", () => {
    assert.match(pageOf(), /@media print/);
    assert.match(pageOf(), /prefers-color-scheme: dark/);
  });

  it("sums up", () => {
    assert.match(pageOf(), /1 expired, 0 within 7 days, 2 within 30 days, 2 later, 1 without a certificate/);
  });

  it("draws a bar for each week in which a certificate expires", () => {
    assert.equal(pageOf().match(/<rect /g)?.length, 5);
  });

  it("says when a certificate renews itself, or why it could not", () => {
    const at = "2026-03-20T00:00:00.000Z";
    const domains = [
      { ...domain("a", 20, "fine"), renewal: { at, problem: null } },
      { ...domain("b", 5, "critical"), renewal: { at, problem: "the CA said <no>" } },
    ];
    assert.match(pageOf({ domains }), new RegExp(`<td>${at}</td>.*<td>the CA said &#60;no&#62;</td>`, "s"));
  });

  it("counts certificates whose expiry cannot be read", () => {
    const page = pageOf({ domains: [domain("odd", null, "unknown")] });
    assert.match(page, /0 without a certificate, 1 whose expiry cannot be read.*>unknown<\/td>/s);
  });

  it("shows failures, as text", () => {
    const page = pageOf({ failures: [{ bucket: "soon", reason: "AccessDenied: <script>alert(1)</script>" }] });
    assert.match(page, /<li>soon: AccessDenied: &#60;script&#62;alert/);
    assert.doesNotMatch(page, /<script>alert/);
  });

  it(`adds no markup for any of ${HTML_TEXTS.length} texts, wherever they come from`, () => {
    const marks = (page: string) => page.match(/<[^>]*>?/g)?.map((mark) => mark.replace(/"[^"]*"/g, '""'));
    const plain = {
      ...domain("x", 5, "near"),
      domain: "x",
      bucket: "x",
      status: "x",
      certId: "x",
      validTo: "x",
      renewal: { at: "x", problem: "x" },
    };
    const pageWith = (entry: typeof plain, text: string) =>
      pageOf({ domains: [entry], failures: [{ bucket: text, reason: text }] });
    const expected = marks(pageWith(plain, "x"));
    for (const text of HTML_TEXTS) {
      const hostile = {
        ...plain,
        domain: text,
        bucket: text,
        status: text,
        certId: text,
        validTo: text,
        renewal: { at: text, problem: text },
      };
      assert.deepEqual(marks(pageWith(hostile, text)), expected, text);
    }
  });
});
