import assert from "node:assert/strict";
import { Canaries } from "../../support/canaries";
import { FAULTS, meetWith, type TrialFault } from "../../support/faults";
import { Declare, LIFECYCLES, type LifecycleCase, prepareWorlds, type Worlds } from "../../support/lifecycleCases";
import { SECRETS, Trial } from "../../support/trial";

/** Nobody listens there: a port that was free a moment ago may be another test's by now. */
const NOWHERE = "http://127.0.0.1:1";
/** Some minutes on a machine that is busy with other things. */
const TIMEOUT_MS = 600_000;

describe("every fault at every request of every lifecycle", () => {
  let declare: Declare;
  let worlds: Worlds;
  let canaries: Canaries;
  let ran = 0;

  before(async () => {
    declare = await Declare.create();
    worlds = await prepareWorlds(declare);
    const keys = declare.issued.map(({ privateKey }, index) => [`key ${index}`, privateKey]);
    const chains = declare.issued.map(({ chain }) => chain);
    canaries = new Canaries({ ...SECRETS, ...Object.fromEntries(keys) }, chains);
  });
  after(() => console.log(`      ${ran} faults were tried`));

  for (const lifecycle of LIFECYCLES)
    it(`${lifecycle.name} is finished by the next \`up\``, async () => {
      const problems: string[] = [];
      for (const [number, operation] of (await requestsOf(lifecycle)).entries())
        for (const fault of FAULTS)
          for (const isLasting of fault.begin ? [true] : fault.mayLast ? [false, true] : [false]) {
            ran++;
            const problem = await problemOf(meet(lifecycle, fault, number, isLasting));
            const when = `${isLasting ? "from" : "at"} request ${number + 1}, ${operation}`;
            if (problem !== undefined) problems.push(`${fault.name} ${when}: ${problem}`);
          }
      assert.deepEqual(problems, []);
    }).timeout(TIMEOUT_MS);

  async function meet(lifecycle: LifecycleCase, fault: TrialFault, number: number, isLasting: boolean): Promise<void> {
    const on = await begin(lifecycle);
    const program = lifecycle.program(declare);
    try {
      meetWith(on, fault, number, isLasting, NOWHERE);
      const error = await on.act(lifecycle.act, program);
      fault.end?.(on);
      if (error !== undefined) {
        assert.match(error.message, fault.says);
        canaries.assertAbsent({ error: `${error.stack}${JSON.stringify(error)}${String(error.cause)}` });
      }
      canaries.assertAbsent({ printed: on.stack.printed.join("\n") });
      await on.finish(lifecycle.act, program);
    } finally {
      await on.close();
    }
  }

  async function begin({ before, hours = 0 }: LifecycleCase): Promise<Trial> {
    const on = await Trial.start(worlds[before]);
    on.clock.pass(hours * 3_600_000);
    return on;
  }

  /** The operations of an act that nothing happens to. */
  async function requestsOf(lifecycle: LifecycleCase): Promise<string[]> {
    const on = await begin(lifecycle);
    assert.equal(await on.act(lifecycle.act, lifecycle.program(declare)), undefined);
    await on.close();
    return on.cloud.requests().map(({ operation }) => operation);
  }
});

function problemOf(work: Promise<void>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: Error) => error.message,
  );
}
