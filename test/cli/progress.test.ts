import assert from "node:assert/strict";
import { mock } from "node:test";
import { withProgress } from "../../cli/progress";

describe("withProgress", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] }));
  afterEach(() => mock.timers.reset());

  /** What is written about work that takes so many seconds. */
  async function shown(seconds: number, terminal: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
    const written: string[] = [];
    const screen = { ...terminal, write: (text: string) => written.push(text) };
    let finish = () => {};
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const io = { stdin: process.stdin, stdout: screen, stderr: screen, env: {} };
    const done = withProgress(io, () => "listing", work);
    for (let second = 0; second < seconds; second++) mock.timers.tick(1000);
    finish();
    await done;
    return written;
  }

  it("is silent about what is quick", async () => {
    assert.deepEqual(await shown(0, { isTTY: true }), []);
  });

  it("writes a line after a second, and another every ten", async () => {
    assert.deepEqual(await shown(12), ["oss-cname: listing (1 s)\n", "oss-cname: listing (11 s)\n"]);
  });

  it("rewrites one line on a terminal, and finally clears it", async () => {
    assert.deepEqual(await shown(2, { isTTY: true }), [
      "\r\u001b[Koss-cname: listing (1 s)",
      "\r\u001b[Koss-cname: listing (2 s)",
      "\r\u001b[K",
    ]);
  });

  it("keeps within the width of the terminal", async () => {
    assert.equal((await shown(1, { isTTY: true, columns: 12 }))[0], "\r\u001b[Koss-cname: ");
  });

  it("passes on the result or the failure", async () => {
    const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {} };
    assert.equal(await withProgress(io, () => "", Promise.resolve(1)), 1);
    await assert.rejects(
      withProgress(io, () => "", Promise.reject(new Error("no"))),
      /no/,
    );
  });
});
