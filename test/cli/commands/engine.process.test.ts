// Exit statuses, signals and terminals belong to a process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Command, Sandbox, type Scenario } from "../../support/sandbox";

const COMMAND = resolve(__dirname, "../../../../cli/oss-cname.js");
const A = { name: "a", size: 1 };
const SLOW = {
  resources: [
    { name: "slow", waitsFor: ["go"] },
    { name: "next", from: "$slow.arn" },
  ],
};

describe("oss-cname engine", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.create();
  });
  afterEach(() => sandbox.close());

  const start = (name: Command, scenario: Scenario, ...flags: string[]) => {
    writeFileSync(sandbox.env.SCENARIO, JSON.stringify(scenario));
    const args = ["engine", name, "--stack", "dev", "--cwd", sandbox.directory, ...flags];
    const child = spawn(process.execPath, [COMMAND, ...args], {
      env: {
        ...process.env,
        ...sandbox.env,
        PULUMI_BACKEND_URL: `file://${sandbox.backend}`,
        PULUMI_CONFIG_PASSPHRASE: "correct horse",
      },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        output += data;
      });
    }
    const ended = once(child, "close").then(([status]: unknown[]) => ({ status, output }));
    return { child, ended };
  };
  /** Starts an update, and waits until it is creating the first of its resources. */
  const startSlow = async () => {
    const started = start("up", SLOW, "--yes", "--skip-preview");
    await sandbox.called("create");
    return started;
  };
  const lockDirectory = () => join(sandbox.backend, ".pulumi/locks/organization/scenario/dev");
  const locks = () => (existsSync(lockDirectory()) ? readdirSync(lockDirectory()) : []);

  it("wants --yes where it cannot ask", async () => {
    const { status, output } = await start("up", { resources: [A] }).ended;
    assert.equal(status, 2);
    assert.match(output, /--yes/);
    assert.deepEqual(sandbox.world, []);
  });

  for (const [name, ...flags] of [
    ["up", "--target", "x"],
    ["destroy", "--expect-no-changes"],
  ] as const) {
    it(`knows no option ${flags[0]} of ${name}, and points to the Pulumi CLI`, async () => {
      const { status, output } = await start(name, {}, "--yes", ...flags).ended;
      assert.equal(status, 2);
      assert.match(output, new RegExp(`unknown option '${flags[0]}'[^]*Pulumi CLI`));
    });
  }

  it("makes a stack that does not exist for up --yes, and for nothing else without a terminal", async () => {
    const stateFile = join(dirname(sandbox.stateFile), "new.json");
    const onNew = (name: Command, ...flags: string[]) =>
      start(name, { resources: [A] }, "--stack", "new", ...flags).ended;
    const missing = [
      onNew("preview"),
      onNew("up", "--skip-preview"),
      onNew("refresh", "--yes"),
      onNew("destroy", "--yes"),
    ];
    for (const { status, output } of await Promise.all(missing)) {
      assert.equal(status, 6);
      assert.match(output, /no stack named new found/);
    }
    assert.equal(existsSync(stateFile), false);
    const { status, output } = await onNew("up", "--yes");
    assert.equal(status, 0, output);
    assert.match(output, /^Created stack new\nPreviewing update \(new\):/);
    assert.match(readFileSync(stateFile, "utf8"), /"a-0"/);
    assert.deepEqual(locks(), []);
  });

  it("refreshes before destroy when asked", async () => {
    await sandbox.run("local", "up", { resources: [A] }, { skipPreview: true });
    sandbox.drift("a-0", undefined);
    const { status, output } = await start("destroy", {}, "--yes", "--refresh").ended;
    assert.equal(status, 0, output);
    const calls = readFileSync(sandbox.env.CALLS, "utf8");
    assert.match(calls, /^\["read","a-0"/m);
    assert.doesNotMatch(calls, /"delete"/);
  });

  it("ends with 7 when changes were not expected", async () => {
    assert.equal((await start("preview", { resources: [A] }, "--expect-no-changes").ended).status, 7);
  });

  it("ends when @pulumi/pulumi is not installed", async () => {
    rmSync(join(sandbox.directory, "node_modules"));
    const { status, output } = await start("up", { resources: [A] }, "--yes").ended;
    assert.equal(status, 1);
    assert.match(output, /error: @pulumi\/pulumi is not installed/);
    assert.deepEqual(locks(), []);
  });

  it("interrupted once, finishes what is under way and starts nothing more", async () => {
    const { child, ended } = await startSlow();
    child.kill("SIGINT");
    sandbox.letGo("go");
    assert.equal((await ended).status, 1);
    const { state, pending } = await sandbox.state();
    assert.deepEqual([sandbox.world, pending, locks()], [["go", "slow-0"], [], []]);
    assert.ok(state.some(({ id }) => id === "slow-0"));
  });

  it("left alone by its terminal, finishes what is under way too", async () => {
    const { child, ended } = await startSlow();
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill("SIGHUP");
    sandbox.letGo("go");
    assert.equal((await ended).status, 1);
    const { pending } = await sandbox.state();
    assert.deepEqual([sandbox.world, pending, locks()], [["go", "slow-0"], [], []]);
  });

  it("interrupted twice, gives up what is under way and says so in the state", async () => {
    const { child, ended } = await startSlow();
    child.kill("SIGINT");
    child.kill("SIGTERM");
    assert.equal((await ended).status, 8);
    const { pending } = await sandbox.state();
    assert.match(String(pending), /^creating .*::slow$/);
    assert.deepEqual([sandbox.world, locks()], [[], []]);
  });

  it("killed, leaves a state that says what was under way, and no process behind", async () => {
    const { child, ended } = await startSlow();
    child.kill("SIGKILL");
    await ended;
    const provider = Number(readFileSync(join(sandbox.directory, "provider.pid"), "utf8"));
    while (isRunning(provider)) await new Promise((resolve) => setImmediate(resolve));
    sandbox.letGo("go");
    const { pending } = await sandbox.state();
    assert.match(String(pending), /^creating .*::slow$/);
    assert.equal(locks().length, 1);

    const up = () => sandbox.run("local", "up", { resources: [A] }, { skipPreview: true });
    await assert.rejects(up(), /locked/);
    for (const lock of locks()) rmSync(join(lockDirectory(), lock));
    writeFileSync(`${sandbox.stateFile}.1.tmp`, "half of");
    const next = await up();
    assert.deepEqual(readdirSync(dirname(sandbox.stateFile)), ["dev.json"]);
    assert.match(next.output, /warning: slow: .*killed while creating this/);
    assert.deepEqual(next.pending, pending);
    assert.deepEqual(sandbox.world, ["a-0", "go"]);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
