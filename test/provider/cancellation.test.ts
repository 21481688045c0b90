import assert from "node:assert/strict";
import { Cancellation, Cancelled } from "../../provider/cancellation";
import { FakeClock } from "../support/fakeClock";

describe("Cancellation", () => {
  const never = () => new Promise<never>(() => {});

  it("ends what is waited for, and lets no more begin", async () => {
    const cancellation = new Cancellation();
    const waits = Array.from({ length: 20 }, () => cancellation.race(never));
    cancellation.cancel();
    for (const wait of waits) await assert.rejects(wait, Cancelled);
    await assert.rejects(
      cancellation.race(() => assert.fail("it began")),
      Cancelled,
    );
  });

  it("gives what comes in time, failures included", async () => {
    const cancellation = new Cancellation();
    assert.equal(await cancellation.race(async () => 1), 1);
    await assert.rejects(
      cancellation.race(() => Promise.reject(new Error("no"))),
      /^Error: no$/,
    );
  });

  it("waits for what must not be left half done", async () => {
    const cancellation = new Cancellation();
    const clock = cancellation.stopping(new FakeClock());
    const wait = cancellation.race(never);
    const half = cancellation.hold(async () => {
      cancellation.cancel();
      await clock.sleep(1000);
      return "whole";
    });
    assert.equal(await half, "whole");
    await assert.rejects(wait, Cancelled);
    await assert.rejects(clock.sleep(1000), Cancelled);
  });
});
