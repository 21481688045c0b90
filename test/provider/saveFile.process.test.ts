// Needs processes: writers race for one file.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

describe("saveFile, by many processes at once", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "race-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const WRITERS = 40;
  /** Each writes a text of its own, 100 kB of one letter. Gives how many succeeded. */
  const race = async (overwrite: boolean) => {
    const module = JSON.stringify(require.resolve("../../provider/saveFile"));
    const ran = Array.from({ length: WRITERS }, (_, index) => {
      const text = `"${String.fromCharCode(0x100 + index)}".repeat(100_000)`;
      const program = `require(${module}).saveFile("file", ${text}, { overwrite: ${overwrite} })`;
      return promisify(execFile)(process.execPath, ["-e", program], { cwd: directory });
    });
    return (await Promise.allSettled(ran)).filter(({ status }) => status === "fulfilled").length;
  };
  const assertWhole = () => {
    assert.deepEqual(readdirSync(directory), ["file"]);
    assert.match(readFileSync(join(directory, "file"), "utf8"), /^(.)\1{99999}$/);
  };

  it("lets one win who must not overwrite, and tears nothing", async () => {
    assert.equal(await race(false), 1);
    assertWhole();
  });

  it("lets all write who may overwrite, and tears nothing", async () => {
    assert.equal(await race(true), WRITERS);
    assertWhole();
  });
});
