import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SharedLines } from "../../provider/sharedLines";

const ENGINE = "127.0.0.1:4321";
/** More than any system gives to a process. */
const ENDED = 2 ** 30;

describe("SharedLines", () => {
  let directory: string;
  const of = (pid: number, engine = ENGINE) => new SharedLines(engine, directory, pid);
  const privateDirectory = () => join(directory, String(readdirSync(directory)[0]));
  const files = () => readdirSync(privateDirectory());

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("gives each line of another process of the same engine once, and none of its own", () => {
    const [one, other] = [of(process.pid), of(process.ppid)];
    one.write("a");
    one.write("b");
    assert.deepEqual(other.read(), ["a", "b"]);
    one.write("ü");
    assert.deepEqual([other.read(), other.read(), one.read()], [["ü"], [], []]);
  });

  it("gives nothing of another engine, even if its address begins alike", () => {
    of(process.pid).write("a");
    assert.deepEqual(of(process.ppid, "127.0.0.1:432").read(), []);
  });

  it("gives a line when it is complete", () => {
    const [one, other] = [of(process.pid), of(process.ppid)];
    one.write("a");
    const [file = ""] = files();
    writeFileSync(join(privateDirectory(), file), "a\nb");
    assert.deepEqual(other.read(), ["a"]);
    writeFileSync(join(privateDirectory(), file), "a\nbc\n");
    assert.deepEqual(other.read(), ["bc"]);
  });

  it("forgets what processes left that have ended, of any engine", () => {
    const ended = [of(ENDED), of(ENDED, "127.0.0.1:99")];
    for (const lines of ended) lines.write("a");
    assert.equal(files().length, 2);
    assert.deepEqual(of(process.pid).read(), []);
    assert.deepEqual(files(), []);
  });

  it("forgets what an earlier process of the same number left", () => {
    of(process.pid).write("a");
    of(process.pid);
    assert.deepEqual(files(), []);
  });

  it("removes its own file only", () => {
    const [one, other] = [of(process.pid), of(process.ppid)];
    for (const lines of [one, other]) lines.write("a");
    one.remove();
    assert.deepEqual([files().length, one.read()], [1, ["a"]]);
  });

  it("gives what a process has written that has ended since", () => {
    const other = of(process.pid);
    of(ENDED).write("a");
    assert.deepEqual(other.read(), ["a"]);
  });

  if (process.platform !== "win32")
    it("lets nobody else read", () => {
      of(process.pid).write("a");
      const [file = ""] = files();
      const modes = [privateDirectory(), join(privateDirectory(), file)].map((path) => statSync(path).mode & 0o777);
      assert.deepEqual(modes, [0o700, 0o600]);
    });

  if (process.platform !== "win32")
    it("neither reads nor writes where others may", () => {
      of(process.pid).write("a");
      const place = privateDirectory();
      chmodSync(place, 0o755);
      const other = of(process.ppid);
      other.write("b");
      assert.deepEqual([other.read(), files().length], [[], 1]);
    });

  it("shares nothing, and does not fail, where there is no place", () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    const lines = new SharedLines(ENGINE, file);
    lines.write("a");
    assert.deepEqual([lines.read(), readFileSync(file, "utf8")], [[], ""]);
  });

  it("does not fail when its place goes away", () => {
    const [one, other] = [of(process.pid), of(process.ppid)];
    one.write("a");
    rmSync(privateDirectory(), { recursive: true });
    one.write("b");
    assert.deepEqual(other.read(), []);
  });
});
