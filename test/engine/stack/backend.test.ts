import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { StackFile } from "../../../engine/stack/backend";

describe("StackFile", () => {
  let directory: string;
  let file: StackFile;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "backend-"));
    file = stackFile(directory);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const stackFile = (backend: string, cwd = ".") => new StackFile({ backend, project: "p", stack: "dev", cwd });
  const inStore = (path: string) => join(directory, ".pulumi", path);
  const state = () => inStore("stacks/p/dev.json");
  const put = (path: string, text: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };

  describe("finds the backend", () => {
    const path = (backend: string, cwd?: string) => stackFile(backend, cwd).path;
    const below = (root: string) => join(root, ".pulumi/stacks/p/dev.json");

    it("in a directory", () => {
      assert.equal(path("/backend"), below("/backend"));
    });
    it("at a URL, with escapes and a query", () => {
      assert.equal(path("file:///back%20end?no_tmp_dir=true"), below("/back end"));
    });
    it("at a URL relative to the project", () => {
      assert.equal(path("file://./backend", "/project"), below("/project/backend"));
    });
    it("below the home directory", () => {
      assert.equal(path("file://~/backend"), below(join(process.env.HOME ?? homedir(), "backend")));
    });
    it("nowhere but in files", () => {
      assert.throws(() => path("s3://bucket"), /the backend is s3:\/\/bucket, not files.*use the Pulumi CLI/);
    });
  });

  it("knows whether the stack exists", async () => {
    assert.equal(await file.exists(), false);
    put(state(), "{}");
    assert.equal(await file.exists(), true);
  });

  it("says that the backend's directory is missing", async () => {
    rmSync(directory, { recursive: true });
    await assert.rejects(file.exists(), /directory .* does not exist: make it, or mount it/);
    assert.ok(!existsSync(directory));
  });

  it("refuses a store of another version", async () => {
    put(inStore("meta.yaml"), "version: 2\n");
    await assert.rejects(file.exists(), /a state store of another version.*use the Pulumi CLI/);
  });

  it("refuses a compressed state", async () => {
    put(`${state()}.gz`, "");
    await assert.rejects(file.exists(), /the state is compressed.*use the Pulumi CLI/);
  });

  it("says which state it cannot read", async () => {
    mkdirSync(state(), { recursive: true });
    await assert.rejects(file.read(), new RegExp(`cannot read the state, ${state()}: EISDIR`));
  });

  it("writes a state that only its owner can read", async () => {
    await file.write("one");
    await file.write("two");
    assert.equal(await file.read(), "two");
    assert.equal(statSync(state()).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(dirname(state())), ["dev.json"]);
  });

  it("removes the CLI's digest of the state that it replaces", async () => {
    put(`${state()}.attrs`, "{}");
    await file.write("one");
    assert.ok(!existsSync(`${state()}.attrs`));
  });

  it("continues the state with a journal that only its owner can read, until the next state is written", async () => {
    await file.write("one");
    assert.equal(await file.readJournal(), "");
    await file.appendToJournal("a\n");
    await file.appendToJournal("b\n");
    assert.equal(await file.readJournal(), "a\nb\n");
    assert.equal(statSync(`${state()}.journal`).mode & 0o777, 0o600);
    await file.write("two");
    assert.equal(await file.readJournal(), "");
  });

  it("leaves nothing behind when it cannot write", async () => {
    mkdirSync(state(), { recursive: true });
    await assert.rejects(file.write("one"), /cannot write the state, .*: EISDIR.*it stays as it was/);
    assert.deepEqual(readdirSync(dirname(state())), ["dev.json"]);
  });

  it("creates a store once", async () => {
    await file.initialize();
    await file.initialize();
    assert.equal(readFileSync(inStore("meta.yaml"), "utf8"), "version: 1\n");
  });

  it("keeps a copy of the state with each entry of the history", async () => {
    await file.write("state");
    await file.addToHistory({ kind: "update" });
    const [checkpoint = "", history = "", ...others] = readdirSync(inStore("history/p/dev"));
    assert.deepEqual(others, []);
    assert.match(checkpoint, /^dev-\d{19}\.checkpoint\.json$/);
    assert.match(history, /^dev-\d{19}\.history\.json$/);
    assert.equal(readFileSync(inStore(`history/p/dev/${checkpoint}`), "utf8"), "state");
    assert.equal(readFileSync(inStore(`history/p/dev/${history}`), "utf8"), '{"kind":"update"}');
  });

  describe("locks the stack", () => {
    const locks = () => inStore("locks/organization/p/dev");

    it("with a file that says who has it", async () => {
      await file.lock();
      const [lock = "", ...others] = readdirSync(locks());
      assert.deepEqual(others, []);
      assert.equal(JSON.parse(readFileSync(join(locks(), lock), "utf8")).pid, process.pid);
      await file.unlock();
      assert.deepEqual(readdirSync(locks()), []);
    });

    it("against others, and names them", async () => {
      await file.lock();
      const refused = stackFile(directory).lock();
      await assert.rejects(
        refused,
        new RegExp(`the stack dev is locked.*pulumi cancel\\)\\n.*, pid ${process.pid}, since`),
      );
      assert.equal(readdirSync(locks()).length, 1);
    });

    it("not over a lock that is only half written", async () => {
      put(join(locks(), "1.json"), '{"pid":');
      await assert.rejects(file.lock(), /is locked[^\n]*\n.*1\.json$/);
    });

    it("and unlocks without a lock too", async () => {
      await file.unlock();
    });

    it("and removes what a killed engine was writing", async () => {
      put(`${state()}.1.tmp`, "half of");
      put(join(dirname(state()), "other.json.1.tmp"), "another stack's");
      await file.lock();
      assert.deepEqual(readdirSync(dirname(state())), ["other.json.1.tmp"]);
    });
  });
});
