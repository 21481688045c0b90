import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "../../cli/io";
import { daysCell, painter, write } from "../../cli/output";

function ioOf({ isTTY = false, env = {} } = {}): { io: Io; written: string[] } {
  const written: string[] = [];
  const screen = { isTTY, write: (text: string) => written.push(text) };
  return { io: { stdin: process.stdin, stdout: screen, stderr: screen, env }, written };
}

describe("painter", () => {
  const painted = (io: Io, output?: string) => painter(io, { output })("red", "5");

  it("colours on a terminal", () => {
    assert.equal(painted(ioOf({ isTTY: true }).io), "\u001b[31m5\u001b[39m");
  });

  it("does not colour in a pipe, in a file, or with NO_COLOR", () => {
    assert.equal(painted(ioOf().io), "5");
    assert.equal(painted(ioOf({ isTTY: true }).io, "file"), "5");
    assert.equal(painted(ioOf({ isTTY: true, env: { NO_COLOR: "1" } }).io), "5");
  });
});

describe("daysCell", () => {
  const cell = (days: number | undefined) => daysCell(days, (colour, text) => `${colour} ${text}`);

  it("marks what expires soon and what is critical", () => {
    assert.deepEqual([30, 29, 7, 6, -1].map(cell), ["30", "yellow 29", "yellow 7", "red 6", "red -1"]);
  });

  it("is empty where the days are unknown", () => {
    assert.equal(cell(undefined), "");
  });
});

describe("write", () => {
  let directory: string;
  let output: string;
  const { io, written } = ioOf();
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    output = join(directory, "bindings.json");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("writes to standard output unless a file is given", async () => {
    await write(io, "text", {});
    assert.deepEqual(written.splice(0), ["text"]);
  });

  it("writes to a file", async () => {
    await write(io, "text", { output });
    assert.equal(readFileSync(output, "utf8"), "text");
    assert.deepEqual(written, []);
  });

  it("replaces a file only when told to", async () => {
    writeFileSync(output, "mine");
    await assert.rejects(write(io, "text", { output }), /bindings\.json exists and was left as it is/);
    await write(io, "text", { output, overwrite: true });
    assert.equal(readFileSync(output, "utf8"), "text");
  });
});
