import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareStackName, loadProject } from "../../../engine/stack/project";

const REFUSED: Readonly<Record<string, RegExp>> = {
  "runtime: nodejs": /Pulumi\.yaml has no "name"/,
  "name: ../../escaped\nruntime: nodejs": /"\.\.\/\.\.\/escaped" cannot name a project/,
  "name: ..\nruntime: nodejs": /cannot name a project/,
  "name: p\nruntime: python": /has the runtime python, not nodejs.*use the Pulumi CLI/,
  "name: p\nruntime: nodejs\npackages: {}\nplugins: {}": /Pulumi\.yaml has "packages", "plugins",.*Pulumi CLI/,
  "name: p\nruntime: nodejs\nrequiredPulumiVersion: '>=3'": /"requiredPulumiVersion".*Pulumi CLI/,
  "name: p\nruntime: nodejs\noptions: {refresh: always}": /"options".*Pulumi CLI/,
  "name: p\nruntime: {name: nodejs, options: {loader: x}}": /runtime\.options has "loader".*Pulumi CLI/,
  "name: p\nruntime: {name: nodejs, options: {nodeargs: --title='a b'}}": /nodeargs with quotes/,
  "name: p\nruntime: nodejs\nmain: missing": /main .*missing does not exist/,
};

describe("loadProject", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "project-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const load = (yaml: string, name = "Pulumi.yaml") => {
    writeFileSync(join(directory, name), yaml);
    return loadProject(directory);
  };

  it("fills in what Pulumi.yaml leaves out", async () => {
    assert.deepEqual(await load("name: p\nruntime: nodejs\n"), {
      name: "p",
      file: join(directory, "Pulumi.yaml"),
      root: directory,
      directory,
      entry: ".",
      typescript: true,
      tsconfig: undefined,
      nodeArgs: [],
      backend: undefined,
      configDirectory: directory,
      config: {},
    });
  });

  it("reads the options of the runtime", async () => {
    const options = "{typescript: false, tsconfig: ts.json, nodeargs: '--a  --b=c'}";
    const project = await load(`name: p\nruntime: {name: nodejs, options: ${options}}\n`);
    const { typescript, tsconfig, nodeArgs } = project;
    assert.deepEqual(
      { typescript, tsconfig, nodeArgs },
      { typescript: false, tsconfig: "ts.json", nodeArgs: ["--a", "--b=c"] },
    );
  });

  it("runs a program in the directory of its file", async () => {
    mkdirSync(join(directory, "src"));
    writeFileSync(join(directory, "src/main.js"), "");
    const project = await load("name: p\nruntime: nodejs\nmain: src/main.js\n");
    assert.deepEqual([project.directory, project.entry], [join(directory, "src"), "main.js"]);
  });

  it("takes a program that is a directory", async () => {
    mkdirSync(join(directory, "src"));
    const project = await load("name: p\nruntime: nodejs\nmain: src\n");
    assert.deepEqual([project.directory, project.entry], [join(directory, "src"), "."]);
  });

  it("knows both ways to say where stacks' configuration is", async () => {
    const old = await load("name: p\nruntime: nodejs\nconfig: stacks\n");
    const now = await load("name: p\nruntime: nodejs\nstackConfigDir: stacks\n");
    assert.deepEqual(
      [old.configDirectory, now.configDirectory],
      [join(directory, "stacks"), join(directory, "stacks")],
    );
    assert.deepEqual(old.config, {});
  });

  it("reads backend and configuration", async () => {
    const project = await load("name: p\nruntime: nodejs\nbackend: {url: 'file://x'}\nconfig: {a: 1}\n");
    assert.deepEqual([project.backend, project.config], ["file://x", { a: 1n }]);
  });

  it("is found from below, as Pulumi.yml too", async () => {
    mkdirSync(join(directory, "a/b"), { recursive: true });
    await load("name: p\nruntime: nodejs\n", "Pulumi.yml");
    assert.equal((await loadProject(join(directory, "a/b"))).file, join(directory, "Pulumi.yml"));
  });

  it("says where it has looked in vain", async () => {
    await assert.rejects(loadProject(directory), { message: `no Pulumi.yaml in ${directory} or above it` });
  });

  for (const [yaml, message] of Object.entries(REFUSED)) {
    it(`refuses ${JSON.stringify(yaml)}`, async () => {
      await assert.rejects(load(yaml), message);
    });
  }
});

describe("bareStackName", () => {
  for (const given of ["dev", "organization/dev", "organization/p/dev"]) {
    it(`finds the name in ${given}`, () => {
      assert.equal(bareStackName(given, "p"), "dev");
    });
  }
  for (const given of ["other/dev", "organization/q/dev", "x/organization/p/dev"]) {
    it(`refuses ${given}`, () => {
      assert.throws(() => bareStackName(given, "p"), /does not belong to this project/);
    });
  }
  for (const given of ["", "a b", "x".repeat(101), "ü", "..", "."]) {
    it(`refuses ${JSON.stringify(given).slice(0, 12)} as a name`, () => {
      assert.throws(() => bareStackName(given, "p"), /cannot name a stack/);
    });
  }
});
