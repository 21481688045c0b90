// Needs a process: a browser, which comes as a package of npm.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { HTML_TEXTS } from "../../support/hostileTexts";
import { domain, pageOf } from "../../support/reportFleet";

describe("the report page in a browser", () => {
  let browser: Browser;
  let directory: string;
  let page: Page;
  /** What the page must not do: requests, messages on the console, errors, dialogs. */
  let deeds: string[];

  before(async function () {
    // The package has a browser for these machines only.
    if (platform() !== "linux" || arch() !== "x64") return this.skip();
    directory = mkdtempSync(join(tmpdir(), "report-"));
    const environment = { ...process.env };
    try {
      // Unpacks the browser there, with the libraries that a bare machine lacks and that it has for AWS Lambda.
      Object.assign(process.env, { TMPDIR: directory, AWS_LAMBDA_JS_RUNTIME: "nodejs22.x" });
      const { default: chromium } = await import("@sparticuz/chromium");
      const { launch } = await import("puppeteer-core");
      browser = await launch({
        executablePath: await chromium.executablePath(),
        args: chromium.args,
        headless: "shell",
        userDataDir: join(directory, "profile"),
      });
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
      Object.assign(process.env, environment);
    }
  });
  after(async () => {
    await browser?.close();
    if (directory !== undefined) rmSync(directory, { recursive: true });
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(deeds, []);
  });

  const open = async (html: string) => {
    const file = join(directory, "report.html");
    writeFileSync(file, html);
    const { href } = pathToFileURL(file);
    deeds = [];
    page = await browser.newPage();
    page
      .on("request", (request) => request.url() === href || deeds.push(`request of ${request.url()}`))
      .on("console", (message) => deeds.push(`${message.type()}: ${message.text()}`))
      .on("pageerror", (error) => deeds.push(String(error)))
      .on("dialog", (dialog) => {
        deeds.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
      });
    await page.goto(href);
  };
  const evaluate = (expression: string) => page.evaluate(expression);
  const order = () =>
    evaluate(`[...document.querySelectorAll("tbody tr")].map((r) => r.cells[0].textContent.split(".")[0]).join(" ")`);
  const sorted = () =>
    evaluate(`[...document.querySelectorAll("th[aria-sort]")].map((h) => h.dataset.name + " " + h.ariaSort).join()`);

  it("is sorted by days left, and by any column whose head is clicked, back and forth", async () => {
    await open(pageOf());
    assert.deepEqual([await order(), await sorted()], ["c z b x a plain", "days ascending"]);
    for (const [column, rows, how] of [
      ["days", "plain a x b z c", "days descending"],
      ["domain", "a b c plain x z", "domain ascending"],
      ["domain", "z x plain c b a", "domain descending"],
      ["days", "c z b x a plain", "days ascending"],
    ]) {
      await evaluate(`document.querySelector("th[data-name=${column}] button").click()`);
      await page.waitForFunction(`document.querySelector("th[aria-sort=${how?.split(" ")[1]}][data-name=${column}]")`);
      assert.deepEqual([await order(), await sorted()], [rows, how]);
    }
  });

  it("has colours for light and dark screens, and for paper", async () => {
    await open(pageOf());
    const colours = () =>
      evaluate(`(({ color, backgroundColor }) => color + " on " + backgroundColor)(getComputedStyle(document.body))`);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    assert.equal(await colours(), "rgb(27, 31, 36) on rgb(255, 255, 255)");
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    assert.equal(await colours(), "rgb(228, 232, 236) on rgb(21, 24, 28)");
    await page.emulateMediaType("print");
    assert.equal(await colours(), "rgb(0, 0, 0) on rgb(255, 255, 255)");
    assert.equal(
      Buffer.from(await page.pdf())
        .subarray(0, 5)
        .toString(),
      "%PDF-",
    );
  });

  it(`shows any of ${HTML_TEXTS.length} names that would be markup as text, and does nothing that they say`, async () => {
    const hostile = HTML_TEXTS.map((text, index) => {
      return { ...domain("x", index, "near"), domain: text, bucket: text, status: text, certId: text, validTo: text };
    });
    const failures = HTML_TEXTS.map((text) => ({ bucket: text, reason: text }));
    await open(pageOf({ domains: hostile, failures }));
    const cells = await evaluate(
      `[...document.querySelectorAll("tbody tr")].map((r) => [...r.cells].slice(0, 5).map((c) => c.textContent))`,
    );
    assert.deepEqual(
      cells,
      HTML_TEXTS.map((text) => [text, text, text, text, text]),
    );
    const items = await evaluate(`[...document.querySelectorAll("li")].map((item) => item.textContent)`);
    assert.deepEqual(
      items,
      HTML_TEXTS.map((text) => `${text}: ${text}`),
    );
    const titles = (await evaluate(
      `[...document.querySelectorAll("rect title")].map((t) => t.textContent).join("")`,
    )) as string;
    assert.ok(titles.includes(HTML_TEXTS[0] ?? ""));
    const tags = await evaluate(
      `[...new Set([...document.querySelectorAll("*")].map((e) => e.localName))].sort().join(" ")`,
    );
    assert.equal(
      tags,
      "body button figure h1 h2 head html li line meta p rect script style svg table tbody td text th thead time title tr ul",
    );
  });
});
