import assert from "node:assert/strict";
import { Declare, LIFECYCLES, type LifecycleCase, prepareWorlds, type Worlds } from "../../support/lifecycleCases";
import { Trial } from "../../support/trial";

describe("a kill after every request of every lifecycle", () => {
  let declare: Declare;
  let worlds: Worlds;
  let ran = 0;

  before(async () => {
    declare = await Declare.create();
    worlds = await prepareWorlds(declare);
  });
  after(() => console.log(`      ${ran} kills were tried`));

  for (const lifecycle of LIFECYCLES)
    it(`${lifecycle.name} is finished by the next \`up\``, async () => {
      const problems: string[] = [];
      // One more than there are requests: nothing is killed then.
      for (let number = 0, isKilled = true; isKilled; number++) {
        const on = await Trial.start(worlds[lifecycle.before]);
        try {
          isKilled = await meet(on, lifecycle, number);
          ran += Number(isKilled);
        } catch (error) {
          problems.push(`after request ${number + 1}: ${(error as Error).message}`);
        } finally {
          await on.close();
        }
      }
      assert.deepEqual(problems, []);
    });

  async function meet(on: Trial, { act, program, hours = 0 }: LifecycleCase, number: number): Promise<boolean> {
    on.clock.pass(hours * 3_600_000);
    const isKilled = await on.actUntilKilled(act, program(declare), number);
    // Nothing tells a record that was added in the last moment from one that a person has made.
    await on.finish(act, program(declare), { mayAdopt: true });
    return isKilled;
  }
});
