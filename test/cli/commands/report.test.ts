import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Cloud, startCloud } from "../../../local/cloud";
import { at, ossCname, runHere, signedAt } from "../../support/command";
import { bindExpiring } from "../../support/expiringDomains";

describe("oss-cname report", () => {
  let cloud: Cloud;
  let directory: string;
  before(async () => {
    cloud = await startCloud({ buckets: ["fine", "soon", "late"] });
    await bindExpiring(cloud, [
      ["a.example.com", "fine", 200],
      ["b.example.com", "soon", 20],
      ["c.example.com", "late", -3],
    ]);
  });
  after(() => cloud.close());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const report = (...args: string[]) => runHere(["report", ...args, ...signedAt(cloud)]);

  it("gives JSON", async () => {
    const { stdout, stderr } = await report("--bucket", "fine", "oss://late", "--json");
    assert.equal(stderr, "");
    const { domains, generatedAt, ...rest } = JSON.parse(stdout);
    assert.deepEqual(rest, { nearDays: 30, criticalDays: 7, failures: [] });
    assert.ok(Math.abs(Date.parse(generatedAt) - Date.now()) < 60_000);
    const names = domains.map(({ domain }: { domain: string }) => domain);
    assert.deepEqual(names, ["c.example.com", "a.example.com"]);
    assert.deepEqual(Object.keys(domains[0]), [
      "domain",
      "bucket",
      "status",
      "certId",
      "validTo",
      "daysLeft",
      "renewal",
      "state",
    ]);
  });

  it("says which endpoint a configuration file sends signed requests to", async () => {
    const file = join(directory, "Pulumi.prod.yaml");
    const config = {
      "oss-cname:endpoint": cloud.oss,
      "oss-cname:domains": [{ domain: "a.example.com", bucket: "fine" }],
    };
    writeFileSync(file, stringify({ config }));
    const key = ["-i", cloud.accessKeyId, "-k", cloud.accessKeySecret];
    const { stderr } = await runHere(["report", "--json", "--config", file, "--region", cloud.region, ...key]);
    assert.equal(stderr, `oss-cname: the configuration sends signed requests to ${cloud.oss}\n`);
  });

  it("tells monitoring by its exit status", async () => {
    for (const [args, status] of [
      [["fine"], 0],
      [["soon", "fine"], 3],
      [["late", "fine"], 4],
      [["soon", "--critical-days", "21"], 4],
      [["soon", "--near-days", "20"], 0],
      [["fine", "gone"], 1],
    ] as const)
      assert.deepEqual([args, (await report("--json", "--bucket", ...args)).status], [args, status]);
  });

  it("reports the rest when a bucket cannot be listed", async () => {
    cloud.fail({ operation: "ListCname", bucket: "soon", status: 403, code: "AccessDenied", message: "No." });
    const { status, stdout, stderr } = await report("--bucket", "soon", "fine");
    assert.equal(status, 1);
    assert.match(stderr, /^oss-cname: soon: ListCname on bucket soon failed: AccessDenied/);
    assert.match(stdout, /<li>soon: ListCname on bucket soon failed: AccessDenied/);
    assert.match(stdout, /<td>a\.example\.com<\/td>/);
  });

  it("writes the page to a file that only its owner can read", async () => {
    const file = join(directory, "report.html");
    assert.deepEqual(await report("--bucket", "late", "-o", file), { status: 4, stdout: "", stderr: "" });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(file, "utf8"), /^<!DOCTYPE html>.*c\.example\.com.*<\/html>\n$/s);
  });

  it("does not print the page on a terminal", async () => {
    const before = cloud.requests().length;
    const args = ["report", "--bucket", "fine", ...signedAt(cloud)];
    const { status, stdout, stderr } = await runHere(args, { isTTY: true });
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /give a file, such as -o report\.html, or --json/);
    assert.equal(cloud.requests().length, before);
    assert.match((await runHere([...args, "--json"], { isTTY: true })).stdout, /^\{/);
  });

  it("knows from the state of a stack which certificates renew themselves", async () => {
    const certId = cloud.state().bindings.find(({ domain }) => domain === "b.example.com")?.certId;
    const at = new Date(Date.now() + 86_400_000).toISOString();
    const file = join(directory, "state.json");
    const type = "pulumi-nodejs:dynamic/oss:AcmeCertificate";
    const resources = [
      { type: "pulumi:pulumi:Stack" },
      { type, outputs: { certId: "pending", renewAt: "", renewalProblem: "" } },
      { type, outputs: { certId, renewAt: at, renewalProblem: "" } },
      { type: "pulumi-nodejs:dynamic/oss:CnameCertificate", outputs: { certId: "other", renewAt: at } },
    ];
    writeFileSync(file, JSON.stringify({ version: 3, deployment: { resources } }));
    const { status, stdout } = await report("--bucket", "soon", "--json", "--state", file);
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout).domains[0].renewal, { at, problem: null });
    const doctor = await runHere(["doctor", "b.example.com", "--bucket", "soon", "--state", file, ...signedAt(cloud)]);
    assert.match(doctor.stdout, /expiry .*renews itself on/);
  });

  it("refuses what is not the state of a stack", async () => {
    const file = join(directory, "state.json");
    const before = cloud.requests().length;
    for (const [text, reason] of [
      ["{", /could not be read as the state of a stack/],
      ["{}", /is not the state of a stack: write it with `pulumi stack export/],
      ["[]", /is not the state of a stack/],
    ] as const) {
      writeFileSync(file, text);
      const { status, stderr } = await report("--bucket", "soon", "--json", "--state", file);
      assert.deepEqual([status, reason.test(stderr)], [1, true], stderr);
    }
    assert.equal(cloud.requests().length, before);
    writeFileSync(file, JSON.stringify({ version: 3, deployment: {} }));
    assert.equal((await report("--bucket", "fine", "--json", "--state", file)).status, 0);
  });

  it("takes the buckets that a stack declares", async () => {
    const file = join(directory, "Pulumi.prod.yaml");
    const domains = [
      { domain: "a.example.com", bucket: "fine" },
      { domain: "b.example.com", bucket: "soon" },
      { domain: "q.example.com", bucket: "theirs", account: "intl" },
    ];
    const before = cloud.requests().length;
    const key = { "alicloud:accessKey": cloud.accessKeyId, "alicloud:secretKey": cloud.accessKeySecret };
    writeFileSync(file, stringify({ config: { ...key, "oss-cname:domains": domains } }));
    const place = ["-e", cloud.oss, "--region", cloud.region];
    const { status, stdout, stderr } = await runHere(["report", "--json", "--config", file, ...place]);
    assert.equal(status, 1);
    assert.match(stderr, /theirs: it belongs to account intl/);
    assert.equal(JSON.parse(stdout).domains.length, 2);
    const asked = cloud.requests().slice(before);
    assert.deepEqual(asked.map(({ bucket }) => bucket).sort(), ["fine", "soon"]);
  });

  it("takes the buckets, region and endpoint of the stacks in the directory", async () => {
    const config = {
      "alicloud:region": cloud.region,
      "oss-cname:endpoint": cloud.oss,
      "oss-cname:domainsFile": "lists/domains.csv",
    };
    mkdirSync(join(directory, "lists"));
    writeFileSync(join(directory, "lists", "domains.csv"), "domain,bucket\na.example.com,fine\n");
    writeFileSync(join(directory, "Pulumi.prod.yaml"), stringify({ config }));
    const { status, stdout } = await ossCname(["report", "--json"], { env: at(cloud).env, cwd: directory });
    assert.equal(status, 0);
    assert.equal(JSON.parse(stdout).domains.length, 1);
  });

  it("asks for a bucket when nothing is declared", async () => {
    const { status, stderr } = await ossCname(["report"], { cwd: directory });
    assert.equal(status, 2);
    assert.match(stderr, /no Pulumi\.<stack>\.yaml here: name a bucket, or give another file with --config/);
    const file = join(directory, "Pulumi.dev.yaml");
    writeFileSync(file, "");
    assert.match(
      (await report("--config", file)).stderr,
      /no oss-cname:domains or oss-cname:domainsFile in .*Pulumi\.dev\.yaml: name a bucket/,
    );
  });
});
