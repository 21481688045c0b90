import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { type Cloud, startCloud } from "../../../local/cloud";
import { createAuthority } from "../../support/certificates";
import { at, ossCname } from "../../support/command";

const DAY_MS = 86_400_000;
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

describe("oss-cname report", () => {
  let cloud: Cloud;
  let directory: string;
  before(async () => {
    cloud = await startCloud({ buckets: ["fine", "soon", "late", "mixed"] });
    const authority = await createAuthority();
    const bind = async (domain: string, bucket: string, days: number | undefined) => {
      cloud.inConsole.moveBinding(domain, bucket);
      if (days === undefined) return;
      const { certificate } = await authority.issue({
        names: [domain],
        validFrom: new Date(Date.now() - 90 * DAY_MS),
        validTo: new Date(Date.now() + (days + 0.5) * DAY_MS),
      });
      cloud.inConsole.replaceCertificate(domain, { certificate });
    };
    await bind("a.example.com", "fine", 200);
    await bind("plain.example.com", "fine", undefined);
    await bind("b.example.com", "soon", 20);
    await bind("c.example.com", "late", -3);
    await bind("z.example.com", "mixed", 9);
    await bind("x.example.com", "mixed", 100);
  });
  after(() => cloud.close());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const run = (...args: string[]) =>
    ossCname(["report", ...args, ...at(cloud).args], { env: at(cloud).env, cwd: directory });
  const fault = (more: object) => cloud.fail({ operation: "ListCname", ...more });

  it("tells monitoring by JSON and by its exit status", async () => {
    const all = await run("--bucket", "fine", "soon", "late", "mixed", "--json");
    assert.equal(all.status, 4);
    const { domains, generatedAt, ...rest } = JSON.parse(all.stdout);
    assert.deepEqual(rest, { nearDays: 30, criticalDays: 7, failures: [] });
    assert.deepEqual(
      domains.map((each: { domain: string; daysLeft: number; state: string }) => [
        each.domain,
        each.daysLeft,
        each.state,
      ]),
      [
        ["c.example.com", -3, "ended"],
        ["z.example.com", 9, "near"],
        ["b.example.com", 20, "near"],
        ["x.example.com", 100, "fine"],
        ["a.example.com", 200, "fine"],
        ["plain.example.com", null, "none"],
      ],
    );
    assert.deepEqual(Object.keys(domains[0]), ["domain", "bucket", "status", "certId", "validTo", "daysLeft", "state"]);
    for (const [args, status] of [
      [["fine"], 0],
      [["soon", "fine"], 3],
      [["soon", "--critical-days", "21"], 4],
      [["soon", "--near-days", "20"], 0],
      [["fine", "gone"], 1],
    ] as const)
      assert.deepEqual([args, (await run("--json", "--bucket", ...args)).status], [args, status]);
  });

  it("does not call it well when the end of a certificate cannot be read", async () => {
    const certificate = "<Certificate><CertId>1-cn-hangzhou</CertId><ValidEndDate>soon</ValidEndDate></Certificate>";
    const list = `<ListCnameResult><Bucket>odd</Bucket><Cname><Domain>odd.example.com</Domain>${certificate}</Cname></ListCnameResult>`;
    const odd = createServer((_request, reply) => reply.end(list)).listen(0, "127.0.0.1");
    await once(odd, "listening");
    const endpoint = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`;
    try {
      const ask = (...args: string[]) =>
        ossCname(["report", "--bucket", "odd", "--region", cloud.region, "-e", endpoint, ...args], {
          env: at(cloud).env,
        });
      const { status, stdout } = await ask("--json");
      assert.equal(status, 3);
      const [{ validTo, daysLeft, state }] = JSON.parse(stdout).domains;
      assert.deepEqual({ validTo, daysLeft, state }, { validTo: "soon", daysLeft: null, state: "unknown" });
      assert.match((await ask()).stdout, /0 without a certificate, 1 with an end that cannot be read.*>unknown<\/td>/s);
    } finally {
      odd.close();
    }
  });

  it("reports the rest when a bucket cannot be listed", async () => {
    fault({ bucket: "soon", status: 403, code: "AccessDenied", message: "<script>alert(1)</script>" });
    const { status, stdout, stderr } = await run("--bucket", "soon", "fine");
    assert.equal(status, 1);
    assert.match(stderr, /^oss-cname: soon: ListCname on bucket soon failed: AccessDenied/);
    assert.match(stdout, /<li>soon: ListCname on bucket soon failed: AccessDenied.*&#60;script&#62;alert/);
    assert.match(stdout, /<td>a\.example\.com<\/td>/);
    assert.doesNotMatch(stdout, /<script>alert/);
  });

  it("takes the buckets that the stacks here declare", async () => {
    const nothing = await run();
    assert.equal(nothing.status, 2);
    assert.match(nothing.stderr, /no Pulumi\.<stack>\.yaml here: give --bucket/);
    const config = {
      "alicloud:region": cloud.region,
      "oss-cname:endpoint": cloud.oss,
      "oss-cname:defaults": { bucket: "fine", dns: "none" },
      "oss-cname:domains": [
        { domain: "a.example.com" },
        { domain: "plain.example.com" },
        { domain: "b.example.com", bucket: "soon" },
        { domain: "q.example.com", bucket: "theirs", account: "intl" },
      ],
    };
    writeFileSync(join(directory, "Pulumi.prod.yaml"), stringify({ config }));
    const before = cloud.requests().length;
    const options = { env: at(cloud).env, cwd: directory };
    const { status, stdout, stderr } = await ossCname(["report", "--json"], options);
    assert.equal(status, 1);
    assert.match(stderr, /theirs: It is of account intl/);
    assert.equal(JSON.parse(stdout).domains.length, 3);
    assert.deepEqual(
      cloud
        .requests()
        .slice(before)
        .map(({ bucket }) => bucket)
        .sort(),
      ["fine", "soon"],
    );
  });

  it("makes one page that needs nothing else and allows nothing else", async () => {
    const file = join(directory, "report.html");
    assert.equal((await run("--bucket", "fine", "soon", "late", "mixed", "-o", file)).status, 4);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const page = readFileSync(file, "utf8");
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
    assert.doesNotMatch(page, /https?:|\/\/[a-z]|src=|href=|url\(|@import|style="|onclick/);
    assert.match(page, /@media print/);
    assert.match(page, /prefers-color-scheme: dark/);
    assert.match(page, /1 ended, 0 within 7 days, 2 within 30 days, 2 later, 1 without a certificate/);
    assert.equal(page.match(/<rect /g)?.length, 5);
  });

  it("lets a reader sort it, in a browser", async function () {
    const browser = BROWSERS.find((name) => !spawnSync(name, ["--version"]).error);
    if (browser === undefined) return this.skip();
    const file = join(directory, "report.html");
    await run("--bucket", "fine", "soon", "late", "mixed", "-o", file);
    const shown = (hash: string) => {
      const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(directory, "profile")}`];
      const { stdout } = spawnSync(browser, [...flags, "--dump-dom", `${pathToFileURL(file)}${hash}`], {
        encoding: "utf8",
      });
      return {
        order: [...stdout.matchAll(/<tr><td>([a-z]+)\.example/g)].map(([, name]) => name).join(" "),
        sorted: /data-name="(\w+)"[^>]*aria-sort="(\w+)"/.exec(stdout)?.slice(1).join(" "),
      };
    };
    assert.deepEqual(shown(""), { order: "c z b x a plain", sorted: "days ascending" });
    assert.deepEqual(shown("#-days"), { order: "plain a x b z c", sorted: "days descending" });
    assert.deepEqual(shown("#domain"), { order: "a b c plain x z", sorted: "domain ascending" });
  });
});
