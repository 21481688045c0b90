import assert from "node:assert/strict";
import { Declare, LIFECYCLES, prepareWorlds, type Worlds } from "../support/lifecycleCases";
import { Trial } from "../support/trial";

/** A state does not tell by which door it was written: programs may go from dynamic resources to the plugin and back. */
describe("every lifecycle by both doors", () => {
  let declare: Declare;
  let worlds: Worlds;
  before(async () => {
    declare = await Declare.create();
    worlds = await prepareWorlds(declare);
  });

  for (const [first, then] of [
    ["native", "dynamic"],
    ["dynamic", "native"],
  ] as const)
    for (const { name, act, before, program, hours = 0 } of LIFECYCLES)
      it(`${name}, ${first}, and then ${then}: unchanged, and destroyed without a trace`, async () => {
        const on = await Trial.start(worlds[before]);
        try {
          on.clock.pass(hours * 3_600_000);
          on.stack.door = first;
          assert.equal(await on.act(act, program(declare)), undefined);
          on.stack.door = then;
          await on.finish(act, program(declare));
        } finally {
          await on.close();
        }
      });
});
