import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { type Cloud, startCloud } from "../../../local/cloud";
import { readDeclarations } from "../../../provider/program/declarations";
import { at, ossCname } from "../../support/command";
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
  beforeEach(async () => {
    cloud = await startCloud({ buckets: [...BUCKETS, "2020-01-01"] });
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  afterEach(async () => {
    await cloud.close();
    rmSync(directory, { recursive: true });
  });

  const adopt = (...args: string[]) =>
    ossCname(["adopt", ...args, ...at(cloud).args], { env: at(cloud).env, cwd: directory });
  const bind = (domain: string, bucket: string, certId?: string) => {
    cloud.inConsole.moveBinding(domain, bucket);
    if (certId) cloud.inConsole.replaceCertificate(domain, { certId });
  };

  it("writes configuration that the root program takes", async () => {
    bind("www.example.com", "one", "7-cn-hangzhou");
    bind("img.example.com", "2020-01-01");
    const { status, stdout, stderr } = await adopt("one", "2020-01-01");
    assert.deepEqual([status, stderr], [0, ""]);
    assert.equal(
      stdout,
      `config:
  alicloud:region: cn-hangzhou
  oss-cname:endpoint: ${cloud.oss}
  oss-cname:domains:
    - domain: www.example.com
      bucket: one
      dns: none
      certificate:
        certId: "7-cn-hangzhou"
    - domain: img.example.com
      bucket: "2020-01-01"
      dns: none
`,
    );
    const read = readDeclarations({
      domains: parse(stdout).config["oss-cname:domains"],
      defaults: undefined,
      accounts: undefined,
      settings: {},
      now: Date.now(),
      rootDirectory: directory,
      programDirectory: directory,
    });
    assert.equal(read.domains.length, 2);
    assert.deepEqual(
      cloud.requests().map(({ operation }) => operation),
      ["ListCname", "ListCname"],
    );
  });

  it("never touches a file that is there, unless told to add to it, and then keeps all that is in it", async () => {
    bind("www.example.com", "one");
    bind("old.example.com", "two");
    const file = join(directory, "Pulumi.prod.yaml");
    const theirs = `# Ours since 2019
encryptionsalt: v1:abc
config:
  alicloud:region: ap-southeast-1 # Singapore
  oss-cname:domains:
    - domain: OLD.example.com. # by hand
      bucket: two
      dns: alidns
`;
    writeFileSync(file, theirs, { mode: 0o640 });
    const refused = await adopt("one", "two", "-o", file);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /Pulumi\.prod\.yaml exists and was left as it is: add to it with --merge/);
    assert.equal(readFileSync(file, "utf8"), theirs);
    assert.equal((await adopt("one", "two", "-o", file, "--merge")).status, 0);
    const added = `    - domain: www.example.com
      bucket: one
      dns: none
      region: cn-hangzhou
      endpoint: ${cloud.oss}
`;
    assert.equal(readFileSync(file, "utf8"), theirs + added);
    assert.equal((await adopt("one", "two", "-o", file, "--merge")).status, 0);
    assert.equal(readFileSync(file, "utf8"), theirs + added);
    writeFileSync(file, "config: [");
    const broken = await adopt("one", "-o", file, "--merge", "--import-file", join(directory, "import.json"));
    assert.equal(broken.status, 1);
    assert.match(broken.stderr, /not YAML/);
    assert.deepEqual(readdirSync(directory), ["Pulumi.prod.yaml"]);
  });

  it("asks once for each bucket, however many domains it has", async () => {
    bindByHand(cloud, 100);
    const { status, stdout } = await adopt(...BUCKETS, "--import-file", join(directory, "import.json"));
    assert.equal(status, 0);
    assert.equal(parse(stdout).config["oss-cname:domains"].length, 300);
    const { resources } = JSON.parse(readFileSync(join(directory, "import.json"), "utf8"));
    assert.equal(resources.length, 300 + 300 + 300 + 150);
    assert.deepEqual(
      cloud.requests().map(({ operation }) => operation),
      Array(3).fill("ListCname"),
    );
  });

  it("says what it leaves out", async () => {
    bind("www.example.com", "one");
    bind("*.example.com", "one");
    const { status, stdout, stderr } = await adopt("one");
    assert.equal(status, 3);
    assert.match(stderr, /^oss-cname: left out of bucket one: "\*\.example\.com" is a wildcard/);
    assert.deepEqual(
      parse(stdout).config["oss-cname:domains"].map(({ domain }: { domain: string }) => domain),
      ["www.example.com"],
    );
  });

  it("fails when one bucket cannot be listed, and writes nothing", async () => {
    const files = ["-o", join(directory, "Pulumi.a.yaml"), "--import-file", join(directory, "import.json")];
    assert.equal((await adopt("one", "gone", ...files)).status, 1);
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
      const args = ["-o", project.configurationFile, "--merge", "--import-file", file, ...at(cloud).args];
      const { status, stderr } = await ossCname(["adopt", ...BUCKETS, ...args], { env: at(cloud).env });
      assert.deepEqual([status, stderr], [0, ""]);
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
