import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTextFile } from "../../provider/textFile";

describe("readTextFile", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "text-"));
    path = join(directory, "file");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("reads a file", () => {
    writeFileSync(path, "text");
    assert.equal(readTextFile(path), "text");
  });

  it("does not wait for a named pipe", function () {
    if (process.platform === "win32") this.skip();
    execFileSync("mkfifo", [path]);
    assert.throws(() => readTextFile(path), /^Error: is not a regular file$/);
  });

  it("refuses a directory", () => assert.throws(() => readTextFile(directory), /is not a regular file/));

  it("refuses a file that is too large to be meant", () => {
    writeFileSync(path, "");
    truncateSync(path, 2 ** 21);
    assert.throws(() => readTextFile(path), /has more than 1024 kB/);
  });

  it("says why a file cannot be read", () =>
    assert.throws(() => readTextFile(path), /^Error: cannot be read: ENOENT$/));
});
