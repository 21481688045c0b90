import assert from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { outputs, preview } from "../../engine/engine";
import { type Command, type Outcome, Sandbox, type Scenario } from "../support/sandbox";

const command = resolve(__dirname, "../../../cli/oss-cname.js");
const a = { name: "a", size: 1 };
const b = { name: "b", size: 1, from: "$a.arn" };

describe("local engine", function () {
  // Every operation starts two Node programs, which takes its time where many tests run at once.
  this.timeout(180_000);
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.create();
  });
  afterEach(() => sandbox.close());

  const up = (scenario: Scenario, options = {}) =>
    sandbox.run("local", "up", scenario, { skipPreview: true, ...options });
  const operations = ({ calls }: Outcome) =>
    calls
      .filter(([operation]) => operation !== "check" && operation !== "diff")
      .map(([operation, id]) => `${operation} ${id}`);

  it("creates what others need first, changes nothing twice, updates, and deletes in reverse", async () => {
    const first = await up({ resources: [a, b, { name: "c", from: "$b.arn" }], outputs: { arn: "$b.arn" } });
    assert.deepEqual(operations(first), ["create a", "create b", "create c"]);
    assert.deepEqual(sandbox.world, ["a-0", "b-0", "c-0"]);
    assert.deepEqual(first.summary, { create: 4 });
    assert.deepEqual(await sandbox.outputs(false), { arn: "arn:b-0" });

    const second = await up({ resources: [a, b, { name: "c", from: "$b.arn" }], outputs: { arn: "$b.arn" } });
    assert.deepEqual(operations(second), []);
    assert.deepEqual(second.summary, { same: 4 });

    const third = await up({ resources: [{ ...a, size: 2, tags: { x: [1] } }, b] });
    assert.deepEqual(operations(third), ["update a-0", "delete c-0"]);

    const last = await sandbox.run("local", "destroy", {}, { skipPreview: true });
    assert.deepEqual(operations(last), ["delete b-0", "delete a-0"]);
    assert.deepEqual([sandbox.world, last.state, last.pending], [[], [], []]);
  });

  it("replaces by creating, then what depends on it, and deletes the old object at the end", async () => {
    await up({ resources: [a, { ...b, from: "$a.id" }] });
    const replaced = await up({
      resources: [
        { ...a, kindOf: 1 },
        { ...b, from: "$a.id" },
      ],
    });
    assert.deepEqual(operations(replaced), ["create a", "update b-0", "delete a-0"]);
    assert.deepEqual(replaced.summary, { same: 1, replace: 1, update: 1 });
    assert.deepEqual(sandbox.world, ["a-1", "b-0"]);
  });

  it("looks before it changes: a failing preview touches nothing", async () => {
    const { status, output, summary, calls } = await sandbox.run("local", "up", {
      resources: [a, { name: "bad", size: -1 }],
    });
    assert.equal(status, 1);
    assert.match(output, /bad is not valid: property size: is negative/);
    assert.deepEqual(sandbox.world, []);
    assert.equal(calls.filter(([operation]) => operation === "create").length, 0);
    assert.ok(summary);
  });

  it("works on independent resources side by side, up to the limit", async () => {
    const inTurn = await up(
      {
        resources: [
          { name: "p", waits: 3 },
          { name: "q", waits: 3 },
        ],
      },
      { parallel: 1 },
    );
    assert.doesNotMatch(inTurn.output, /Thing [pq] create\n.*Thing [pq] create\n/);
    // p is done only once r is: one at a time, they would never end.
    await up({ resources: [{ name: "p", size: 2, waitsFor: ["r-0"] }, { name: "r" }] }, { parallel: 2 });
    assert.deepEqual(sandbox.world, ["p-0", "r-0"]);
  });

  it("after a failure finishes what is under way, starts nothing more, and goes on from there", async () => {
    const resources = [
      { name: "p", waits: 20 },
      { name: "f", fails: "create" },
      { name: "late", from: "$p.arn" },
    ];
    const { status, output, pending } = await up({ resources });
    assert.equal(status, 1);
    assert.match(output, /error: f: create refused/);
    assert.deepEqual([sandbox.world, pending], [["p-0"], []]);
    const next = await up({ resources: [{ name: "p", waits: 20 }, { name: "f" }, { name: "late", from: "$p.arn" }] });
    assert.deepEqual(operations(next), ["create f", "create late"]);
  });

  it("keeps an object that is not finished, and updates it in the next run", async () => {
    const first = await up({ resources: [{ name: "u", unfinished: "create" }] });
    assert.match(first.output, /still warming up/);
    const kept = first.state.find(({ id }) => id === "u-0");
    assert.deepEqual(kept?.initErrors, ["still warming up"]);
    const second = await up({ resources: [{ name: "u", unfinished: "create" }] });
    assert.deepEqual(operations(second), ["update u-0"]);
    assert.equal(second.state.find(({ id }) => id === "u-0")?.initErrors, undefined);
  });

  it("deletes nothing when the program throws or exits with 1", async () => {
    await up({ resources: [a, b] });
    for (const end of ["throw", "exit"] as const) {
      const { status, output, state } = await up({ resources: [a], end });
      assert.equal(status, 1);
      assert.match(output, end === "throw" ? /the program has had enough/ : /exit status 1/);
      assert.ok(state.some(({ id }) => id === "b-0"));
    }
    assert.deepEqual(sandbox.world, ["a-0", "b-0"]);
  });

  it("refreshes: takes drift over, forgets what is gone, and makes it again", async () => {
    await up({ resources: [a, b] });
    sandbox.drift("a-0", undefined);
    sandbox.drift("b-0", { size: 7 });
    const look = await sandbox.run("local", "refresh", {}, { skipPreview: true, expectNoChanges: true });
    assert.equal(look.status, 7);
    assert.deepEqual(look.summary, { same: 1, delete: 1, update: 1 });
    assert.deepEqual(operations(look).sort(), ["read a-0", "read b-0"]);
    const stored = look.state.find(({ id }) => id === "b-0");
    assert.deepEqual(stored?.outputs, { ...stored?.inputs, arn: "arn:b-0", size: 7 });
    assert.equal(stored?.dependencies, undefined);
    const next = await up({ resources: [a, b] });
    assert.deepEqual(operations(next), ["create a", "update b-0"]);
  });

  it("keeps secrets out of the state, the display and the outputs", async () => {
    await sandbox.config("password", "hunter2", true);
    const opts = { additionalSecretOutputs: ["derived"] };
    const resources = [{ name: "s", password: { config: "password" }, opts }];
    const first = await up(
      {
        resources,
        outputs: { password: "$s.password", derived: "$s.derived" },
        print: "it is hunter2",
        log: ["it is\nhunter2"],
      },
      { diff: true },
    );
    assert.match(first.output, /^info: it is \[secret\]$/m);
    const refused = await up({ resources: [{ ...resources[0], name: "hunter2", fails: "create" }] });
    assert.match(refused.output, /\[secret\]: create refused/);
    const second = await up(
      { resources: [{ ...resources[0], name: "s", password: { secret: "hunter3" } }] },
      { diff: true },
    );
    assert.match(second.output, /~ password: \[secret\] => \[secret\]/);
    const history = join(sandbox.backend, ".pulumi/history/scenario/dev");
    const files = [sandbox.stateFile, ...readdirSync(history).map((name) => join(history, name))];
    assert.equal(files.length, 7);
    for (const text of [
      first.output,
      refused.output,
      second.output,
      ...files.map((file) => readFileSync(file, "utf8")),
    ])
      assert.doesNotMatch(text, /hunter/);
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

  it("refuses by name what it does not do, before anything is changed", async () => {
    const before = readFileSync(sandbox.stateFile, "utf8");
    const opts = {
      aliases: [{ name: "old" }],
      deleteBeforeReplace: false,
      import: "a-0",
      protect: true,
      replaceOnChanges: ["size"],
      retainOnDelete: true,
      version: "1.2.3",
    };
    for (const skipPreview of [false, true]) {
      const refused = await sandbox.run(
        "local",
        "up",
        { resources: [{ name: "first" }, { ...a, opts }] },
        { skipPreview },
      );
      assert.equal(refused.status, 1);
      assert.ok(
        refused.output.includes(`a (pulumi-nodejs:dynamic/test:Thing) has the option ${Object.keys(opts).join(", ")},`),
        refused.output,
      );
      assert.match(refused.output, /use the Pulumi CLI/);
      assert.deepEqual([sandbox.world, readFileSync(sandbox.stateFile, "utf8")], [[], before]);
    }
  });

  it("refuses other backends, secrets providers, project settings and passphrases", async () => {
    const options = { cwd: sandbox.directory, stack: "dev", backend: sandbox.backend, passphrase: "correct horse" };
    await assert.rejects(preview({ ...options, backend: "s3://bucket" }), /s3:\/\/bucket.*Pulumi CLI/);
    await assert.rejects(preview({ ...options, passphrase: "wrong" }), /incorrect passphrase/);
    await assert.rejects(preview({ ...options, stack: "other" }), {
      message: /no stack named other.*stack init other/,
      exitCode: 6,
    });
    const file = join(sandbox.directory, "Pulumi.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, `${text}packages: {}\n`);
    await assert.rejects(preview(options), /"packages".*Pulumi CLI/);
    writeFileSync(file, text.replace("nodejs", "python"));
    await assert.rejects(preview(options), /python.*Pulumi CLI/);
    writeFileSync(file, text);
    writeFileSync(join(sandbox.directory, "Pulumi.dev.yaml"), "secretsprovider: awskms://x\n");
    await assert.rejects(preview(options), /awskms.*Pulumi CLI/);
  });

  it("refuses states with what it does not do", async () => {
    await up({ resources: [a] });
    const text = readFileSync(sandbox.stateFile, "utf8");
    const refused = async (change: (latest: { resources: Record<string, unknown>[] }) => void, named: RegExp) => {
      const state = JSON.parse(text);
      change(state.checkpoint.latest);
      const changed = JSON.stringify(state);
      writeFileSync(sandbox.stateFile, changed);
      await assert.rejects(sandbox.run("local", "destroy", {}, { skipPreview: true }), named);
      assert.deepEqual([sandbox.world, readFileSync(sandbox.stateFile, "utf8")], [["a-0"], changed]);
    };
    const fields = { protect: true, taint: true, retainOnDelete: true, pendingReplacement: true, viewOf: "urn:x" };
    const lists = {
      hideDiff: [["size"]],
      replaceOnChanges: ["size"],
      replaceWith: ["urn:x"],
      resourceHooks: { x: [] },
    };
    for (const [field, value] of Object.entries({ ...fields, ...lists, refreshBeforeUpdate: true }))
      await refused(
        ({ resources }) => Object.assign(resources.at(-1) ?? {}, { [field]: value }),
        RegExp(`"${field}".*Pulumi CLI`),
      );
    await refused(
      ({ resources }) => Object.assign(resources.at(-1) ?? {}, { type: "aws:s3:Bucket" }),
      /not a dynamic.*CLI/,
    );
    await refused((latest) => Object.assign(latest, { snippets: [] }), /"snippets".*Pulumi CLI/);
    await refused((latest) => Object.assign(latest, { secrets_providers: { type: "cloud" } }), /cloud.*Pulumi CLI/);
  });

  it("finds a relative backend from where the project is", async () => {
    const backend = "file://./backend?no_tmp_dir=true";
    const options = {
      cwd: sandbox.directory,
      stack: "organization/scenario/dev",
      backend,
      passphrase: "correct horse",
    };
    assert.deepEqual(await outputs(options), {});
    await assert.rejects(outputs({ ...options, stack: "other/scenario/dev" }), /does not belong to this project/);
  });

  it("respects the lock of another process, except to look", async () => {
    const locks = join(sandbox.backend, ".pulumi/locks/organization/scenario/dev");
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, "1.json"), JSON.stringify({ pid: 1, username: "u", hostname: "h", timestamp: "now" }));
    await assert.rejects(up({ resources: [a] }), /locked[\s\S]*u@h, pid 1/);
    assert.equal((await sandbox.run("local", "preview", { resources: [a] })).status, 0);
    assert.deepEqual(sandbox.world, []);
  });

  describe("as a command", () => {
    const start = (name: Command, scenario: Scenario, ...flags: string[]) => {
      writeFileSync(sandbox.env.SCENARIO, JSON.stringify(scenario));
      const child = spawn(
        process.execPath,
        [command, "engine", name, "--stack", "dev", "--cwd", sandbox.directory, ...flags],
        {
          env: {
            ...process.env,
            ...sandbox.env,
            PULUMI_BACKEND_URL: `file://${sandbox.backend}`,
            PULUMI_CONFIG_PASSPHRASE: "correct horse",
          },
        },
      );
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (data) => {
          output += data;
        });
      }
      const ended = once(child, "close").then(([status]: unknown[]) => ({ status, output }));
      return { child, ended };
    };
    const underWay = async (operation: string) => {
      while (!existsSync(sandbox.env.CALLS) || !readFileSync(sandbox.env.CALLS, "utf8").includes(`["${operation}"`))
        await pause(20);
    };
    const locks = () => {
      const directory = join(sandbox.backend, ".pulumi/locks/organization/scenario/dev");
      return existsSync(directory) ? readdirSync(directory) : [];
    };
    const slow = {
      resources: [
        { name: "slow", waitsFor: ["go"] },
        { name: "next", from: "$slow.arn" },
      ],
    };
    const go = () => writeFileSync(join(sandbox.env.WORLD, "go.json"), "{}");

    it("wants --yes where it cannot ask, and knows no other options", async () => {
      const asked = await start("up", { resources: [a] }).ended;
      assert.equal(asked.status, 2);
      assert.match(asked.output, /--yes/);
      const unknown = await start("up", { resources: [a] }, "--yes", "--target", "x").ended;
      assert.equal(unknown.status, 2);
      assert.match(unknown.output, /unknown option '--target'[\s\S]*Pulumi CLI/);
      const idle = await start("destroy", {}, "--yes", "--expect-no-changes").ended;
      assert.match(idle.output, /unknown option '--expect-no-changes'/);
      assert.deepEqual(sandbox.world, []);
    });

    it("ends with 7 when changes were not expected", async () => {
      assert.equal((await start("preview", { resources: [a] }, "--expect-no-changes").ended).status, 7);
    });

    it("interrupted once, finishes what is under way and starts nothing more", async () => {
      const { child, ended } = start("up", slow, "--yes", "--skip-preview");
      await underWay("create");
      child.kill("SIGINT");
      go();
      assert.equal((await ended).status, 1);
      const { state, pending } = await sandbox.state();
      assert.deepEqual([sandbox.world, pending, locks()], [["go", "slow-0"], [], []]);
      assert.ok(state.some(({ id }) => id === "slow-0"));
    });

    it("left alone by its terminal, finishes what is under way as well", async () => {
      const { child, ended } = start("up", slow, "--yes", "--skip-preview");
      await underWay("create");
      child.stdout.destroy();
      child.stderr.destroy();
      child.kill("SIGHUP");
      go();
      assert.equal((await ended).status, 1);
      const { pending } = await sandbox.state();
      assert.deepEqual([sandbox.world, pending, locks()], [["go", "slow-0"], [], []]);
    });

    it("interrupted twice, gives up what is under way and says so in the state", async () => {
      const { child, ended } = start("up", slow, "--yes", "--skip-preview");
      await underWay("create");
      child.kill("SIGINT");
      child.kill("SIGTERM");
      assert.equal((await ended).status, 8);
      const { pending } = await sandbox.state();
      assert.match(String(pending), /^creating .*::slow$/);
      assert.deepEqual([sandbox.world, locks()], [[], []]);
    });

    it("killed, leaves a state that says what was under way, and no process behind", async () => {
      const { child, ended } = start("up", slow, "--yes", "--skip-preview");
      await underWay("create");
      child.kill("SIGKILL");
      await ended;
      const provider = Number(readFileSync(join(sandbox.directory, "provider.pid"), "utf8"));
      while (isRunning(provider)) await pause(20);
      go();
      const { pending } = await sandbox.state();
      assert.match(String(pending), /^creating .*::slow$/);
      assert.equal(locks().length, 1);
      await assert.rejects(up({ resources: [a] }), /locked/);
      for (const lock of locks()) rmSync(join(sandbox.backend, ".pulumi/locks/organization/scenario/dev", lock));
      writeFileSync(`${sandbox.stateFile}.1.tmp`, "half of");
      const next = await up({ resources: [a] });
      assert.deepEqual(readdirSync(dirname(sandbox.stateFile)), ["dev.json"]);
      assert.match(next.output, /warning: slow: .*killed while creating this/);
      assert.deepEqual(next.pending, pending);
      assert.deepEqual(sandbox.world, ["a-0", "go"]);
    });
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
