import assert from "node:assert/strict";
import { Pace, type Refusal } from "../../provider/pace";
import { FakeClock } from "../support/fakeClock";

/** A request that is under way until the test ends it. */
interface UnderWay {
  readonly name: number;
  end(refusal?: Refusal): Promise<void>;
}

class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super();
  }
}

const settle = () => new Promise(setImmediate);

describe("Pace", () => {
  const slept: number[] = [];
  let underWay: UnderWay[];
  let count: number;
  let pace: Pace;
  /** Pauses end when a test says so. */
  let endPause: (() => void) | undefined;

  const clock = new FakeClock();
  clock.sleep = (ms) => {
    slept.push(ms);
    return new Promise((resolve) => {
      endPause = resolve;
    });
  };

  beforeEach(() => {
    slept.length = 0;
    underWay = [];
    count = 0;
    pace = new Pace(clock, () => 4);
  });

  const send = (requests: number) => {
    for (let request = 0; request < requests; request++) {
      const name = ++count;
      const exchange = () =>
        new Promise<void>((resolve, reject) => {
          const end = (refusal?: Refusal) => {
            underWay = underWay.filter((other) => other.name !== name);
            if (refusal === undefined) resolve();
            else reject(new Refused(refusal));
            return settle().then(() => {});
          };
          underWay.push({ name, end });
        });
      const refusalOf = (error: unknown) => (error instanceof Refused ? error.refusal : undefined);
      pace.send(exchange, refusalOf).catch(() => {});
    }
    return settle();
  };
  const names = () => underWay.map(({ name }) => name);
  const endFirst = async (refusal?: Refusal) => underWay[0]?.end(refusal);
  const pauseOver = () => {
    endPause?.();
    return settle();
  };

  it("sends as many requests at once as are allowed, in the order in which they came", async () => {
    await send(6);
    assert.deepEqual(names(), [1, 2, 3, 4]);
    await endFirst();
    assert.deepEqual(names(), [2, 3, 4, 5]);
  });

  it("asks how many are allowed before every request", async () => {
    let most = 1;
    pace = new Pace(clock, () => most);
    await send(4);
    assert.deepEqual(names(), [1]);
    most = 2;
    await endFirst();
    assert.deepEqual(names(), [2, 3]);
  });

  it("sends nothing for a while after a refusal, and then half as many at once", async () => {
    await send(12);
    for (const refusal of [{}, undefined, undefined, undefined]) await endFirst(refusal);
    assert.deepEqual(names(), []);
    assert.deepEqual(slept, [100]);
    await pauseOver();
    assert.deepEqual(names(), [5, 6]);
  });

  it("takes refusals of what was under way together for one", async () => {
    await send(8);
    for (let refused = 0; refused < 4; refused++) await endFirst({});
    assert.deepEqual(slept, [100]);
    await pauseOver();
    assert.deepEqual(names(), [5, 6]);
  });

  it("pauses as long as the service asks, within reason", async () => {
    await send(2);
    await endFirst({ delayMs: 5000 });
    await pauseOver();
    await send(1);
    await endFirst();
    await endFirst({ delayMs: 1e9 });
    assert.deepEqual(slept, [5000, 20_000]);
  });

  it("has all requests at once again after enough replies", async () => {
    await send(100);
    for (let refused = 0; refused < 4; refused++) await endFirst({});
    await pauseOver();
    for (let reply = 0; reply < 8; reply++) await endFirst();
    assert.equal(names().length, 4);
    for (let reply = 0; reply < 20; reply++) await endFirst();
    assert.equal(names().length, 4);
  });

  it("pauses ever longer, and then not at all, while there are only refusals", async () => {
    await send(12);
    for (let refused = 0; refused < 4; refused++) await endFirst({});
    for (let round = 2; round <= 12; round++) {
      await pauseOver();
      for (const request of [...underWay]) await request.end({});
      await send(2);
    }
    assert.deepEqual(slept, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    assert.ok(pace.isHopeless);
    await endFirst();
    assert.ok(!pace.isHopeless);
  });

  it("goes on after other failures", async () => {
    pace = new Pace(clock, () => 1);
    await assert.rejects(
      pace.send(
        async () => assert.fail("broken"),
        () => undefined,
      ),
      /broken/,
    );
    await send(1);
    assert.deepEqual(names(), [1]);
    assert.deepEqual(slept, []);
  });
});
