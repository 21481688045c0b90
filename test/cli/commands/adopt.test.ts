import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Cloud, startCloud } from "../../../local/cloud";
import { readConfiguration } from "../../../provider/program/configuration";
import { runHere, signedAt } from "../../support/command";

const BUCKETS = ["one", "two", "three"];

describe("oss-cname adopt", () => {
  let cloud: Cloud;
  let directory: string;
  /** `Pulumi.prod.yaml` and `import.json` in the directory. */
  let stackFile: string;
  let importFile: string;
  beforeEach(async () => {
    cloud = await startCloud({ buckets: BUCKETS });
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    stackFile = join(directory, "Pulumi.prod.yaml");
    importFile = join(directory, "import.json");
  });
  afterEach(async () => {
    await cloud.close();
    rmSync(directory, { recursive: true });
  });

  const adopt = (...args: string[]) => runHere(["adopt", ...args, ...signedAt(cloud)]);
  const bind = (domain: string, bucket: string) => cloud.inConsole.moveBinding(domain, bucket);
  const domainsIn = (text: string): { domain: string; protect?: boolean }[] => parse(text).config["oss-cname:domains"];

  it("writes configuration that the root program accepts", async () => {
    bind("www.example.com", "one");
    cloud.inConsole.replaceCertificate("www.example.com", { certId: "7-cn-hangzhou" });
    bind("img.example.com", "two");
    const { status, stdout, stderr } = await adopt("one", "oss://two");
    assert.deepEqual([status, stderr], [0, ""]);
    const read = readConfiguration({
      domains: domainsIn(stdout),
      domainsFile: undefined,
      defaults: undefined,
      accounts: undefined,
      settings: {},
      now: Date.now(),
      rootDirectory: directory,
      programDirectory: directory,
    });
    assert.deepEqual(
      read.domains.map(({ domain, bucket }) => [domain, bucket]),
      [
        ["www.example.com", "one"],
        ["img.example.com", "two"],
      ],
    );
  });

  it("declares region and endpoint", async () => {
    const { config } = parse((await adopt("one")).stdout);
    assert.deepEqual([config["alicloud:region"], config["oss-cname:endpoint"]], [cloud.region, cloud.oss]);
  });

  it("says on standard error what it wrote", async () => {
    bind("www.example.com", "one");
    const { status, stdout, stderr } = await adopt("one", "-o", stackFile, "--import-file", importFile);
    assert.deepEqual([status, stdout], [0, ""]);
    assert.equal(
      stderr,
      `oss-cname: wrote ${importFile} for \`pulumi import\`\noss-cname: wrote 1 domain to ${stackFile}\n`,
    );
    assert.deepEqual(readdirSync(directory).sort(), ["Pulumi.prod.yaml", "import.json"]);
    assert.deepEqual(
      domainsIn(readFileSync(stackFile, "utf8")).map(({ protect }) => protect),
      [true],
    );
    assert.doesNotMatch(readFileSync(importFile, "utf8"), /protect/);
  });

  it("writes the domains to a file of their own, to which it adds with --merge", async () => {
    const list = join(directory, "lists", "domains.yaml");
    mkdirSync(join(directory, "lists"));
    bind("www.example.com", "one");
    cloud.inConsole.replaceCertificate("www.example.com", { certId: "7-cn-hangzhou" });
    const first = await adopt("one", "-o", stackFile, "--domains-file", list);
    assert.deepEqual([first.status, first.stderr], [0, `oss-cname: wrote 1 domain to ${list}\n`]);
    const place = { "alicloud:region": cloud.region, "oss-cname:endpoint": cloud.oss };
    assert.deepEqual(parse(readFileSync(stackFile, "utf8")).config, {
      ...place,
      "oss-cname:domainsFile": "lists/domains.yaml",
    });
    const www = { domain: "www.example.com", bucket: "one", dns: "none", certificate: { certId: "7-cn-hangzhou" } };
    assert.deepEqual(parse(readFileSync(list, "utf8")), [www]);

    // The list has a comment, and another file a domain.
    writeFileSync(list, `# ours\n${readFileSync(list, "utf8")}`);
    writeFileSync(join(directory, "more.csv"), "domain,bucket\nIMG.example.com,one\n");
    const config = { ...place, "oss-cname:domainsFile": "more.csv" };
    writeFileSync(stackFile, stringify({ config }));
    for (const domain of ["img.example.com", "new.example.com"]) bind(domain, "one");
    const again = await adopt("one", "-o", stackFile, "--domains-file", list, "--merge");
    assert.equal(again.stderr, `oss-cname: added 1 domain to ${list}\n`);
    const text = readFileSync(list, "utf8");
    assert.ok(text.startsWith("# ours\n"));
    assert.deepEqual(parse(text), [www, { domain: "new.example.com", bucket: "one", dns: "none" }]);
    const merged = parse(readFileSync(stackFile, "utf8")).config;
    assert.deepEqual(merged, { ...config, "oss-cname:domainsFile": ["more.csv", "lists/domains.yaml"] });
    const read = readConfiguration({
      domains: undefined,
      domainsFile: merged["oss-cname:domainsFile"],
      defaults: { dns: "none" },
      accounts: undefined,
      settings: {},
      now: Date.now(),
      rootDirectory: directory,
      programDirectory: directory,
    });
    assert.equal(read.domainsOfFiles.length, 3);
    // Without --domains-file, what files declare is not declared again.
    assert.match((await adopt("one", "-o", stackFile, "--merge")).stderr, /added 0 domains/);
  });

  it("says that configuration of so many domains is too long for Pulumi, and a file of domains is not", async () => {
    for (let index = 0; index < 100; index++)
      for (const bucket of ["one", "two"])
        bind(`${bucket}${index}.${"x".repeat(60)}.${"y".repeat(60)}.example.com`, bucket);
    const many = ["one", "two", "-o", stackFile];
    const list = join(directory, "domains.yaml");
    assert.doesNotMatch((await adopt(...many)).stderr, /too long/);
    rmSync(stackFile);
    for (let index = 0; index < 400; index++) cloud.addBucket({ name: `more${index}` });
    for (let index = 0; index < 400; index++)
      bind(`more${index}.${"x".repeat(60)}.${"y".repeat(60)}.${"z".repeat(60)}.example.com`, `more${index}`);
    const more = Array.from({ length: 400 }, (_, index) => `more${index}`);
    const long = await adopt(...more, ...many);
    assert.equal(long.status, 0);
    assert.match(long.stderr, /too long: it has \d+ kB, .*oss-cname:domainsFile, as --domains-file does\n$/);
    rmSync(stackFile);
    assert.doesNotMatch((await adopt(...more, ...many, "--domains-file", list)).stderr, /too long/);
  });

  it("refuses a file of domains that it cannot write or read, and leaves all files as they are", async () => {
    const list = join(directory, "domains.yaml");
    const csv = join(directory, "domains.csv");
    const refused: [args: string[], status: number, message: RegExp][] = [
      [["--domains-file", list], 2, /--domains-file goes with --output/],
      [["-o", stackFile, "--domains-file", csv], 2, /--domains-file writes YAML/],
      [["-o", stackFile, "--domains-file", list, "--import-file", importFile], 2, /cannot be used with/],
      [["-o", stackFile, "--domains-file", list], 1, /domains\.yaml exists and was left as it is/],
      [["-o", stackFile, "--domains-file", list, "--merge"], 1, /domains\.yaml is not a list of domains, and was left/],
    ];
    writeFileSync(list, "a: b\n");
    for (const [args, expected, message] of refused) {
      const { status, stderr } = await adopt("one", ...args);
      assert.equal(status, expected, stderr);
      assert.match(stderr, message);
    }
    writeFileSync(stackFile, 'config: { "oss-cname:domainsFile": gone.yaml }\n');
    const { status, stderr } = await adopt("one", "-o", stackFile, "--merge");
    assert.deepEqual([status, /gone\.yaml: cannot be read: ENOENT/.test(stderr)], [1, true], stderr);
    assert.deepEqual(readdirSync(directory).sort(), ["Pulumi.prod.yaml", "domains.yaml"]);
    assert.equal(readFileSync(list, "utf8"), "a: b\n");
  });

  it("leaves an existing file as it is without --merge", async () => {
    writeFileSync(stackFile, "config: {}\n");
    const { status, stderr } = await adopt("one", "-o", stackFile);
    assert.equal(status, 1);
    assert.match(stderr, /Pulumi\.prod\.yaml exists and was left as it is: add to it with --merge/);
    assert.equal(readFileSync(stackFile, "utf8"), "config: {}\n");
  });

  it("adds to an existing file with --merge, once", async () => {
    bind("www.example.com", "one");
    const theirs = "config:\n  oss-cname:domains:\n    - domain: old.example.com # by hand\n      bucket: two\n";
    writeFileSync(stackFile, theirs);
    const first = await adopt("one", "-o", stackFile, "--merge");
    assert.doesNotMatch(readFileSync(stackFile, "utf8"), /protect/);
    assert.deepEqual([first.status, first.stderr], [0, `oss-cname: added 1 domain to ${stackFile}\n`]);
    const text = readFileSync(stackFile, "utf8");
    assert.ok(text.startsWith(theirs));
    assert.deepEqual(
      domainsIn(text).map(({ domain }) => domain),
      ["old.example.com", "www.example.com"],
    );
    const second = await adopt("one", "-o", stackFile, "--merge");
    assert.equal(second.stderr, `oss-cname: added 0 domains to ${stackFile}\n`);
    assert.equal(readFileSync(stackFile, "utf8"), text);
  });

  it("leaves a file that is not stack configuration as it is, and writes nothing else", async () => {
    for (const text of ["config: [", "Remember the milk.\n"]) {
      writeFileSync(stackFile, text);
      const { status, stderr } = await adopt("one", "-o", stackFile, "--merge", "--import-file", importFile);
      assert.equal(status, 1);
      assert.match(stderr, /Pulumi\.prod\.yaml.* not .*YAML/);
      assert.equal(readFileSync(stackFile, "utf8"), text);
      assert.deepEqual(readdirSync(directory), ["Pulumi.prod.yaml"]);
    }
  });

  it("needs --output for --merge", async () => {
    const { status, stderr } = await adopt("one", "--merge");
    assert.equal(status, 2);
    assert.match(stderr, /--merge goes with --output/);
  });

  it("sends one request for each bucket, however many domains it has", async () => {
    for (const bucket of BUCKETS)
      for (let index = 0; index < 100; index++) {
        const domain = `n${index}.${bucket}.example.com`;
        bind(domain, bucket);
        if (index % 2 === 1) cloud.inConsole.replaceCertificate(domain, { certId: `${1000 + index}-cn-hangzhou` });
      }
    const { status, stdout } = await adopt(...BUCKETS, "one", "--import-file", importFile);
    assert.equal(status, 0);
    assert.equal(domainsIn(stdout).length, 300);
    const { resources } = JSON.parse(readFileSync(importFile, "utf8"));
    assert.equal(resources.length, 300 + 300 + 300 + 150 + 1);
    assert.deepEqual(
      cloud.requests().map(({ operation }) => operation),
      Array(3).fill("ListCname"),
    );
  });

  it("says what it leaves out, and ends with status 3", async () => {
    bind("www.example.com", "one");
    bind("*.example.com", "one");
    const { status, stdout, stderr } = await adopt("one");
    assert.equal(status, 3);
    assert.match(stderr, /^oss-cname: left out of bucket one: "\*\.example\.com" is a wildcard/);
    assert.equal(domainsIn(stdout).length, 1);
  });

  it("fails when a bucket cannot be listed, and writes nothing", async () => {
    const { status } = await adopt("one", "gone", "-o", stackFile, "--import-file", importFile);
    assert.equal(status, 1);
    assert.deepEqual(readdirSync(directory), []);
  });
});
