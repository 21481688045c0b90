// Needs processes: they are killed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { command } from "../support/command";
import { Sandbox } from "../support/sandbox";

/** Changes of the state's directory, which \`stack/kills.process.test.ts\` has more of. */
const MOMENTS = [2, 11, 20];
const NAMES = ["a", "b", "c"];

describe("the local engine, killed", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.create();
  });
  afterEach(() => sandbox.close());

  /** Starts an update that changes every resource, and kills it at a change of the state's directory. */
  const killAt = async (change: number): Promise<boolean> => {
    const resources = NAMES.map((name) => ({ name, size: change }));
    writeFileSync(sandbox.env.SCENARIO, JSON.stringify({ resources }));
    const args = ["engine", "up", "--stack", "dev", "--cwd", sandbox.directory, "--skip-preview", "--parallel", "2"];
    const child = spawn(process.execPath, [command, ...args], {
      env: {
        ...process.env,
        ...sandbox.env,
        PULUMI_BACKEND_URL: `file://${sandbox.backend}`,
        PULUMI_CONFIG_PASSPHRASE: "correct horse",
      },
      stdio: "ignore",
    });
    let seen = 0;
    const changes = watch(dirname(sandbox.stateFile), () => {
      if (++seen === change) child.kill("SIGKILL");
    });
    const [, signal] = await once(child, "exit");
    changes.close();
    return signal === "SIGKILL";
  };
  const locks = join(".pulumi", "locks", "organization", "scenario", "dev");

  it(`leaves a whole state each time, from which the next update goes on`, async () => {
    for (const change of MOMENTS) {
      assert.ok(await killAt(change), `it ended before change ${change}`);
      // Throws if the file is torn.
      const { state, pending } = await sandbox.state();
      const known = new Set(state.map(({ id }) => id));
      const lost = sandbox.world.filter((id) => !known.has(id));
      for (const id of lost)
        assert.ok(
          pending.some((operation) => operation.startsWith("creating ") && operation.endsWith(`::${id.slice(0, -2)}`)),
          `${id} exists, and neither the state nor its pending operations say so: ${pending}`,
        );
      for (const name of readdirSync(join(sandbox.backend, locks))) rmSync(join(sandbox.backend, locks, name));
    }

    const last = await sandbox.run("local", "up", { resources: NAMES.map((name) => ({ name, size: 0 })) });
    assert.equal(last.status, 0, last.output);
    assert.deepEqual(
      sandbox.world,
      NAMES.map((name) => `${name}-0`),
    );
    assert.deepEqual(readdirSync(dirname(sandbox.stateFile)), ["dev.json"]);
    assert.equal((await sandbox.run("local", "destroy", {})).status, 0);
    assert.deepEqual(sandbox.world, []);
  });
});
