// An operation starts a program and providers, and must end them in every outcome.
import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Operation } from "../../engine/operation";
import { loadProject } from "../../engine/stack/project";
import { Sandbox } from "../support/sandbox";
import { memorySnapshot, recordEvents } from "./fakes";

const REPOSITORY = resolve(__dirname, "../../..");
/** More than the system hands to a new process. */
const HUGE = "x".repeat(1_000_000);
const SLOW = {
  resources: [
    { name: "slow", waitsFor: ["go"] },
    { name: "next", from: "$slow.arn" },
  ],
};

describe("an operation whose program cannot be started", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "operation-"));
    writeFileSync(join(directory, "Pulumi.yaml"), "name: p\nruntime: nodejs\n");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const run = async (values: Readonly<Record<string, string>>) => {
    const { snapshot } = await memorySnapshot([]);
    const events = recordEvents();
    const operation = new Operation(
      {
        kind: "update",
        dryRun: true,
        refresh: false,
        withoutProviders: true,
        stack: { project: await loadProject(directory), name: "dev" },
        config: { values, secretKeys: new Set(), secrets: [], sealed: {} },
        snapshot,
        events,
      },
      {},
    );
    const before = servers();
    const failure = await operation.run();
    // A server that stayed open would keep the process from ending. If one does, this never ends either.
    while (servers() > before) await new Promise((resolve) => setImmediate(resolve));
    return { failure, lines: events.lines };
  };

  it("says that @pulumi/pulumi is not installed, and closes its server", async () => {
    const { failure, lines } = await run({});
    assert.match(String(failure), /@pulumi\/pulumi is not installed where .* can find it: run npm install there/);
    assert.deepEqual(lines, [`error: ${failure?.message}`]);
  });

  it("says that the environment is too long, and closes its server", async () => {
    symlinkSync(join(REPOSITORY, "node_modules"), join(directory, "node_modules"));
    process.env.HUGE = HUGE;
    const { failure } = await run({}).finally(() => delete process.env.HUGE);
    assert.match(String(failure), /E2BIG/);
  });

  it("hands over a configuration of any length", async () => {
    symlinkSync(join(REPOSITORY, "node_modules"), join(directory, "node_modules"));
    const program = `
      const { length } = new (require("@pulumi/pulumi").Config)("p").require("huge");
      throw new Error(length + " characters");`;
    writeFileSync(join(directory, "index.js"), program);
    const { lines } = await run({ "p:huge": HUGE });
    assert.ok(
      lines.some((line) => line.includes(`${HUGE.length} characters`)),
      lines.join("\n"),
    );
  });
});

function servers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
}

describe("an operation that gets into trouble", function () {
  // Each starts two Node programs, which takes a while where many tests run at once.
  this.timeout(180_000);
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.create();
  });
  afterEach(() => sandbox.close());

  const up = (scenario: object) => sandbox.run("local", "up", scenario, { skipPreview: true });

  it("keeps the note of what a provider was doing when its process died", async () => {
    const ended = up(SLOW);
    await sandbox.called("create");
    process.kill(Number(readFileSync(join(sandbox.directory, "provider.pid"), "utf8")), "SIGKILL");
    const { status, output, pending } = await ended;
    assert.equal(status, 1);
    assert.match(output, /error: slow: the dynamic provider process ended/);
    assert.match(String(pending), /^creating .*::slow$/);
  });

  it("ends when the state cannot be written, and starts nothing more", async () => {
    const ended = up(SLOW);
    await sandbox.called("create");
    renameSync(sandbox.stateFile, `${sandbox.stateFile}.aside`);
    mkdirSync(sandbox.stateFile);
    sandbox.letGo("go");
    await assert.rejects(ended, new RegExp(`cannot write the state, ${sandbox.stateFile}: EISDIR`));
    rmdirSync(sandbox.stateFile);
    renameSync(`${sandbox.stateFile}.aside`, sandbox.stateFile);
    assert.match(String((await sandbox.state()).pending), /^creating .*::slow$/);
    assert.deepEqual(sandbox.world, ["go", "slow-0"]);
  });
});
