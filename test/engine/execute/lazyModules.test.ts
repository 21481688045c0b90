import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

describe("loadLazily", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "lazy-"));
    const sdk = join(directory, "node_modules", "@pulumi", "pulumi");
    const heavy = join(directory, "node_modules", "heavy");
    for (const path of [sdk, heavy]) mkdirSync(path, { recursive: true });
    writeFileSync(
      join(heavy, "index.js"),
      `console.log("loaded"); exports.answer = 42; exports.Thing = class { x = 1; };`,
    );
    writeFileSync(join(sdk, "index.js"), `exports.heavy = require("heavy");`);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** In a process of its own, because it changes how modules are loaded. */
  const run = (program: string) => {
    const hook = JSON.stringify(require.resolve("../../../engine/execute/lazyModules"));
    const code = `require(${hook}).loadLazily(["heavy"]);\n${program}`;
    return spawnSync(process.execPath, ["-e", code], { cwd: directory, encoding: "utf8" }).stdout.trim().split("\n");
  };

  it("loads a module of the SDK when it is used", () => {
    const program = `const { heavy } = require("@pulumi/pulumi"); console.log("before"); console.log(heavy.answer, new heavy.Thing().x);`;
    assert.deepEqual(run(program), ["before", "loaded", "42 1"]);
  });

  it("leaves modules of the program alone", () => {
    assert.deepEqual(run(`require("heavy"); console.log("after");`), ["loaded", "after"]);
  });
});
