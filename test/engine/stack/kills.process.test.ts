// Needs processes: they are killed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { StackFile } from "../../../engine/stack/backend";

const KILLS = 22;
const MODULE = JSON.stringify(require.resolve("../../../engine/stack/backend"));

/** Locks the stack, and writes one state after the other until it is killed; says which it has written. */
const WRITER = `
  const { StackFile } = require(${MODULE});
  const file = new StackFile(JSON.parse(process.argv[1]));
  (async () => {
    await file.initialize();
    await file.lock();
    for (let number = Number(process.argv[2]); ; number++) {
      await file.write(JSON.stringify({ number, filler: "x".repeat(2_000_000), end: number }));
      process.stdout.write(number + "\\n");
    }
  })();`;

describe("a process that is killed while it writes the state", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "kills-"));
    mkdirSync(join(directory, "backend"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const options = () => ({ backend: join(directory, "backend"), project: "trial", stack: "dev", cwd: directory });

  /** Kills a writer at a change of the state's directory; gives the last number that it has written. */
  const killAt = async (change: number, first: number): Promise<number> => {
    const child = spawn(process.execPath, ["-e", WRITER, JSON.stringify(options()), String(first)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let seen = 0;
    const changes = watch(dirname(new StackFile(options()).path), () => {
      if (++seen === change) child.kill("SIGKILL");
    });
    let written = first - 1;
    for await (const line of createInterface({ input: child.stdout })) written = Number(line);
    changes.close();
    return written;
  };

  it(`leaves what it has written last, or what it was writing, ${KILLS} times at other moments`, async () => {
    const locks = join(options().backend, ".pulumi/locks/organization/trial/dev");
    await new StackFile(options()).write("{}");
    let last = 0;
    for (let change = 1; change <= KILLS; change++) {
      const written = await killAt(change, last + 1);
      const { number, end } = JSON.parse(readFileSync(new StackFile(options()).path, "utf8"));
      assert.equal(end, number);
      last = number ?? 0;
      assert.ok(last === written || last === written + 1, `${last} after ${written} was written`);
      // The lock stays, and says whose it is.
      await assert.rejects(new StackFile(options()).lock(), /is locked;.* pid \d+/s);
      for (const name of readdirSync(locks)) rmSync(join(locks, name));
    }
    const file = new StackFile(options());
    await file.lock();
    assert.deepEqual(readdirSync(dirname(file.path)), ["dev.json"]);
  });
});
