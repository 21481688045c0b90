import assert from "node:assert/strict";
import { StepExecutor } from "../../../engine/execute/executor";
import { ResourceInitError, Unanswered } from "../../../engine/execute/providerHost";
import { type Step, Stopped } from "../../../engine/execute/step";
import { secret, UNKNOWN } from "../../../engine/property/value";
import type { Resource } from "../../../engine/stack/state";
import { DEFAULT_PROVIDER, fakeProviders, group, memorySnapshot, provider, recordEvents, thing } from "../fakes";

const NOT_READY = new ResourceInitError("half-id", { half: true }, ["not ready"]);

interface Setup {
  readonly state?: readonly Resource[];
  readonly answers?: Parameters<typeof fakeProviders>[0];
  readonly dryRun?: boolean;
  readonly parallel?: number;
}

describe("StepExecutor", () => {
  async function start({ state = [], answers = {}, dryRun = false, parallel = 10 }: Setup = {}) {
    const { snapshot, saved } = await memorySnapshot(state);
    const { providers, calls } = fakeProviders(answers);
    providers.register(DEFAULT_PROVIDER, {});
    const events = recordEvents();
    const executor = new StepExecutor({ snapshot, providers, events, dryRun, parallel });
    const [old] = snapshot.base as [Resource];
    return { snapshot, saved, providers, calls, events, executor, old };
  }
  /** A resource as it is planned: without id, outputs and times. */
  const planned = (name: string, rest: Partial<Resource> = {}): Resource => {
    const { id: _, created, modified, ...resource } = thing(name);
    return { ...resource, outputs: {}, ...rest };
  };

  describe("creates", () => {
    it("an object, and returns it with id, outputs and times", async () => {
      const { executor, calls, snapshot } = await start();
      const { resource } = await executor.run({ op: "create", new: planned("a") });
      assert.deepEqual(calls, ['create {"name":"a"}']);
      assert.deepEqual([resource?.id, resource?.outputs], ["new-id", { name: "a" }]);
      assert.ok(resource?.created && resource.created === resource.modified);
      assert.deepEqual(snapshot.resources, [resource]);
    });

    it("without changing the resource that was planned", async () => {
      const { executor } = await start();
      const wanted = Object.freeze(planned("a"));
      const { resource } = await executor.run({ op: "create", new: wanted });
      assert.notEqual(resource, wanted);
      assert.deepEqual(wanted, planned("a"));
    });

    it("with a note in the state until it is done", async () => {
      const { executor, saved } = await start();
      await executor.run({ op: "create", new: planned("a") });
      assert.deepEqual(
        saved.map(({ resources, pending_operations }) => [resources.length, pending_operations?.length]),
        [
          [0, 1],
          [1, undefined],
        ],
      );
    });

    it("a replacement, and leaves the old object to be deleted", async () => {
      const { executor, snapshot, old } = await start({ state: [thing("a")] });
      const { resource } = await executor.run({ op: "create-replacement", old, new: planned("a") });
      assert.deepEqual(snapshot.resources, [resource, { ...old, delete: true }]);
    });

    it("a component without a provider", async () => {
      const { executor, calls, snapshot } = await start();
      await executor.run({ op: "create", new: group("g") });
      assert.deepEqual([calls, snapshot.resources.length], [[], 1]);
    });

    it("a provider by giving it an id and registering it", async () => {
      const { executor, calls, providers } = await start();
      const { resource } = await executor.run({ op: "create", new: { ...provider({ key: "x" }), id: undefined } });
      assert.match(resource?.id ?? "", /^[0-9a-f-]{36}$/);
      assert.deepEqual(resource?.outputs, { key: "x" });
      assert.ok(providers.has(`${resource?.urn}::${resource?.id}`));
      assert.deepEqual(calls, []);
    });

    it("and marks as secret what the program says, or what has the name of a secret input", async () => {
      const { executor } = await start({
        answers: { create: { id: "x", properties: { key: "k", token: "t", open: 1 } } },
      });
      const wanted = planned("a", { inputs: { key: secret("k") }, additionalSecretOutputs: ["token"] });
      const { resource } = await executor.run({ op: "create", new: wanted });
      assert.deepEqual(resource?.outputs, { key: secret("k"), token: secret("t"), open: 1 });
    });
  });

  describe("updates", () => {
    it("an object, which keeps its id and the time of its creation", async () => {
      const { executor, snapshot, old } = await start({ state: [thing("a")] });
      const { resource } = await executor.run({ op: "update", old, new: planned("a", { inputs: { size: 2 } }) });
      assert.deepEqual([resource?.id, resource?.created, resource?.outputs], [old.id, old.created, { size: 2 }]);
      assert.notEqual(resource?.modified, old.modified);
      assert.deepEqual(snapshot.resources, [resource]);
    });

    it("nothing where nothing has changed, and saves nothing", async () => {
      const { executor, calls, saved, snapshot, old } = await start({ state: [thing("a")] });
      const { resource } = await executor.run({ op: "same", old, new: planned("a") });
      assert.deepEqual([resource?.outputs, resource?.modified], [old.outputs, old.modified]);
      assert.deepEqual([calls, saved, snapshot.resources], [[], [], [resource]]);
    });
  });

  describe("deletes", () => {
    const deletion = (old: Resource, deletedWithOther = false): Step => ({ op: "delete", old, deletedWithOther });

    it("an object, and its state", async () => {
      const { executor, calls, snapshot, old } = await start({ state: [thing("a")] });
      assert.deepEqual(await executor.run(deletion(old)), { resource: undefined });
      assert.deepEqual([calls, snapshot.resources], [['delete "a-0"'], []]);
    });

    const BY_ITSELF: Readonly<Record<string, readonly [Resource, boolean?]>> = {
      "what goes away with another object": [thing("a"), true],
      "a component": [group("g")],
      "a provider": [provider()],
      "what the stack only reads": [thing("a", { external: true })],
      "what is to be retained": [thing("a", { retainOnDelete: true })],
    };
    for (const [what, [resource, deletedWithOther]] of Object.entries(BY_ITSELF)) {
      it(`${what} from the state only`, async () => {
        const { executor, calls, snapshot, old } = await start({ state: [resource] });
        await executor.run(deletion(old, deletedWithOther));
        assert.deepEqual([calls, snapshot.resources], [[], []]);
      });
    }

    for (const [how, dryRun] of Object.entries({ "in a preview": true, "for real": false }))
      it(`nothing that is protected, ${how}`, async () => {
        const { executor, calls, saved, events, old } = await start({
          state: [thing("a", { protect: true, retainOnDelete: true })],
          dryRun,
        });
        await assert.rejects(executor.run(deletion(old)), Stopped);
        assert.deepEqual([calls, saved], [[], []]);
        assert.match(events.lines.at(-1) ?? "", /a" cannot be deleted\nbecause it is protected\./);
      });

    it("what was protected until its replacement took its place", async () => {
      const { executor, calls, old } = await start({ state: [thing("a", { protect: true, delete: true })] });
      await executor.run({ op: "delete-replaced", old, deletedWithOther: false });
      assert.deepEqual(calls, ['delete "a-0"']);
    });
  });

  describe("reads", () => {
    const external = (rest: Partial<Resource> = {}) => planned("a", { id: "a-0", external: true, ...rest });

    it("a resource that the stack does not manage", async () => {
      const { executor, calls } = await start({ answers: { read: { id: "a-0", properties: { arn: "x" } } } });
      const { resource } = await executor.run({ op: "read", old: undefined, new: external() });
      assert.deepEqual([calls, resource?.outputs, resource?.modified], [['read "a-0"'], { arn: "x" }, undefined]);
    });

    it("nothing while the id is not known", async () => {
      const { executor, calls } = await start({ dryRun: true });
      await executor.run({ op: "read", old: undefined, new: external({ id: UNKNOWN }) });
      assert.deepEqual(calls, []);
    });

    for (const [arn, isModified] of [
      ["x", false],
      ["y", true],
    ] as const) {
      it(`and notes ${isModified ? "the time of a change" : "no change where there is none"}`, async () => {
        const state = [thing("a", { external: true, outputs: { arn: "x" } })];
        const { executor, old } = await start({ state, answers: { read: { id: "a-0", properties: { arn } } } });
        const { resource } = await executor.run({ op: "read", old, new: external() });
        assert.equal(resource?.modified !== old.modified, isModified);
      });
    }

    it("what takes the place of a managed resource, which is then to be deleted", async () => {
      const { executor, snapshot, old } = await start({ state: [thing("a")] });
      const { resource } = await executor.run({ op: "read-replacement", old, new: external({ id: "other" }) });
      assert.deepEqual(snapshot.resources, [resource, { ...old, delete: true }]);
    });
  });

  describe("refreshes", () => {
    const refresh = async (setup: Setup) => {
      const started = await start({ state: [thing("a")], ...setup });
      return { ...started, result: await started.executor.run({ op: "refresh", old: started.old }) };
    };

    it("to the same where nothing has changed", async () => {
      const { result, old } = await refresh({});
      assert.deepEqual(result, { resource: old, found: "same" });
    });

    it("to what it reads, if the provider sees a change in that", async () => {
      const diff = { changes: "some", replaces: [], deleteBeforeReplace: false };
      const { result, old } = await refresh({ answers: { read: { id: "a-0", properties: { size: 2 } }, diff } });
      assert.deepEqual([result.found, result.resource?.outputs], ["update", { size: 2 }]);
      assert.notEqual(result.resource?.modified, old.modified);
    });

    it("to nothing where the object is gone", async () => {
      const { result } = await refresh({ answers: { read: { id: "", properties: {} } } });
      assert.deepEqual(result, { resource: undefined, found: "delete" });
    });

    it("to an object that is finished", async () => {
      const { result } = await refresh({ state: [thing("a", { initErrors: ["not ready"] })] });
      assert.equal(result.resource?.initErrors, undefined);
    });

    it("without stopping other steps when it fails", async () => {
      const { result, executor, events, old } = await refresh({ answers: { read: new Error("no") } });
      assert.deepEqual([result.resource, result.failure?.message, executor.stopReason], [old, "no", undefined]);
      assert.deepEqual(events.lines, ["started refresh", "failed refresh: no"]);
    });

    it("to what it has read when only the comparison fails", async () => {
      const { result } = await refresh({
        answers: { read: { id: "a-0", properties: { size: 2 } }, diff: new Error("no") },
      });
      assert.deepEqual([result.resource?.outputs, result.failure?.message], [{ size: 2 }, "no"]);
    });

    it("without touching the state, which the caller does for all at once", async () => {
      const { snapshot, saved, old } = await refresh({ answers: { read: { id: "", properties: {} } } });
      assert.deepEqual([snapshot.resources, saved], [[old], []]);
    });
  });

  describe("in a dry run", () => {
    it("changes no object and saves nothing", async () => {
      const { executor, calls, saved, old } = await start({ state: [thing("a")], dryRun: true });
      const created = await executor.run({ op: "create", new: planned("b") });
      const updated = await executor.run({ op: "update", old, new: planned("a", { inputs: { size: 2 } }) });
      await executor.run({ op: "delete", old, deletedWithOther: false });
      assert.deepEqual([calls, saved], [[], []]);
      assert.deepEqual([created.resource?.outputs, updated.resource?.outputs], [{ name: "b" }, { size: 2 }]);
    });

    it("does not know the outputs where the provider is not known", async () => {
      const { executor, providers } = await start({ dryRun: true });
      providers.register("late", { key: UNKNOWN });
      const { resource } = await executor.run({ op: "create", new: planned("a", { provider: "late" }) });
      assert.deepEqual(resource?.outputs, {});
    });

    it("does not know the id of a new provider", async () => {
      const { executor } = await start({ dryRun: true });
      const { resource } = await executor.run({ op: "create", new: { ...provider(), id: undefined } });
      assert.equal(resource?.id, UNKNOWN);
    });
  });

  describe("when a step fails", () => {
    it("says why, and starts no more steps", async () => {
      const { executor, events, saved } = await start({ answers: { create: new Error("refused") } });
      await assert.rejects(executor.run({ op: "create", new: planned("a") }), Stopped);
      await assert.rejects(executor.run({ op: "create", new: planned("b") }), Stopped);
      assert.deepEqual(events.lines, ["started create", "failed create: refused"]);
      assert.equal(executor.stopReason?.message, "refused");
      assert.deepEqual([saved.at(-1)?.resources, saved.at(-1)?.pending_operations], [[], undefined]);
    });

    it("keeps an object that exists but is not finished", async () => {
      const { executor, snapshot } = await start({ answers: { create: NOT_READY } });
      await assert.rejects(executor.run({ op: "create", new: planned("a") }), Stopped);
      const [{ id, outputs, initErrors } = planned("")] = snapshot.resources;
      assert.deepEqual(
        { id, outputs, initErrors },
        { id: "half-id", outputs: { half: true }, initErrors: ["not ready"] },
      );
    });

    it("keeps the old inputs and the id of an object whose update is not finished", async () => {
      const { executor, snapshot, old } = await start({ state: [thing("a")], answers: { update: NOT_READY } });
      await assert.rejects(executor.run({ op: "update", old, new: planned("a", { inputs: { size: 2 } }) }), Stopped);
      const [kept] = snapshot.resources;
      assert.deepEqual([kept?.inputs, kept?.id, kept?.outputs], [old.inputs, old.id, { half: true }]);
    });

    it("keeps nothing that has no id", async () => {
      const { executor, snapshot } = await start({ answers: { create: new ResourceInitError("", {}, []) } });
      await assert.rejects(executor.run({ op: "create", new: planned("a") }), Stopped);
      assert.deepEqual(snapshot.resources, []);
    });

    it("keeps the note of what may have been done when the provider did not answer", async () => {
      const { executor, saved } = await start({ answers: { create: new Unanswered("died") } });
      await assert.rejects(executor.run({ op: "create", new: planned("a") }), Stopped);
      assert.equal(saved.at(-1)?.pending_operations?.length, 1);
    });
  });

  describe("runs steps side by side", () => {
    /** Creations that wait until they are let go by name. */
    async function waiting(parallel: number) {
      const going = new Map<string, () => void>();
      const create = async ({ name }: { name: string }) => {
        await new Promise<void>((resolve) => going.set(name, resolve));
        return { id: name, properties: {} };
      };
      const started = await start({ answers: { create }, parallel });
      const run = (name: string) => started.executor.run({ op: "create", new: planned(name) });
      const until = async (name: string) => {
        while (!going.has(name)) await new Promise((resolve) => setImmediate(resolve));
      };
      return { ...started, run, until, finish: (name: string) => going.get(name)?.() };
    }

    it("up to the limit", async () => {
      const { run, until, finish, calls } = await waiting(2);
      const all = ["a", "b", "c"].map(run);
      await until("a");
      await until("b");
      assert.equal(calls.length, 2);
      finish("a");
      await until("c");
      finish("b");
      finish("c");
      assert.equal((await Promise.all(all)).length, 3);
    });

    it("and finishes those under way after a stop, but starts none that wait", async () => {
      const { executor, run, until, finish, calls } = await waiting(1);
      const [first, second] = [run("a"), run("b")];
      const refused = assert.rejects(second, Stopped);
      await until("a");
      executor.stop(new Error("interrupted"));
      finish("a");
      assert.equal((await first).resource?.id, "a");
      await refused;
      await executor.idle();
      assert.deepEqual(calls, ['create {"name":"a"}']);
    });
  });
});
