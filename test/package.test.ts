import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../scripts/bundle";

const repository = join(__dirname, "../..");
const read = (path: string) => readFileSync(join(repository, path), "utf8");

describe("what is published", () => {
  let files: string[];
  before(async () => {
    await bundle(join(repository, "plugin"));
    const npm = ["pack", "--dry-run", "--json", "--ignore-scripts"];
    const output = execFileSync("npm", npm, { cwd: repository, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    files = JSON.parse(output)[0].files.map(({ path }: { path: string }) => path);
  });

  it("is the compiled code, the documentation and the schema", () => {
    const places = new Set(files.map((path) => /^bin\/[^/]+\/|^[^/]+\/(?=[^/]+$)|^[^/]+$|^.*$/.exec(path)?.[0]));
    assert.deepEqual([...places].sort(), [
      "CHANGELOG.md",
      "LICENSE",
      "MIGRATION.md",
      "README.md",
      "bin/cli/",
      "bin/engine/",
      "bin/local/",
      "bin/provider/",
      "cli/",
      "docs/",
      "native/",
      "package.json",
      "plugin/",
      "provider/program/config.schema.json",
    ]);
    const odd = files.filter((path) => path.startsWith("bin/") && !/\.(js|d\.ts|js\.map)$/.test(path));
    assert.deepEqual([odd, files.filter((path) => path.startsWith("cli/"))], [[], ["cli/oss-cname.js"]]);
    assert.deepEqual(
      files.filter((path) => path.startsWith("native/")),
      ["native/schema.json"],
    );
    assert.deepEqual(
      files
        .filter((path) => path.startsWith("plugin/"))
        .map((path) => path.replace("plugin/", ""))
        .sort(),
      ["PulumiPlugin.yaml", "README.md", "package.json", "pulumi-resource-oss-cname", "pulumi-resource-oss-cname.cmd"],
    );
  });

  it("has every file that package.json names", () => {
    const { main, types, bin, exports } = JSON.parse(read("package.json"));
    const named = [main, types, bin, exports].flatMap(function paths(value: unknown): string[] {
      return typeof value === "string" ? [value] : Object.values(value as object).flatMap(paths);
    });
    for (const path of named) assert.ok(files.includes(path.replace(/^\.\//, "")), path);
  });

  it("runs nothing when it is installed", () => {
    const scripts = Object.keys(JSON.parse(read("package.json")).scripts);
    assert.deepEqual(
      scripts.filter((name) => /^(pre|post)?install$|^(pre|post)?prepare$/.test(name)),
      [],
    );
  });

  it("comes with packages that are locked by digest, from whatever registry they are", () => {
    const packages: [string, { resolved?: string; integrity?: string; link?: boolean }][] = Object.entries(
      JSON.parse(read("package-lock.json")).packages,
    );
    for (const [path, { resolved, integrity, link }] of packages)
      if (path.includes("node_modules/") && !link)
        assert.deepEqual([resolved, integrity?.slice(0, 7)], [undefined, "sha512-"], path);
  });

  it("says how to report a vulnerability", () => {
    assert.match(read("SECURITY.md"), /## Reporting a vulnerability\n\n.*privately.*\n?.*\/security\/advisories\/new/);
  });
});
