import assert from "node:assert/strict";
import { StepExecutor } from "../../../engine/execute/executor";
import { Stopped } from "../../../engine/execute/step";
import { Deployment } from "../../../engine/plan/deployment";
import type { Goal } from "../../../engine/plan/goal";
import type { Resource } from "../../../engine/stack/state";
import { STACK_TYPE } from "../../../engine/urn";
import {
  DEFAULT_PROVIDER,
  fakeProviders,
  GROUP,
  goalOf,
  group,
  memorySnapshot,
  provider,
  recordEvents,
  THING,
  thing,
  urn,
} from "../fakes";

describe("Deployment", () => {
  async function start(state: readonly Resource[] = [provider()], answers: Parameters<typeof fakeProviders>[0] = {}) {
    const { snapshot } = await memorySnapshot(state);
    const { providers, calls } = fakeProviders(answers);
    const events = recordEvents();
    const executor = new StepExecutor({ snapshot, providers, events, dryRun: false, parallel: 10 });
    const deployment = new Deployment({
      project: "p",
      stack: "dev",
      config: {},
      snapshot,
      providers,
      executor,
      report: events.report,
    });
    return { snapshot, calls, events, executor, deployment };
  }
  const goal = (name: string, rest: Partial<Goal> = {}): Goal => ({
    ...goalOf(thing(name)),
    provider: undefined,
    ...rest,
  });
  const stackGoal = goalOf(group("p-dev", { urn: urn("p-dev", STACK_TYPE), type: STACK_TYPE }));

  describe("registers", () => {
    it("a resource, and returns its state", async () => {
      const { deployment } = await start();
      const { urn: made, id, provider } = await deployment.register(goal("a"));
      assert.deepEqual({ made, id, provider }, { made: urn("a"), id: "new-id", provider: DEFAULT_PROVIDER });
    });

    it("the default provider once, before the first resource that needs it", async () => {
      const { deployment, snapshot } = await start([]);
      await Promise.all([deployment.register(goal("a")), deployment.register(goal("b"))]);
      assert.deepEqual(
        snapshot.resources.map(({ type }) => type),
        ["pulumi:providers:pulumi-nodejs", THING, THING],
      );
    });

    it("no default provider for a component", async () => {
      const { deployment, snapshot } = await start([]);
      await deployment.register(goalOf(group("g")));
      assert.equal(snapshot.resources.length, 1);
    });

    it("children with the retainOnDelete of their parent, unless they have their own", async () => {
      const { deployment } = await start([]);
      await deployment.register({ ...goalOf(group("g")), retainOnDelete: true });
      const child = (name: string, rest: Partial<Goal> = {}) =>
        deployment.register({ ...goalOf(group(name)), parent: urn("g", GROUP), ...rest });
      assert.equal((await child("a")).retainOnDelete, true);
      assert.equal((await child("b", { retainOnDelete: false })).retainOnDelete, false);
    });

    it("children with the provider and deletedWith of their parent", async () => {
      const { deployment } = await start([provider(), { ...provider(), urn: urn("other", provider().type) }]);
      const other = `${urn("other", provider().type)}::default-id`;
      await deployment.register(goal("a", { provider: other, deletedWith: urn("x") }));
      const child = await deployment.register(goal("b", { parent: urn("a") }));
      assert.deepEqual([child.provider, child.deletedWith], [other, urn("x")]);
      assert.equal(child.urn, urn("b", `${THING}$${THING}`));
    });

    it("a replacement in two steps, of which the second is only shown", async () => {
      const { deployment, events } = await start([provider(), thing("a")], {
        diff: { changes: "some", replaces: ["size"], deleteBeforeReplace: false },
      });
      await deployment.register(goal("a"));
      assert.deepEqual(events.lines.slice(-4), [
        "started create-replacement",
        "done create-replacement",
        "started replace",
        "done replace",
      ]);
    });

    it("nothing more after an error in planning, which is reported once", async () => {
      const { deployment, events, executor } = await start([provider()], { check: new Error("broken") });
      await assert.rejects(deployment.register(goal("a")), Stopped);
      await assert.rejects(deployment.register(goal("b")), Stopped);
      assert.deepEqual(
        events.lines.filter((line) => line.startsWith("error")),
        ["error: broken"],
      );
      assert.equal(executor.stopReason?.message, "broken");
    });
  });

  it("reads a resource that the stack does not manage", async () => {
    const { deployment, snapshot } = await start();
    const read = await deployment.read("x-1", goal("seen"));
    assert.deepEqual([read.id, read.external], ["x-1", true]);
    assert.ok(snapshot.resources.includes(read));
  });

  describe("takes outputs", () => {
    it("of a component at once", async () => {
      const { deployment, snapshot } = await start();
      await deployment.register(goalOf(group("g")));
      await deployment.registerOutputs(urn("g", GROUP), { x: 1 });
      assert.deepEqual(snapshot.resources.find(({ custom }) => !custom)?.outputs, { x: 1 });
    });

    it("only of what is registered", async () => {
      const { deployment } = await start();
      await assert.rejects(deployment.registerOutputs(urn("g", GROUP), {}), /which is not registered/);
    });

    const OUTPUTS = { old: 1, both: 1 };
    for (const [failed, settled] of [
      [false, { both: 2 }],
      [true, { old: 1, both: 2 }],
    ] as const) {
      it(`of the stack at the end, ${failed ? "over the old ones after a failure" : "and drops the old ones"}`, async () => {
        const old = { ...group("p-dev"), urn: urn("p-dev", STACK_TYPE), type: STACK_TYPE, outputs: OUTPUTS };
        const { deployment, snapshot } = await start([old]);
        await deployment.register(stackGoal);
        await deployment.registerOutputs(old.urn, { both: 2 });
        assert.deepEqual(snapshot.resources[0]?.outputs, OUTPUTS);
        deployment.settleStackOutputs({ failed });
        assert.deepEqual(snapshot.resources[0]?.outputs, settled);
      });
    }

    it("of the stack as they were when the program gives none", async () => {
      const old = { ...group("p-dev"), urn: urn("p-dev", STACK_TYPE), type: STACK_TYPE, outputs: OUTPUTS };
      const { deployment, snapshot } = await start([old]);
      await deployment.register(stackGoal);
      deployment.settleStackOutputs({ failed: true });
      assert.deepEqual(snapshot.resources[0]?.outputs, OUTPUTS);
    });
  });

  describe("refreshes", () => {
    it("all resources, and forgets those that are gone", async () => {
      const { deployment, snapshot } = await start([provider(), thing("a"), thing("b", { dependencies: [urn("a")] })], {
        read: (id: string, properties: object) => (id === "a-0" ? { id: "", properties: {} } : { id, properties }),
      });
      await deployment.refresh();
      assert.deepEqual(
        snapshot.resources.map(({ id }) => id),
        ["default-id", "b-0"],
      );
      assert.deepEqual(snapshot.resources[1]?.dependencies, []);
    });

    it("what can be read, keeps what cannot, and fails", async () => {
      const { deployment, snapshot, executor } = await start([provider(), thing("a"), thing("b")], {
        read: (id: string) => {
          if (id === "a-0") throw new Error("no");
          return { id, properties: { size: 2 } };
        },
      });
      await assert.rejects(deployment.refresh(), Stopped);
      assert.equal(executor.stopReason?.message, "not all resources could be read");
      assert.deepEqual(
        snapshot.resources.slice(1).map(({ outputs }) => outputs),
        [{ name: "a" }, { size: 2 }],
      );
    });
  });

  describe("deletes the rest", () => {
    it("with dependents first", async () => {
      const { deployment, calls } = await start([provider(), thing("a"), thing("b", { dependencies: [urn("a")] })]);
      await deployment.deleteOthers();
      assert.deepEqual(calls, ['delete "b-0"', 'delete "a-0"']);
    });

    it("until a deletion fails: what it needs stays", async () => {
      const { deployment, snapshot, calls } = await start(
        [provider(), thing("a"), thing("b", { dependencies: [urn("a")] })],
        { delete: new Error("in use") },
      );
      await assert.rejects(deployment.deleteOthers(), Stopped);
      assert.deepEqual([calls, snapshot.resources.length], [['delete "b-0"'], 3]);
    });
  });
});
