import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replaceFile } from "../../../engine/stack/replaceFile";

describe("replaceFile", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "replace-"));
    path = join(directory, "file");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("makes a file with the mode for new ones", async () => {
    await replaceFile(path, "new", 0o600);
    assert.deepEqual([readFileSync(path, "utf8"), statSync(path).mode & 0o777], ["new", 0o600]);
  });

  it("keeps the mode of a file that exists", async () => {
    writeFileSync(path, "old", { mode: 0o640 });
    await replaceFile(path, "new", 0o600);
    assert.deepEqual([readFileSync(path, "utf8"), statSync(path).mode & 0o777], ["new", 0o640]);
  });

  it("writes through a link", async () => {
    writeFileSync(join(directory, "target"), "old");
    symlinkSync("target", path);
    await replaceFile(path, "new", 0o600);
    assert.equal(readFileSync(join(directory, "target"), "utf8"), "new");
  });

  it("leaves the old file and nothing else when it fails", async () => {
    writeFileSync(path, "old");
    // In place of a full disk: the temporary file cannot be made.
    mkdirSync(`${path}.${process.pid}.tmp`);
    await assert.rejects(replaceFile(path, "new", 0o600), /EISDIR/);
    assert.equal(readFileSync(path, "utf8"), "old");
    rmSync(`${path}.${process.pid}.tmp`, { recursive: true, force: true });
    assert.deepEqual(readdirSync(directory), ["file"]);
    assert.ok(existsSync(path));
  });
});
