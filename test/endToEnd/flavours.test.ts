// One stack, over to the plugin and back. Without the Pulumi CLI nothing here is proven: the local engine has no plugins.
import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../local";
import { type BundledPlugin, bundlePlugin, livingOnWithPlugin, pulumiCli } from "../support/plugin";
import { engines, Project, type StoredResource } from "../support/pulumiRun";

const SECRET = "Other9Secret8Key7OfTheTests";

(pulumiCli ? describe : describe.skip)("a stack that changes between dynamic resources and the plugin", function () {
  this.timeout(300_000);
  let plugin: BundledPlugin;
  let cloud: Cloud;
  let project: Project | undefined;
  before(async () => {
    plugin = await bundlePlugin();
  });
  after(() => plugin.remove());
  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site"] });
    cloud.addCredential({ accessKeyId: "same", accessKeySecret: SECRET });
    // What a person has made: while it is pending, every `up` asks again.
    cloud.inConsole.moveBinding("hand.example.com", "site");
    cloud.addRecord({ name: "hand.example.com", type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" });
  });
  afterEach(async () => {
    project?.remove();
    await cloud.close();
  });

  type Flavour = "dynamic" | "native";
  const entry = { dynamic: "pulumi-oss-cname", native: "pulumi-oss-cname/native" };
  /** `names`: with their former names, if they have any. */
  const program = (flavour: Flavour, names: { www: string; was?: string; many: string; wasMany?: string }) => `
    const { alidns, AlidnsRecord, BucketCnames, CustomDomain, manual, OssAccount } = require("${entry[flavour]}");
    const certificate = { certId: "12345-cn-hangzhou" };
    const provider = new OssAccount("account", { accessKey: "same", secretKey: "${SECRET}" });
    const formerly = (name) => (name === "undefined" ? {} : { aliases: [{ name }] });
    new CustomDomain("${names.www}", { bucket: "site", domain: "www.example.com", dns: alidns(), certificate }, formerly("${names.was}"));
    new CustomDomain("hand", { bucket: "site", domain: "hand.example.com", dns: manual() });
    new CustomDomain("img", { bucket: "site", domain: "img.example.com", dns: alidns() }, { provider });
    new BucketCnames("${names.many}", { bucket: "site", domains: { "a.example.com": {} }, alidns: {} }, formerly("${names.wasMany}"));
    new AlidnsRecord("txt", { name: "note.example.com", type: "TXT", value: "kept" });`;
  const NAMES = { www: "www", many: "many" };
  const RENAMED = { www: "site", was: "www", many: "all", wasMany: "many" };

  const start = async (flavour: Flavour) => {
    assert(pulumiCli);
    const files = { "index.js": program(flavour, NAMES) };
    project = await Project.create(pulumiCli, { files, ...livingOnWithPlugin(cloud), env: plugin.env });
    await project.expectUp("--skip-preview");
    return project;
  };
  /** What the state has of everything but providers, whatever it is called. */
  const held = (of: Project) =>
    of
      .resources()
      .filter(({ type }) => !type.startsWith("pulumi:"))
      .map(kept)
      .sort();
  const kept = ({ type, id = "", outputs = {} }: StoredResource) =>
    `${type.split(":").at(-1)} ${id} ${outputs.recordId ?? ""}`;
  const served = () => ({ bindings: cloud.state().bindings, records: cloud.state().records });
  const isWrite = (operation: string) => !/^(Get|List|Describe)/.test(operation);
  const sent = () => cloud.requests().map(({ operation }) => operation);
  /** An `up` which changes no more than providers. */
  const turn = async (into: Project, flavour: Flavour, names: Parameters<typeof program>[1]) => {
    const before = { held: held(into), served: served() };
    into.write({ "index.js": program(flavour, names) });
    cloud.forgetRequests();
    await into.expectUp("--skip-preview");
    assert.deepEqual(sent(), []);
    assert.deepEqual({ held: held(into), served: served() }, before);
    const types = into
      .resources()
      .map(({ type }) => type)
      .filter((type) => /CnameToken|providers/.test(type));
    assert(
      types.every((type) => type.includes(flavour === "native" ? "oss-cname" : "pulumi-nodejs")),
      types.join(),
    );
    await into.expectUp("--skip-preview", "--expect-no-changes");
    assert.deepEqual(sent(), []);
  };
  const endAll = async (of: Project) => {
    const refreshed = await of.refresh("--skip-preview", "--expect-no-changes");
    assert.equal(refreshed.status, 0, refreshed.output);
    assert.deepEqual(sent().filter(isWrite), []);
    const destroyed = await of.destroy("--skip-preview");
    assert.equal(destroyed.status, 0, destroyed.output);
    assert.deepEqual(cloud.state().bindings, []);
    const left = cloud.state().records.filter(({ type }) => type === "TXT" || type === "CNAME");
    assert.deepEqual(
      left.map(({ name }) => name),
      ["hand.example.com"],
    );
  };

  it("sends nothing on the way there and back, and destroys all", async () => {
    const stack = await start("dynamic");
    await turn(stack, "native", NAMES);
    await turn(stack, "dynamic", NAMES);
    await endAll(stack);
  });

  it("sends nothing when resources get other names at once", async () => {
    const stack = await start("native");
    await turn(stack, "dynamic", RENAMED);
    await turn(stack, "native", { www: "www", was: "site", many: "many", wasMany: "all" });
    await endAll(stack);
  });

  it("unbinds nothing and loses no record when names change without aliases", async () => {
    const stack = await start("dynamic");
    const before = served();
    for (const [flavour, names] of [
      ["native", { www: "site", many: "all" }],
      ["dynamic", NAMES],
    ] as const) {
      stack.write({ "index.js": program(flavour, names) });
      cloud.forgetRequests();
      await stack.expectUp("--skip-preview");
      assert.deepEqual(
        sent().filter((operation) => /PutCname|DeleteCname|AddDomainRecord/.test(operation)),
        [],
      );
      assert.deepEqual(served().bindings, before.bindings);
      const names2 = (records: typeof before.records) =>
        records.filter(({ type }) => type === "CNAME").map(({ name }) => name);
      assert.deepEqual(names2(served().records), names2(before.records));
    }
  });
});

describe("the plugin's resources on the local engine", function () {
  this.timeout(60_000);

  it("are refused by name, before anything is sent", async () => {
    const cloud = await startCloud({ buckets: ["site"] });
    const [localEngine] = engines;
    assert(localEngine);
    const text = `const { CnameToken } = require("pulumi-oss-cname/native");
      new CnameToken("www", { bucket: "site", domain: "www.example.com" });`;
    const project = await Project.create(localEngine, { files: { "index.js": text }, ...livingOnWithPlugin(cloud) });
    try {
      const { status, output } = await project.up();
      assert.notEqual(status, 0);
      assert.match(output, /a resource of type oss-cname:index:\w+, not a dynamic one, .*: use the Pulumi CLI/);
      assert.deepEqual(cloud.requests(), []);
    } finally {
      project.remove();
      await cloud.close();
    }
  });
});
