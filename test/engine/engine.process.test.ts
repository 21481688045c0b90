// The engine runs programs and providers as processes of their own, and is tried here with both.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setConfig } from "../../engine/engine";
import { StackFile } from "../../engine/stack/backend";
import { type Outcome, Sandbox, type Scenario } from "../support/sandbox";

const A = { name: "a", size: 1 };
const B = { name: "b", size: 1, from: "$a.arn" };

describe("local engine", function () {
  // Each operation starts two Node programs, which takes a while where many tests run at once.
  this.timeout(180_000);
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.create();
  });
  afterEach(() => sandbox.close());

  const up = (scenario: Scenario, options = {}) =>
    sandbox.run("local", "up", scenario, { skipPreview: true, ...options });
  /** What the provider was asked to do, besides checks and comparisons. */
  const operations = ({ calls }: Outcome) =>
    calls
      .filter(([operation]) => operation !== "check" && operation !== "diff")
      .map(([operation, id]) => `${operation} ${id}`);

  it("takes a stack through its life: up, up again, a change, destroy", async () => {
    const all = { resources: [A, B, { name: "c", from: "$b.arn" }], outputs: { arn: "$b.arn" } };
    const first = await up(all);
    assert.deepEqual(operations(first), ["create a", "create b", "create c"]);
    assert.deepEqual(sandbox.world, ["a-0", "b-0", "c-0"]);
    assert.deepEqual(first.summary, { create: 4 });
    assert.deepEqual(await sandbox.outputs(false), { arn: "arn:b-0" });

    const second = await up(all);
    assert.deepEqual(operations(second), []);
    assert.deepEqual(second.summary, { same: 4 });

    const third = await up({ resources: [{ ...A, size: 2, tags: { x: [1] } }, B] });
    assert.deepEqual(operations(third), ["update a-0", "delete c-0"]);

    const last = await sandbox.run("local", "destroy", {}, { skipPreview: true });
    assert.deepEqual(operations(last), ["delete b-0", "delete a-0"]);
    assert.deepEqual([sandbox.world, last.state, last.pending], [[], [], []]);
  });

  it("replaces by creating, then what depends on it, and deletes the old object at the end", async () => {
    const dependent = { ...B, from: "$a.id" };
    await up({ resources: [A, dependent] });
    const replaced = await up({ resources: [{ ...A, kindOf: 1 }, dependent] });
    assert.deepEqual(operations(replaced), ["create a", "update b-0", "delete a-0"]);
    assert.deepEqual(replaced.summary, { same: 1, replace: 1, update: 1 });
    assert.deepEqual(sandbox.world, ["a-1", "b-0"]);
  });

  it("changes nothing after a preview that fails", async () => {
    const { status, output, calls } = await sandbox.run("local", "up", { resources: [A, { name: "bad", size: -1 }] });
    assert.equal(status, 1);
    assert.match(output, /bad is not valid: property size: is negative/);
    assert.deepEqual(sandbox.world, []);
    assert.ok(!calls.some(([operation]) => operation === "create"));
  });

  it("changes nothing that is not confirmed after the preview", async () => {
    const scenario = { resources: [A] };
    const asked: object[] = [];
    const confirm = async (summary: object) => {
      asked.push({ ...summary });
      return false;
    };
    await assert.rejects(sandbox.run("local", "up", scenario, { confirm }), /not confirmed: nothing was changed/);
    assert.deepEqual([asked, sandbox.world], [[{ create: 2 }], []]);
  });

  it("works on resources one after another if told to", async () => {
    const resources = ["p", "q"].map((name) => ({ name, waits: 3 }));
    const { output } = await up({ resources }, { parallel: 1 });
    assert.doesNotMatch(output, /Thing [pq] create\n.*Thing [pq] create\n/);
  });

  it("works on independent resources side by side", async () => {
    // p is finished only after r: one after another, they would never end.
    await up({ resources: [{ name: "p", waitsFor: ["r-0"] }, { name: "r" }] }, { parallel: 2 });
    assert.deepEqual(sandbox.world, ["p-0", "r-0"]);
  });

  it("finishes what is under way after a failure, starts nothing more, and goes on from there", async () => {
    const late = { name: "late", from: "$p.arn" };
    const { status, output, pending } = await up({
      resources: [{ name: "p", waits: 20 }, { name: "f", fails: "create" }, late],
    });
    assert.equal(status, 1);
    assert.match(output, /error: f: create refused/);
    assert.deepEqual([sandbox.world, pending], [["p-0"], []]);
    const next = await up({ resources: [{ name: "p", waits: 20 }, { name: "f" }, late] });
    assert.deepEqual(operations(next), ["create f", "create late"]);
  });

  it("keeps an object that is not finished, and updates it in the next run", async () => {
    const first = await up({ resources: [{ name: "u", unfinished: "create" }] });
    assert.match(first.output, /still warming up/);
    assert.deepEqual(first.state.find(({ id }) => id === "u-0")?.initErrors, ["still warming up"]);
    const second = await up({ resources: [{ name: "u", unfinished: "create" }] });
    assert.deepEqual(operations(second), ["update u-0"]);
    assert.equal(second.state.find(({ id }) => id === "u-0")?.initErrors, undefined);
  });

  it("deletes nothing when the program throws or exits with 1", async () => {
    await up({ resources: [A, B] });
    for (const [end, message] of [
      ["throw", /the program has had enough/],
      ["exit", /exit status 1/],
    ] as const) {
      const { status, output, state } = await up({ resources: [A], end });
      assert.equal(status, 1);
      assert.match(output, message);
      assert.ok(state.some(({ id }) => id === "b-0"));
    }
    assert.deepEqual(sandbox.world, ["a-0", "b-0"]);
  });

  it("takes over by a refresh what has changed or is gone, and makes it again", async () => {
    await up({ resources: [A, B] });
    sandbox.drift("a-0", undefined);
    sandbox.drift("b-0", { size: 7 });
    const refreshed = await sandbox.run("local", "refresh", {}, { skipPreview: true, expectNoChanges: true });
    assert.equal(refreshed.status, 7);
    assert.deepEqual(refreshed.summary, { same: 1, delete: 1, update: 1 });
    assert.deepEqual(operations(refreshed).sort(), ["read a-0", "read b-0"]);
    const stored = refreshed.state.find(({ id }) => id === "b-0");
    assert.deepEqual(stored?.outputs, { ...stored?.inputs, arn: "arn:b-0", size: 7 });
    assert.equal(stored?.dependencies, undefined);
    const next = await up({ resources: [A, B] });
    assert.deepEqual(operations(next), ["create a", "update b-0"]);
  });

  it("keeps secrets out of the state, the history, the display and the outputs", async () => {
    await sandbox.config("password", "hunter2", true);
    const opts = { additionalSecretOutputs: ["derived"] };
    const thing = { name: "s", password: { config: "password" }, opts };
    const outputs = { password: "$s.password", derived: "$s.derived" };
    const said = { print: "it is hunter2", log: ["it is\nhunter2"] };
    const first = await up({ resources: [thing], outputs, ...said }, { diff: true });
    assert.match(first.output, /^info: it is \[secret\]$/m);
    const refused = await up({ resources: [{ ...thing, name: "hunter2", fails: "create" }] });
    assert.match(refused.output, /\[secret\]: create refused/);
    const second = await up({ resources: [{ ...thing, password: { secret: "hunter3" } }] }, { diff: true });
    assert.match(second.output, /~ password: \[secret\] => \[secret\]/);
    const history = join(sandbox.backend, ".pulumi/history/scenario/dev");
    const files = [sandbox.stateFile, ...readdirSync(history).map((name) => join(history, name))];
    assert.equal(files.length, 7);
    const kept = files.map((file) => readFileSync(file, "utf8"));
    for (const text of [first.output, refused.output, second.output, ...kept]) assert.doesNotMatch(text, /hunter/);
    assert.equal(JSON.parse(readFileSync(join(sandbox.env.WORLD, "s-0.json"), "utf8")).password, "hunter3");
  });

  it("shows what program and provider say", async () => {
    const { output } = await up({
      resources: [{ name: "a", prints: "hello from the provider" }],
      log: ["mind\nthe gap"],
      print: "hi",
    });
    assert.match(output, /^info: hi$/m);
    assert.match(output, /^warning: mind\n {4}the gap$/m);
    assert.match(output, /^info: hello from the provider$/m);
  });

  for (const skipPreview of [false, true]) {
    it(`refuses before any change what it does not do, ${skipPreview ? "without" : "with"} a preview`, async () => {
      const before = readFileSync(sandbox.stateFile, "utf8");
      const opts = { aliases: [{ name: "old" }], import: "a-0", version: "1.0.0" };
      const resources = [{ name: "first" }, { ...A, opts }];
      const { status, output } = await sandbox.run("local", "up", { resources }, { skipPreview });
      assert.equal(status, 1);
      assert.match(
        output,
        /a \(pulumi-nodejs:dynamic\/test:Thing\) has the option aliases, import, version, .*use the Pulumi CLI/,
      );
      assert.deepEqual([sandbox.world, readFileSync(sandbox.stateFile, "utf8")], [[], before]);
    });
  }

  it("refuses a state with what it does not do, and touches nothing", async () => {
    await up({ resources: [A] });
    const state = JSON.parse(readFileSync(sandbox.stateFile, "utf8"));
    state.checkpoint.latest.resources.at(-1).taint = true;
    const text = JSON.stringify(state);
    writeFileSync(sandbox.stateFile, text);
    await assert.rejects(sandbox.run("local", "destroy", {}, { skipPreview: true }), /"taint".*use the Pulumi CLI/);
    assert.deepEqual([sandbox.world, readFileSync(sandbox.stateFile, "utf8")], [["a-0"], text]);
  });

  it("touches no state that it cannot read", async () => {
    writeFileSync(sandbox.stateFile, '{"version":3,');
    await assert.rejects(up({}), new RegExp(`${sandbox.stateFile} is not JSON`));
    assert.equal(readFileSync(sandbox.stateFile, "utf8"), '{"version":3,');
  });

  it("makes no backend that is missing", async () => {
    rmSync(sandbox.backend, { recursive: true });
    await assert.rejects(up({}), new RegExp(`${sandbox.backend}.*does not exist`));
    assert.ok(!existsSync(sandbox.backend));
  });

  it("makes nothing for a stack that does not exist", async () => {
    rmSync(join(sandbox.backend, ".pulumi"), { recursive: true });
    await assert.rejects(up({}), { message: /no stack named dev found/, exitCode: 6 });
    assert.deepEqual(readdirSync(sandbox.backend), []);
  });

  it("respects the lock of another process, except to look", async () => {
    const locks = join(sandbox.backend, ".pulumi/locks/organization/scenario/dev");
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, "1.json"), JSON.stringify({ pid: 1, username: "u", hostname: "h", timestamp: "now" }));
    await assert.rejects(up({ resources: [A] }), /locked[\s\S]*u@h, pid 1/);
    assert.equal((await sandbox.run("local", "preview", { resources: [A] })).status, 0);
    assert.deepEqual(sandbox.world, []);
  });

  it("refuses settings of the environment that it would have to ignore", async () => {
    process.env.PULUMI_CONTINUE_ON_ERROR = "true";
    try {
      await assert.rejects(up({}), /the environment has PULUMI_CONTINUE_ON_ERROR.*use the Pulumi CLI/);
    } finally {
      delete process.env.PULUMI_CONTINUE_ON_ERROR;
    }
  });

  it("sets configuration in a structured value", async () => {
    const options = { cwd: sandbox.directory, stack: "dev", backend: sandbox.backend, passphrase: "correct horse" };
    await setConfig(options, "a.b", "1", { path: true });
    assert.match(readFileSync(join(sandbox.directory, "Pulumi.dev.yaml"), "utf8"), /\n {2}scenario:a:\n {4}b: 1\n/);
  });

  describe("reads the state once", () => {
    const { read } = StackFile.prototype;
    let reads: number;
    beforeEach(() => {
      reads = 0;
      StackFile.prototype.read = function () {
        reads++;
        return read.call(this);
      };
    });
    afterEach(() => {
      StackFile.prototype.read = read;
    });

    for (const command of ["preview", "up", "refresh", "destroy"] as const) {
      it(`for ${command}`, async () => {
        assert.equal((await sandbox.run("local", command, {})).status, 0);
        assert.equal(reads, 1);
      });
    }

    it("after it has locked the stack", async () => {
      let locked: string[] = [];
      StackFile.prototype.read = function () {
        locked = readdirSync(join(sandbox.backend, ".pulumi/locks/organization/scenario/dev"));
        return read.call(this);
      };
      await sandbox.run("local", "destroy", {});
      assert.equal(locked.length, 1);
    });
  });
});
