import assert from "node:assert/strict";
import {
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
import { saveFile } from "../../provider/saveFile";

describe("saveFile", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    path = join(directory, "bindings.json");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("writes a file that only its owner can read", () => {
    saveFile(path, "text");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(readFileSync(path, "utf8"), "text");
  });

  it("leaves an existing file as it is", () => {
    writeFileSync(path, "mine");
    assert.throws(() => saveFile(path, "text"), /bindings\.json exists and was left as it is/);
    assert.equal(readFileSync(path, "utf8"), "mine");
  });

  it("replaces it when told to", () => {
    writeFileSync(path, "mine");
    saveFile(path, "text", { overwrite: true });
    assert.equal(readFileSync(path, "utf8"), "text");
  });

  it("leaves no other file behind", () => {
    saveFile(path, "text");
    saveFile(path, "text", { overwrite: true });
    assert.throws(() => saveFile(path, "text"));
    assert.deepEqual(readdirSync(directory), ["bindings.json"]);
  });

  it("never replaces a directory or a link", () => {
    mkdirSync(join(directory, "directory"));
    symlinkSync("elsewhere", join(directory, "link"));
    for (const name of ["directory", "link"])
      assert.throws(() => saveFile(join(directory, name), "text", { overwrite: true }), /it is not a regular file/);
    assert.deepEqual(readdirSync(directory).sort(), ["directory", "link"]);
  });

  it("makes no directory", () => {
    const missing = join(directory, "none", "file");
    assert.throws(() => saveFile(missing, "text"), { message: `cannot write ${missing}: ENOENT` });
  });
});
