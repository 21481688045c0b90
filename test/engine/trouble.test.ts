import assert from "node:assert";
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Sandbox } from "../support/sandbox";

const slow = {
  resources: [
    { name: "slow", waitsFor: ["go"] },
    { name: "next", from: "$slow.arn" },
  ],
};

describe("local engine in trouble", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.create();
  });
  afterEach(() => sandbox.close());

  const up = (scenario: object) => sandbox.run("local", "up", scenario, { skipPreview: true });
  const underWay = async () => {
    while (!existsSync(sandbox.env.CALLS) || !readFileSync(sandbox.env.CALLS, "utf8").includes('["create"'))
      await pause(20);
  };

  it("keeps the note of what a provider was doing when its process died", async () => {
    const ended = up(slow);
    await underWay();
    process.kill(Number(readFileSync(join(sandbox.directory, "provider.pid"), "utf8")), "SIGKILL");
    const { status, output, pending } = await ended;
    assert.equal(status, 1);
    assert.match(output, /error: slow: the dynamic provider process ended/);
    assert.match(String(pending), /^creating .*::slow$/);
  });

  it("ends when the state cannot be written, and starts nothing more", async () => {
    const ended = up(slow);
    await underWay();
    renameSync(sandbox.stateFile, `${sandbox.stateFile}.aside`);
    mkdirSync(sandbox.stateFile);
    writeFileSync(join(sandbox.env.WORLD, "go.json"), "{}");
    await assert.rejects(ended, new RegExp(`cannot write the state, ${sandbox.stateFile}: EISDIR`));
    await assert.rejects(up(slow), new RegExp(`cannot read the state, ${sandbox.stateFile}: EISDIR`));
    rmdirSync(sandbox.stateFile);
    renameSync(`${sandbox.stateFile}.aside`, sandbox.stateFile);
    assert.match(String((await sandbox.state()).pending), /^creating .*::slow$/);
    assert.deepEqual(sandbox.world, ["go", "slow-0"]);
  });

  it("touches no state that it cannot read, and makes no backend", async () => {
    writeFileSync(sandbox.stateFile, '{"version":3,');
    await assert.rejects(up(slow), new RegExp(`${sandbox.stateFile} is not JSON`));
    assert.equal(readFileSync(sandbox.stateFile, "utf8"), '{"version":3,');
    rmSync(sandbox.backend, { recursive: true });
    await assert.rejects(up(slow), new RegExp(`${sandbox.backend}.*does not exist`));
    assert.ok(!existsSync(sandbox.backend));
  });
});
