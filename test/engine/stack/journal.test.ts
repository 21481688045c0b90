import assert from "node:assert/strict";
import { secret } from "../../../engine/property/value";
import type { StackFile } from "../../../engine/stack/backend";
import type { Crypter } from "../../../engine/stack/secrets";
import { Snapshot } from "../../../engine/stack/snapshot";
import { type PendingOperation, type Resource, State, stateText } from "../../../engine/stack/state";
import { group, testCrypter, thing, urn } from "../fakes";

/** So many of these make a state that is not written whole every time. */
const TEXT = "x".repeat(2000);
const big = (name: string, rest: Partial<Resource> = {}) =>
  thing(name, { inputs: { name, text: TEXT }, outputs: { name, password: secret("hunter2") }, ...rest });

/** The files of a stack, in memory, as a kill would leave them at this moment. */
class Disk {
  text = "";
  journal = "";
  written = 0;
  wholes = 0;
  failing = false;
  readonly #crypter: Crypter;

  constructor(crypter: Crypter, resources: readonly Resource[]) {
    this.#crypter = crypter;
    this.text = stateText({ name: "organization/p/dev", crypter, resources, pendingOperations: [] });
  }

  open(): Snapshot {
    const crypter = this.#crypter;
    const file = {
      stack: "dev",
      qualifiedName: "organization/p/dev",
      write: async (text: string) => {
        this.#refuse();
        this.written += text.length;
        this.wholes++;
        this.text = text;
        this.journal = "";
      },
      appendToJournal: async (lines: string) => {
        this.#refuse();
        this.written += lines.length;
        this.journal += lines;
      },
    } as Partial<StackFile> as StackFile;
    return Snapshot.open({ file, crypter, state: new State(this.text, "dev.json"), journal: this.journal });
  }

  #refuse(): void {
    if (this.failing) throw new Error("disk full");
  }
}

const plain = (resources: readonly Resource[]) => JSON.parse(JSON.stringify(resources));

describe("the journal of a state", () => {
  let crypter: Crypter;
  let disk: Disk;
  let snapshot: Snapshot;
  before(async () => {
    crypter = await testCrypter();
  });
  const start = (count = 150) => {
    disk = new Disk(
      crypter,
      Array.from({ length: count }, (_, index) => big(`old-${index}`)),
    );
    snapshot = disk.open();
  };
  const base = (index: number) => snapshot.base[index] ?? assert.fail();
  /** What the next engine would find after a kill at this moment is what this one knows. */
  const assertKept = (pending: readonly PendingOperation["type"][] = []) => {
    const kept = disk.open();
    assert.deepEqual(plain(kept.base), plain(snapshot.resources));
    assert.deepEqual(
      kept.interrupted.map(({ type }) => type),
      pending,
    );
  };

  /** Everything that an operation does to the state, the second time after the whole state was written in between. */
  for (const again of [false, true])
    it(`has all that an operation did${again ? ", also after the whole state was written in between" : ""}`, async () => {
      start();
      await snapshot.save();
      const acts: (() => void)[] = [
        () => snapshot.add(big("new"), undefined),
        () => snapshot.add(group("g", { dependencies: [urn("new")] }), undefined),
        () => snapshot.add(big("old-1", { outputs: { changed: true } }), base(1)),
        () => snapshot.addReplacement(big("old-2", { id: "other" }), base(2)),
        () => snapshot.setOutputs(urn("g", "test:index:Group"), { password: secret("hunter2") }),
        () => snapshot.setOutputs(urn("old-1"), { changed: "again" }),
        () => snapshot.remove(base(2)),
        () => snapshot.remove(base(3)),
      ];
      for (const [index, act] of acts.entries()) {
        act();
        if (again && index === 3) await grow();
        await snapshot.save();
        assertKept();
      }
      const end = await snapshot.begin("creating", big("late"));
      assertKept(["creating"]);
      end();
      await snapshot.save();
      assertKept();
      assert.equal(disk.wholes > 1, again);
      assert.doesNotMatch(disk.text + disk.journal, /hunter2/);
    });

  /** Until the journal is full. */
  const grow = async () => {
    const { wholes } = disk;
    for (let index = 0; disk.wholes === wholes; index++) {
      snapshot.add(big(`grown-${wholes}-${index}`), undefined);
      await snapshot.save();
    }
  };

  it("is over when the whole state is saved", async () => {
    start();
    await snapshot.save();
    snapshot.add(big("new"), undefined);
    await snapshot.save();
    assert.notEqual(disk.journal, "");
    await snapshot.saveWhole();
    assert.equal(disk.journal, "");
    assertKept();
  });

  it("counts only to its last line that is whole", async () => {
    start();
    await snapshot.save();
    snapshot.add(big("new"), undefined);
    await snapshot.save();
    for (const cut of ['{"add":', '{"remove":0}']) {
      disk.journal += cut;
      assertKept();
      disk.journal = disk.journal.slice(0, -cut.length);
    }
  });

  it("does not count with another state", async () => {
    start();
    await snapshot.save();
    snapshot.remove(base(0));
    await snapshot.save();
    const { journal } = disk;
    start(149);
    disk.journal = journal;
    assertKept();
  });

  it("is followed by the whole state where it could not be written", async () => {
    start();
    await snapshot.save();
    snapshot.add(big("new"), undefined);
    disk.failing = true;
    await assert.rejects(snapshot.save(), /disk full/);
    disk.failing = false;
    await snapshot.save();
    assert.equal(disk.wholes, 2);
    assertKept();
  });

  it("is not needed for a small state, which every engine can read at any moment", async () => {
    start(10);
    snapshot.add(big("new"), undefined);
    await snapshot.save();
    await snapshot.save();
    assert.equal(disk.wholes, 2);
    assert.equal(disk.journal, "");
  });

  it("keeps what is written from growing with the square of the resources", async () => {
    const writtenFor = async (count: number) => {
      start(0);
      for (let index = 0; index < count; index++) {
        const resource = big(`new-${index}`);
        (await snapshot.begin("creating", resource))();
        snapshot.add(resource, undefined);
        await snapshot.save();
      }
      return disk.written;
    };
    const [few, many] = [await writtenFor(400), await writtenFor(1600)];
    assert.ok(many < 5 * few, `${few} characters for 400 resources, ${many} for 1,600`);
  });
});
