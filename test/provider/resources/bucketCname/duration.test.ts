import assert from "node:assert/strict";
import { durationSeconds } from "../../../../provider/resources/bucketCname/duration";

describe("durationSeconds", () => {
  const good: [duration: string | undefined, seconds: number | undefined][] = [
    [undefined, undefined],
    ["90s", 90],
    ["10m", 600],
    ["1h30m", 5400],
    ["1.5h", 5400],
    ["500ms", 0.5],
    ["1m30s", 90],
  ];
  for (const [duration, seconds] of good)
    it(`is ${seconds} for ${duration}`, () => assert.equal(durationSeconds(duration), seconds));

  for (const duration of ["", "10", "ten", "10 m", "10d", "-5s", "5sx"])
    it(`refuses ${JSON.stringify(duration)}`, () =>
      assert.throws(() => durationSeconds(duration), /is not a duration/));
});
