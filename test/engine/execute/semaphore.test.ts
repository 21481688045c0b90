import assert from "node:assert/strict";
import { Semaphore } from "../../../engine/execute/semaphore";

describe("Semaphore", () => {
  it("lets as many in as it has room for, the others in their order as room becomes free", async () => {
    const semaphore = new Semaphore(2);
    const entered: number[] = [];
    const enter = (number: number) => semaphore.acquire().then(() => entered.push(number));
    const all = [1, 2, 3, 4].map(enter);
    await Promise.all(all.slice(0, 2));
    assert.deepEqual(entered, [1, 2]);
    semaphore.release();
    await all[2];
    assert.deepEqual(entered, [1, 2, 3]);
    semaphore.release();
    await all[3];
    assert.deepEqual(entered, [1, 2, 3, 4]);
  });

  it("keeps room that nobody waits for", async () => {
    const semaphore = new Semaphore(1);
    await semaphore.acquire();
    semaphore.release();
    await semaphore.acquire();
  });
});
