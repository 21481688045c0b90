import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { writeArchives } from "../../scripts/archives";
import { repository } from "../support/pulumiRun";

describe("the archives of the plugin", () => {
  let scratch: string;
  let plugin: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "oss-cname-"));
    plugin = join(scratch, "pulumi-resource-oss-cname");
    writeFileSync(plugin, `#!/usr/bin/env node\n${"// …\n".repeat(1000)}`);
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  it("are one for each platform, by the names that Pulumi asks for, with the same bytes every time", () => {
    const archives = writeArchives(plugin, join(scratch, "archives"));
    const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
    const platforms = ["darwin", "linux", "windows"].flatMap((system) => [`${system}-amd64`, `${system}-arm64`]);
    assert.deepEqual(
      archives.map((path) => basename(path)),
      platforms.map((platform) => `pulumi-resource-oss-cname-v${version}-${platform}.tar.gz`),
    );
    const [again = ""] = writeArchives(plugin, join(scratch, "again"));
    for (const path of archives) assert.deepEqual(readFileSync(path), readFileSync(again));
  });

  it("unpack to the executable, what starts it on Windows, and its papers", () => {
    const [archive = ""] = writeArchives(plugin, join(scratch, "archives"));
    const unpacked = join(scratch, "unpacked");
    mkdirSync(unpacked);
    execFileSync("tar", ["-xzf", archive, "-C", unpacked]);
    assert.deepEqual(readdirSync(unpacked).sort(), [
      "LICENSE",
      "README.md",
      "pulumi-resource-oss-cname",
      "pulumi-resource-oss-cname.cmd",
    ]);
    const executable = join(unpacked, "pulumi-resource-oss-cname");
    assert.deepEqual(readFileSync(executable), readFileSync(plugin));
    if (process.platform !== "win32") assert.equal(statSync(executable).mode & 0o777, 0o755);
    const command = readFileSync(join(unpacked, "pulumi-resource-oss-cname.cmd"), "utf8");
    assert.equal(command, '@node "%~dp0pulumi-resource-oss-cname" %*\r\n');
  });
});
