// `pulumi import` of what was bound elsewhere, with the Pulumi CLI: the code that it writes must be no change.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Cloud, startCloud } from "../../local";
import { type BundledPlugin, bundlePlugin, livingOnWithPlugin, pulumiCli } from "../support/plugin";
import { isOnPath, Project } from "../support/pulumiRun";

const PROGRAM = { name: "trial", runtime: "yaml" };
const here = pulumiCli !== undefined && isOnPath("pulumi-language-yaml");

(here ? describe : describe.skip)("pulumi import", function () {
  this.timeout(300_000);
  let plugin: BundledPlugin;
  let scratch: string;
  let cloud: Cloud;
  let project: Project;
  before(async () => {
    plugin = await bundlePlugin();
  });
  after(() => plugin.remove());
  beforeEach(async () => {
    assert(pulumiCli);
    scratch = mkdtempSync(join(tmpdir(), "oss-cname-"));
    writeFileSync(join(scratch, "Pulumi.yaml"), stringify(PROGRAM));
    cloud = await startCloud({ buckets: ["site", "shop"] });
    project = await Project.create(pulumiCli, { directory: scratch, ...livingOnWithPlugin(cloud), env: plugin.env });
  });
  afterEach(async () => {
    project.remove();
    await cloud.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Takes the code that Pulumi wrote for the program, as a person would. */
  const paste = () => {
    const { resources } = parse(readFileSync(join(scratch, "generated.yaml"), "utf8"));
    project.write({ "Pulumi.yaml": stringify({ ...PROGRAM, resources }) });
    return Object.keys(resources).length;
  };
  const imported = async (...args: string[]) => {
    const { status, output } = await project.import(...args);
    assert.equal(status, 0, output);
  };
  const written = () => cloud.requests().filter(({ operation }) => operation !== "ListCname");

  it("takes over 50 bindings by bucket/domain, and what it generates is no change", async () => {
    const bindings = Array.from({ length: 50 }, (_, index) => [index % 2 ? "site" : "shop", `d${index}.example.com`]);
    for (const [bucket = "", domain = ""] of bindings) cloud.inConsole.moveBinding(domain, bucket);
    const resources = bindings.map(([bucket, domain], index) => ({
      type: "oss-cname:index:BucketCname",
      name: `d${index}`,
      id: `${bucket}/${domain}`,
    }));
    project.write({ "import.json": JSON.stringify({ resources }) });
    await imported("--file", "import.json", "--out", "generated.yaml");
    assert.equal(paste(), 50);
    cloud.forgetRequests();
    await project.expectUp("--skip-preview", "--expect-no-changes");
    assert.deepEqual(cloud.requests(), []);
    await project.expectUp("--skip-preview", "--expect-no-changes", "--refresh");
    assert.deepEqual(written(), []);
  });

  it("finds a domain by itself among the buckets that the configuration lists", async () => {
    cloud.inConsole.moveBinding("www.example.com", "shop");
    project.configure({ "oss-cname:buckets": "site,shop" });
    await imported("oss-cname:index:BucketCname", "www", "www.example.com", "--out", "generated.yaml");
    assert.equal(paste(), 1);
    await project.expectUp("--skip-preview", "--expect-no-changes");
    assert.deepEqual(written(), []);
    const [bound] = project.resources().filter(({ type }) => type === "oss-cname:index:BucketCname");
    assert.deepEqual([bound?.id, bound?.inputs?.bucket], ["www.example.com", "shop"]);
  });

  it("says what an id is when it is given another one", async () => {
    const { status, output } = await project.import("oss-cname:index:BucketCname", "www", "https://www.example.com/");
    assert.notEqual(status, 0);
    assert.match(output, /<bucket>\/<domain>|bucket\/domain/);
    assert.deepEqual(cloud.requests(), []);
  });
});
