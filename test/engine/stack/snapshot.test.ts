import assert from "node:assert/strict";
import type { StackFile } from "../../../engine/stack/backend";
import { Snapshot, StackNotFoundError } from "../../../engine/stack/snapshot";
import { group, memorySnapshot, testCrypter, thing, urn } from "../fakes";

describe("Snapshot", () => {
  const a = thing("a");
  const b = thing("b");

  it("has the resources of the last update until they are dealt with", async () => {
    const { snapshot } = await memorySnapshot([a, b]);
    const [oldA, oldB] = snapshot.base;
    const newB = thing("b", { outputs: { changed: true } });
    snapshot.add(newB, oldB);
    assert.deepEqual(snapshot.resources, [newB, oldA]);
    assert.deepEqual(snapshot.base, [a, b]);
  });

  it("forgets what is removed", async () => {
    const { snapshot } = await memorySnapshot([a, b]);
    const [oldA] = snapshot.base;
    if (oldA) snapshot.remove(oldA);
    assert.deepEqual(snapshot.resources, [b]);
  });

  it("keeps a replaced resource, marked for deletion", async () => {
    const { snapshot } = await memorySnapshot([a, b]);
    const [oldA] = snapshot.base;
    const newA = thing("a", { id: "a-1" });
    if (oldA) snapshot.addReplacement(newA, oldA);
    assert.deepEqual(snapshot.base, [{ ...a, delete: true }, b]);
    assert.deepEqual(snapshot.resources, [newA, { ...a, delete: true }, b]);
    assert.equal(oldA?.delete, undefined);
  });

  it("sets the outputs of what was added only", async () => {
    const { snapshot } = await memorySnapshot([thing("old")]);
    snapshot.add(group("g"), undefined);
    snapshot.setOutputs(urn("g", "test:index:Group"), { x: 1 });
    snapshot.setOutputs(urn("old"), { x: 2 });
    assert.deepEqual(
      snapshot.resources.map(({ outputs }) => outputs),
      [{ x: 1 }, { name: "old" }],
    );
  });

  describe("saves", () => {
    it("an operation before it starts, and its end with the next save", async () => {
      const { snapshot, saved } = await memorySnapshot([]);
      const end = await snapshot.begin("creating", thing("a", { id: undefined }));
      assert.equal(saved[0]?.pending_operations?.[0]?.type, "creating");
      end();
      snapshot.add(a, undefined);
      await snapshot.save();
      assert.deepEqual(
        [saved[1]?.pending_operations, saved[1]?.resources],
        [undefined, [JSON.parse(JSON.stringify(a))]],
      );
    });

    it("what has changed while another save was running, and only once", async () => {
      const { snapshot, saved } = await memorySnapshot([]);
      const first = snapshot.save();
      snapshot.add(a, undefined);
      const second = snapshot.save();
      snapshot.add(b, undefined);
      await Promise.all([first, second, snapshot.save()]);
      assert.equal(saved.at(-1)?.resources.length, 2);
      assert.ok(saved.length <= 2);
    });

    it("everything again after a failed save", async () => {
      const { snapshot, saved } = await memorySnapshot([], { failing: [1] });
      snapshot.add(a, undefined);
      await assert.rejects(snapshot.save(), /disk full/);
      await snapshot.save();
      assert.equal(saved[0]?.resources.length, 1);
    });

    it("no operation that could not be noted", async () => {
      const { snapshot, saved } = await memorySnapshot([], { failing: [1] });
      await assert.rejects(snapshot.begin("creating", a), /disk full/);
      await snapshot.save();
      assert.equal(saved[0]?.pending_operations, undefined);
    });
  });

  describe("after an update that was killed", () => {
    it("keeps the note of a creation, which may have left an object", async () => {
      const { snapshot, saved } = await memorySnapshot([], { pendingOperations: [{ type: "creating", resource: a }] });
      assert.deepEqual(snapshot.interrupted, [{ type: "creating", resource: a }]);
      await snapshot.save();
      assert.equal(saved[0]?.pending_operations?.length, 1);
    });

    it("drops the note of anything else, which a refresh finds out", async () => {
      const { snapshot, saved } = await memorySnapshot([a], { pendingOperations: [{ type: "updating", resource: a }] });
      assert.equal(snapshot.interrupted.length, 1);
      await snapshot.save();
      assert.equal(saved[0]?.pending_operations, undefined);
    });
  });

  describe("after a refresh", () => {
    it("has no references to what is gone", async () => {
      const { snapshot } = await memorySnapshot([]);
      const gone = urn("gone");
      const refers = thing("b", {
        dependencies: [gone, urn("a")],
        propertyDependencies: { x: [gone], y: [gone, urn("a")] },
        deletedWith: gone,
      });
      snapshot.rebase([a, refers]);
      const [, kept] = snapshot.base;
      assert.deepEqual(kept?.dependencies, [urn("a")]);
      assert.deepEqual(kept?.propertyDependencies, { y: [urn("a")] });
      assert.equal(kept?.deletedWith, undefined);
    });

    it("keeps references to what is left", async () => {
      const { snapshot } = await memorySnapshot([]);
      snapshot.rebase([a, thing("b", { parent: urn("a"), deletedWith: urn("a") })]);
      assert.deepEqual([snapshot.base[1]?.parent, snapshot.base[1]?.deletedWith], [urn("a"), urn("a")]);
    });
  });

  it("of a stack that does not exist cannot be opened", async () => {
    const file = { stack: "dev" } as StackFile;
    const crypter = await testCrypter();
    assert.throws(
      () => Snapshot.open({ file, crypter, state: undefined, journal: "" }),
      (error) => {
        assert.ok(error instanceof StackNotFoundError);
        assert.equal(error.exitCode, 6);
        assert.match(error.message, /no stack named dev found: create it with "oss-cname engine stack init dev"/);
        return true;
      },
    );
  });
});
