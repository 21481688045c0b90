import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Fleet, FleetDomain } from "../../../cli/report/fleet";
import { reportPage } from "../../../cli/report/page";
import { HTML_TEXTS } from "../../support/hostileTexts";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

function domain(name: string, daysLeft: number | null, state: FleetDomain["state"]): FleetDomain {
  const certificate = { certId: state === "none" ? null : "1-cn-hangzhou", validTo: "2026-04-01T00:00:00.000Z" };
  return { domain: `${name}.example.com`, bucket: "site", status: "Enabled", ...certificate, daysLeft, state };
}

function pageOf(but: Partial<Fleet> = {}): string {
  return reportPage({
    generatedAt: "2026-03-01T00:00:00.000Z",
    nearDays: 30,
    criticalDays: 7,
    domains: [
      domain("c", -3, "expired"),
      domain("z", 9, "near"),
      domain("b", 20, "near"),
      domain("x", 100, "fine"),
      domain("a", 200, "fine"),
      domain("plain", null, "none"),
    ],
    failures: [],
    ...but,
  });
}

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
    const plain = { ...domain("x", 5, "near"), domain: "x", bucket: "x", status: "x", certId: "x", validTo: "x" };
    const pageWith = (entry: typeof plain, text: string) =>
      pageOf({ domains: [entry], failures: [{ bucket: text, reason: text }] });
    const expected = marks(pageWith(plain, "x"));
    for (const text of HTML_TEXTS) {
      const hostile = { ...plain, domain: text, bucket: text, status: text, certId: text, validTo: text };
      assert.deepEqual(marks(pageWith(hostile, text)), expected, text);
    }
  });

  it("lets a reader sort it, in a browser", function () {
    const browser = BROWSERS.find((name) => !spawnSync(name, ["--version"]).error);
    if (browser === undefined) return this.skip();
    const directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    try {
      const file = join(directory, "report.html");
      writeFileSync(file, pageOf());
      const shown = (hash: string) => {
        const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(directory, "profile")}`];
        const args = [...flags, "--dump-dom", `${pathToFileURL(file)}${hash}`];
        const { stdout } = spawnSync(browser, args, { encoding: "utf8" });
        return {
          order: [...stdout.matchAll(/<tr><td>([a-z]+)\.example/g)].map(([, name]) => name).join(" "),
          sorted: /data-name="(\w+)"[^>]*aria-sort="(\w+)"/.exec(stdout)?.slice(1).join(" "),
        };
      };
      assert.deepEqual(shown(""), { order: "c z b x a plain", sorted: "days ascending" });
      assert.deepEqual(shown("#-days"), { order: "plain a x b z c", sorted: "days descending" });
      assert.deepEqual(shown("#domain"), { order: "a b c plain x z", sorted: "domain ascending" });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
