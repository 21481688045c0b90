// The monitor talks to Pulumi's SDK, in a program's process.
import assert from "node:assert";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ResourceMonitor } from "../../../engine/program/resourceMonitor";
import { Source } from "../../../engine/program/source";
import { loadProject } from "../../../engine/stack/project";
import type { Resource } from "../../../engine/stack/state";
import { Unsupported } from "../../../engine/unsupported";

/** What a program may do, as the SDK has it, and what is refused for it. Each row is a line of the program. */
const refused: Readonly<Record<string, string>> = {
  'thing({ aliases: [{ name: "old" }] })': "aliases",
  'thing({ aliases: ["urn:pulumi:dev::refused::pulumi-nodejs:dynamic/test:Thing::old"] })': "aliases",
  "thing({ deleteBeforeReplace: false })": "deleteBeforeReplace",
  "thing({ deleteBeforeReplace: true })": "deleteBeforeReplace",
  'thing({ envVarMappings: { A: "B" } })': "envVarMappings",
  'thing({ hideDiffs: ["size"] })': "hideDiffs",
  'thing({ import: "a-0" })': "import",
  'thing({ pluginDownloadURL: "https://example.com" })': "pluginDownloadURL",
  'thing({ replaceOnChanges: ["*"] })': "replaceOnChanges",
  "thing({ replaceWith: [one] })": "replaceWith",
  "thing({ replacementTrigger: 0 })": "replacementTrigger",
  "thing({ stateMigrations: [async () => undefined] })": "stateMigrations",
  "thing({ transforms: [() => undefined] })": "transforms",
  'thing({ version: "1.2.3" })': "version",
  'thing({ id: "a-0", version: "1.2.3" })': "version",
  'thing({ urn: "urn:pulumi:dev::refused::pulumi-nodejs:dynamic/test:Thing::old" })': "pulumi:pulumi:getResource",
  "thing({ hooks: { beforeCreate: [() => {}] } })": "a resource hook",
  'new pulumi.ErrorHook("retry", () => false)': "error hook",
  'new pulumi.ComponentResource("test:index:Group", "renamed", {}, { aliases: [{ name: "old" }] })': "aliases",
  'new pulumi.ProviderResource("pulumi-nodejs", "other", {}, { envVarMappings: { A: "B" } })': "envVarMappings",
  'new pulumi.ProviderResource("aws", "other", {})': "type pulumi:providers:aws",
  'new pulumi.CustomResource("aws:s3/bucket:Bucket", "bucket")': "type aws:s3/bucket:Bucket",
  'new pulumi.ComponentResource("aws:eks:Cluster", "cluster", {}, {}, true)': "type aws:eks:Cluster",
  'new pulumi.StackReference("organization/other/dev")': "pulumi:pulumi:StackReference",
  'thing({}, { file: new pulumi.asset.StringAsset("x") })': "an asset",
  'thing({}, { deep: [pulumi.secret({ file: new pulumi.asset.FileArchive(".") })] })': "an archive",
  'module.exports.file = new pulumi.asset.StringAsset("x")': "an asset",
  'pulumi.runtime.invoke("aws:index:getRegion", {})': "the function aws:index:getRegion",
  'pulumi.runtime.call("aws:eks:Cluster/method", {}, one)': "the method aws:eks:Cluster/method",
  'pulumi.runtime.existsResource("aws:s3/bucket:Bucket", "x")': "existsResource for aws:s3/bucket:Bucket",
  'pulumi.requirePulumiVersion(">=3.0.0")': ">=3.0.0",
  'pulumi.runtime.registerPackage({ baseProviderName: "terraform-provider", base64Parameter: "" })':
    "terraform-provider",
};
/** These hold back all that the program does after them. */
const refusedFirst: Readonly<Record<string, string>> = {
  "pulumi.runtime.registerResourceTransform(() => undefined)": "a transform",
  "pulumi.runtime.registerInvokeTransform(() => undefined)": "a transform",
};

