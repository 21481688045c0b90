import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { type Cloud, startCloud } from "../../../local/cloud";
import { readDeclarations } from "../../../provider/program/declarations";
import { runHere, signedAt } from "../../support/command";
import { engines, livingOn, Project, type StoredResource } from "../../support/pulumiRun";

const BUCKETS = ["one", "two", "three"];

/** Binds as other clients have, so many domains to each bucket, every other one with a certificate. */
function bindByHand(cloud: Cloud, each: number): void {
  for (const bucket of BUCKETS)
    for (let index = 0; index < each; index++) {
      const domain = `n${index}.${bucket}.example.com`;
      cloud.inConsole.moveBinding(domain, bucket);
      const certId = `${1000 + index}-cn-hangzhou`;
      if (index % 2 === 1) cloud.inConsole.replaceCertificate(domain, { certId });
    }
}

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
  const domainsIn = (text: string): { domain: string }[] => parse(text).config["oss-cname:domains"];

  it("writes configuration that the root program accepts", async () => {
    bind("www.example.com", "one");
    cloud.inConsole.replaceCertificate("www.example.com", { certId: "7-cn-hangzhou" });
    bind("img.example.com", "two");
    const { status, stdout, stderr } = await adopt("one", "oss://two");
    assert.deepEqual([status, stderr], [0, ""]);
    const read = readDeclarations({
      domains: domainsIn(stdout),
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

  it("declares region and endpoint, unless the endpoint is the public one", async () => {
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
    bindByHand(cloud, 100);
    const { status, stdout } = await adopt(...BUCKETS, "one", "--import-file", importFile);
    assert.equal(status, 0);
    assert.equal(domainsIn(stdout).length, 300);
    const { resources } = JSON.parse(readFileSync(importFile, "utf8"));
    assert.equal(resources.length, 300 + 300 + 300 + 150);
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

for (const engine of engines)
  describe(`domains adopted on the ${engine.name}`, function () {
    this.timeout(300_000);
    let cloud: Cloud;
    let project: Project | undefined;
    before(async () => {
      cloud = await startCloud({ buckets: BUCKETS });
      bindByHand(cloud, 4);
    });
    after(() => cloud.close());
    afterEach(() => project?.remove());

    async function adopted(): Promise<{ project: Project; file: string }> {
      project = await Project.create(engine, livingOn(cloud));
      const file = join(project.directory, "import.json");
      const args = ["-o", project.configurationFile, "--merge", "--import-file", file, ...signedAt(cloud)];
      const { status, stderr } = await runHere(["adopt", ...BUCKETS, ...args]);
      assert.equal(status, 0, stderr);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      return { project, file };
    }
    const writes = () => cloud.requests().filter(({ operation }) => !/^(List|Get)/.test(operation));

    it("are taken over without a write, and become what the import file says", async () => {
      const { project, file } = await adopted();
      const bindings = cloud.state().bindings;
      const { status, output } = await project.up();
      assert.equal(status, 0, output);
      assert.match(output, /n\d\.\w+\.example\.com is bound to bucket \w+ already and was adopted/);
      assert.deepEqual(writes(), []);
      assert.deepEqual(cloud.state().bindings, bindings);
      const ours: { resources: Imported[] } = JSON.parse(readFileSync(file, "utf8"));
      const kept = project.resources().filter(({ type }) => !/^pulumi:/.test(type));
      assert.equal(kept.length, 3 * (4 + 4 + 4 + 2));
      const byUrn = (one: { urn: string }, other: { urn: string }) => (one.urn < other.urn ? -1 : 1);
      assert.deepEqual(
        ours.resources.map((resource) => ({ ...asStored(resource, kept) })).sort(byUrn),
        kept
          .map(({ urn, id, inputs, outputs, parent }) => ({
            urn,
            ...(id !== undefined && { id, inputs, outputs }),
            parent,
          }))
          .sort(byUrn),
      );
    });

    if (engine.name === "Pulumi CLI")
      it("show no change at all once they are imported", async () => {
        const { project, file } = await adopted();
        const before = cloud.requests().length;
        const imported = await project.import(file);
        assert.equal(imported.status, 0, imported.output);
        assert.equal(cloud.requests().length, before);
        const { status, output } = await project.up("--expect-no-changes");
        assert.equal(status, 0, output);
        assert.deepEqual(writes(), []);
      });
  });

interface Imported {
  readonly type: string;
  readonly name: string;
  readonly logicalName?: string;
  readonly parent?: string;
  readonly component?: boolean;
  readonly id?: string;
  readonly inputs?: object;
  readonly outputs?: object;
}

/** An entry of the import file as Pulumi would store it. */
function asStored({ type, name, logicalName = name, parent, id, inputs, outputs }: Imported, kept: StoredResource[]) {
  const stack = kept[0]?.urn.split("::").slice(0, 2).join("::") ?? "";
  const project = stack.replace(/^urn:pulumi:(.*)::(.*)$/, "$2-$1");
  const component = "oss-cname:index:CustomDomain";
  return {
    urn: `${stack}::${parent === undefined ? "" : `${component}$`}${type}::${logicalName}`,
    ...(id !== undefined && { id, inputs, outputs }),
    parent: parent === undefined ? `${stack}::pulumi:pulumi:Stack::${project}` : `${stack}::${component}::${parent}`,
  };
}
