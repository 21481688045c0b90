import assert from "node:assert/strict";
import { Progress } from "../../provider/progress";
import { FakeClock } from "../support/fakeClock";

describe("Progress", () => {
  let clock: FakeClock;
  let lines: string[];
  let progress: Progress;
  beforeEach(() => {
    clock = new FakeClock();
    lines = [];
    progress = new Progress(clock, (line) => lines.push(line));
  });
  const finish = (count: number) => {
    for (let one = 0; one < count; one++) progress.finish();
  };

  it("is not told where all is done within a second", () => {
    progress.begin(100);
    finish(100);
    clock.pass(5000);
    assert.deepEqual(lines, []);
  });

  it("is told once a second where it has changed, and at the end", () => {
    progress.begin(100);
    for (const count of [20, 30, 0]) {
      finish(count);
      clock.pass(500);
      clock.pass(500);
    }
    finish(50);
    clock.pass(5000);
    assert.deepEqual(lines, [
      "oss-cname: 20 of 100 domains done",
      "oss-cname: 50 of 100 domains done",
      "oss-cname: 100 of 100 domains done",
    ]);
  });

  it("counts together what is under way at the same time, and begins again after that", () => {
    progress.begin(10);
    progress.begin(20);
    finish(5);
    clock.pass(1000);
    finish(25);
    progress.begin(7);
    clock.pass(1000);
    assert.deepEqual(lines, [
      "oss-cname: 5 of 30 domains done",
      "oss-cname: 30 of 30 domains done",
      "oss-cname: 0 of 7 domains done",
    ]);
  });
});