/** What works on the program's side alone, or says what is so anyway. */
const allowed = [
  "thing({ protect: true, retainOnDelete: true, aliases: [], replaceOnChanges: [], hideDiffs: [] })",
  "thing({ transformations: [({ props, opts }) => ({ props: { ...props, seen: true }, opts })] })",
  "pulumi.runtime.registerStackTransformation(() => undefined)",
  "new pulumi.ComponentResource('test:index:Group', 'group', {}, { providers: [account] })",
];

const prelude = `
const pulumi = require("@pulumi/pulumi");
let count = 0;
const thing = (opts, props = {}) => new pulumi.CustomResource(
  "pulumi-nodejs:dynamic/test:Thing", "thing" + count++, { size: undefined, ...props, __provider: "" }, opts);
const one = thing({});
const account = new pulumi.ProviderResource("pulumi-nodejs", "account", {});
`;

describe("resource monitor", function () {
  this.timeout(60_000);
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "monitor-"));
    symlinkSync(resolve(__dirname, "../../../../node_modules"), join(directory, "node_modules"));
    writeFileSync(join(directory, "package.json"), "{}");
    writeFileSync(
      join(directory, "Pulumi.yaml"),
      "name: refused\nmain: index.js\nruntime: { name: nodejs, options: { typescript: false } }\n",
    );
  });
  after(() => rmSync(directory, { recursive: true }));

  /** Runs a program until so much of it has been refused, or it has nothing more to ask. */
  async function refusals(program: string, expected: number): Promise<{ refused: Error[]; printed: string[] }> {
    writeFileSync(join(directory, "index.js"), program);
    const refused: Error[] = [];
    const printed: string[] = [];
    const registered: string[] = [];
    let enough: () => void = () => {};
    const all = new Promise<void>((done) => {
      enough = done;
    });
    const state = (type: string, name: string): Resource => {
      registered.push(name);
      return {
        urn: `urn:pulumi:dev::refused::${type}::${name}`,
        custom: true,
        type,
        id: name,
        inputs: {},
        outputs: {},
      };
    };
    const monitor = new ResourceMonitor({
      deployment: {
        register: async ({ type, name }) => state(type, name),
        read: async (_id, { type, name }) => state(type, name),
        registerOutputs: async () => {},
      },
      report: (_severity, message) => printed.push(message),
      refuse: (error) => {
        if (refused.push(error) === expected) enough();
      },
    });
    const source = new Source({
      project: await loadProject(directory),
      stack: "dev",
      config: { values: {}, secretKeys: new Set(), secrets: [], sealed: {} },
      address: await monitor.listen(),
      dryRun: false,
      parallel: 4,
      env: {},
      output: (line) => printed.push(line),
    });
    await Promise.race([all, monitor.programDone, source.ended]).catch((error) => printed.push(error.message));
    await source.stop();
    monitor.close();
    return { refused, printed };
  }

  it("refuses what this engine does not do, by name", async () => {
    const program = `${prelude}${Object.keys(refused).join(";\n")};`;
    const { refused: errors, printed } = await refusals(program, Object.keys(refused).length);
    const left = errors.map(({ message }) => message);
    const missed = Object.entries(refused).filter(([, named]) => {
      const index = left.findIndex((message) => message.includes(named));
      if (index >= 0) left.splice(index, 1);
      return index < 0;
    });
    assert.deepEqual({ missed, left, printed }, { missed: [], left: [], printed: [] });
    for (const error of errors) assert.ok(error instanceof Unsupported && /use the Pulumi CLI$/.test(error.message));
  });

  for (const [code, named] of Object.entries(refusedFirst)) {
    it(`refuses ${code}`, async () => {
      const { refused: errors } = await refusals(`${prelude}${code}; thing({})`, 1);
      assert.match(String(errors), new RegExp(`${named}, which this engine does not do: use the Pulumi CLI`));
    });
  }

  it("takes what the program does by itself", async () => {
    assert.deepEqual(await refusals(`${prelude}${allowed.join(";\n")};`, 1), { refused: [], printed: [] });
  });
});
