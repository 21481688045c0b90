import assert from "node:assert/strict";
import { StepGenerator } from "../../../engine/plan/stepGenerator";
import { UNKNOWN } from "../../../engine/property/value";
import type { Resource } from "../../../engine/stack/state";
import { DEFAULT_PROVIDER, fakeProviders, goalOf, group, memorySnapshot, provider, thing, urn } from "../fakes";

const CHANGED = { changes: "some", replaces: [], deleteBeforeReplace: false };
const REPLACED = { changes: "some", replaces: ["size"], deleteBeforeReplace: false };

describe("StepGenerator", () => {
  async function start(state: readonly Resource[], answers: Parameters<typeof fakeProviders>[0] = {}) {
    const { snapshot } = await memorySnapshot([provider(), ...state]);
    const { providers, calls } = fakeProviders(answers);
    const reports: string[] = [];
    const report = (_severity: string, message: string) => reports.push(message);
    const steps = new StepGenerator({ snapshot, providers, report });
    const register = (resource: Resource) => steps.register(resource, goalOf(resource));
    return { steps, register, calls, reports, providers };
  }

  describe("for what the program registers", () => {
    it("creates what is new, after a check", async () => {
      const { register, calls } = await start([], { check: { inputs: { checked: 1 }, failures: [] } });
      const step = await register(thing("a"));
      assert.deepEqual([step.op, step.new?.inputs, calls], ["create", { checked: 1 }, ["check {}"]]);
    });

    it("does nothing to what is the same", async () => {
      const { register, calls } = await start([thing("a")]);
      assert.equal((await register(thing("a"))).op, "same");
      assert.deepEqual(calls, ['check {"name":"a"}', 'diff "a-0"']);
    });

    it("updates what has changed", async () => {
      const { register } = await start([thing("a")], { diff: CHANGED });
      const step = await register(thing("a", { inputs: { size: 2 } }));
      assert.deepEqual([step.op, step.old, step.new?.inputs], ["update", thing("a"), { size: 2 }]);
    });

    it("updates what was left unfinished", async () => {
      const { register } = await start([thing("a", { initErrors: ["not ready"] })]);
      assert.equal((await register(thing("a"))).op, "update");
    });

    it("replaces what cannot be updated, with inputs that know nothing of the old ones", async () => {
      const check = (olds: object, news: object) => ({ inputs: { ...news, from: Object.keys(olds) }, failures: [] });
      const { register } = await start([thing("a")], { check, diff: REPLACED });
      const step = await register(thing("a", { inputs: { size: 2 } }));
      assert.deepEqual([step.op, "keys" in step && step.keys], ["create-replacement", ["size"]]);
      assert.deepEqual(step.new?.inputs, { size: 2, from: [] });
    });

    for (const [was, is] of [
      [true, true],
      [true, false],
      [false, true],
    ])
      it(`${was && is ? "does not replace" : "replaces"} what ${was ? "was" : "was not"} protected and ${is ? "is" : "is not"}`, async () => {
        const { register } = await start([thing("a", { protect: was })], { diff: REPLACED });
        const registered = register(thing("a", { protect: is }));
        if (was && is) await assert.rejects(registered, /^Error: unable to replace resource "urn:.*::a"\nas it is/);
        else assert.equal((await registered).op, "create-replacement");
      });

    it("replaces what was deleted with a resource that is replaced", async () => {
      const { register } = await start([thing("a"), thing("b", { deletedWith: urn("a") })], {
        diff: (id: string) => (id === "a-0" ? REPLACED : { ...CHANGED, changes: "none" }),
      });
      await register(thing("a"));
      const step = await register(thing("b", { deletedWith: urn("a") }));
      assert.deepEqual([step.op, "keys" in step && step.keys], ["create-replacement", ["deletedWith"]]);
    });

    it("replaces a component that becomes a resource with a provider", async () => {
      const { register } = await start([thing("a", { custom: false, provider: undefined })]);
      const step = await register(thing("a"));
      assert.deepEqual([step.op, "keys" in step && step.keys], ["create-replacement", ["provider"]]);
    });

    it("creates in the place of what was only read", async () => {
      const { register } = await start([thing("a", { external: true })]);
      assert.equal((await register(thing("a"))).op, "create-replacement");
    });

    it("keeps what the program ignores", async () => {
      const { register } = await start([thing("a", { inputs: { size: 1 } })]);
      const step = await register(thing("a", { inputs: { size: 2 }, ignoreChanges: ["size"] }));
      assert.deepEqual(step.new?.inputs, { size: 1 });
    });

    it("compares components by their inputs", async () => {
      const { register } = await start([group("same"), group("changed")]);
      assert.equal((await register(group("same"))).op, "same");
      assert.equal((await register(group("changed", { inputs: { size: 1 } }))).op, "update");
    });

    it("compares providers with the configuration that they run with", async () => {
      const { register } = await start([]);
      assert.equal((await register(provider())).op, "same");
      const { register: registerOther } = await start([]);
      assert.equal((await registerOther(provider({ key: 1 }))).op, "update");
    });

    it("expects a change where the provider is not known yet, and says so", async () => {
      const { register, reports, providers } = await start([thing("a")]);
      providers.register(DEFAULT_PROVIDER, { key: UNKNOWN });
      assert.equal((await register(thing("a"))).op, "update");
      assert.match(reports.join(), /its provider's configuration is not known before the update/);
    });

    it("refuses inputs that are not valid, property by property", async () => {
      const failures = [
        { property: "size", reason: "is negative" },
        { property: "", reason: "too odd" },
      ];
      const { register } = await start([], { check: { inputs: {}, failures } });
      await assert.rejects(register(thing("a")), { message: "a is not valid: property size: is negative; too odd" });
    });

    it("refuses to delete before it replaces", async () => {
      const { register } = await start([thing("a")], { diff: { ...REPLACED, deleteBeforeReplace: true } });
      await assert.rejects(register(thing("a")), /asks for deletion before replacement.*Pulumi CLI/);
    });

    it("refuses two resources with the same URN", async () => {
      const { steps, register } = await start([]);
      await register(thing("a"));
      await assert.rejects(register(thing("a")), /two resources have this type and name/);
      assert.throws(() => steps.read(thing("a")), /two resources have this type and name/);
    });

    it("refuses a provider that neither the program nor the state has", async () => {
      const { register } = await start([]);
      await assert.rejects(register(thing("a", { provider: "urn:x::1" })), /the state has no provider urn:x::1/);
    });
  });

  describe("for what the program reads", () => {
    const external = thing("a", { external: true });
    const CASES: Readonly<Record<string, readonly [old: Resource | undefined, op: string]>> = {
      "reads what is new": [undefined, "read"],
      "reads what was read before": [external, "read"],
      "takes over the object that was managed": [thing("a"), "read"],
      "replaces another object that was managed": [thing("a", { id: "other" }), "read-replacement"],
    };
    for (const [title, [old, op]] of Object.entries(CASES)) {
      it(title, async () => {
        const { steps } = await start(old ? [old] : []);
        const step = steps.read(external);
        assert.deepEqual([step.op, step.old], [op, old]);
      });
    }
  });

  describe("for the rest", () => {
    it("deletes what was not registered, discards what was only read", async () => {
      const { steps, register } = await start([
        thing("kept"),
        thing("gone"),
        thing("read", { external: true }),
        thing("replaced", { delete: true }),
        thing("reread", { external: true, delete: true }),
      ]);
      await register(provider());
      await register(thing("kept"));
      const deletions = steps.deletions().map(({ op, old }) => `${op} ${old.id}`);
      assert.deepEqual(deletions, [
        "delete gone-0",
        "discard read-0",
        "delete-replaced replaced-0",
        "discard-replaced reread-0",
      ]);
    });

    it("knows what goes away with another resource that is deleted", async () => {
      const { steps, register } = await start([
        thing("a"),
        thing("kept"),
        thing("with", { deletedWith: urn("a") }),
        thing("without", { deletedWith: urn("kept") }),
      ]);
      await register(thing("kept"));
      const going = steps.deletions().filter(({ deletedWithOther }) => deletedWithOther);
      assert.deepEqual(
        going.map(({ old }) => old.id),
        ["with-0"],
      );
    });

    it("has the providers that the deletions need", async () => {
      const { steps, providers } = await start([thing("a")]);
      steps.deletions();
      assert.ok(providers.has(DEFAULT_PROVIDER));
    });
  });
});
