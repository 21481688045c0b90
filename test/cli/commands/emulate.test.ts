import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { createInterface } from "node:readline/promises";
import { startCloud } from "../../../local/cloud";
import { command, runHere } from "../../support/command";

describe("oss-cname emulate", () => {
  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill("SIGKILL");
  });

  async function start(...args: string[]) {
    const child = spawn(process.execPath, [command, "emulate", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    running.push(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return { child, cloud: JSON.parse(String((await lines.next()).value)) };
  }
  async function stateOf(oss: string, agent: Agent) {
    const [reply] = await once(get(`${oss}/-/state`, { agent }), "response");
    return JSON.parse(Buffer.concat(await reply.toArray()).toString());
  }

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    it(`says where it serves, and ends at ${signal} although connections are open`, async () => {
      const { child, cloud } = await start("--bucket", "one-1", "--bucket", "two", "three", "--zone", "example.org");
      assert.deepEqual(Object.keys(cloud), ["oss", "alidns", "dns", "region", "accessKeyId", "accessKeySecret"]);
      assert.match(`${cloud.oss} ${cloud.alidns} ${cloud.dns}`, /^(http:\/\/127\.0\.0\.1:\d+ ){2}127\.0\.0\.1:\d+$/);
      const agent = new Agent({ keepAlive: true });
      const { buckets, zones } = await stateOf(cloud.oss, agent);
      assert.deepEqual(
        buckets.map(({ name }: { name: string }) => name),
        ["one-1", "two", "three"],
      );
      assert.deepEqual(zones, ["example.org"]);
      child.kill(signal);
      assert.deepEqual(await once(child, "exit"), [0, null]);
      agent.destroy();
    });

  it("says on standard error that it is a test double", async () => {
    const { child } = await start();
    const errors = createInterface(child.stderr)[Symbol.asyncIterator]();
    assert.match(String((await errors.next()).value), /^oss-cname emulate: a test double, on loopback only/);
  });

  it("says which port is in use", async () => {
    const other = await startCloud();
    try {
      const { port } = new URL(other.oss);
      const { status, stderr } = await runHere(["emulate", "--port", port]);
      assert.equal(status, 1);
      assert.match(stderr, new RegExp(`^oss-cname: 127.0.0.1:${port} is in use: choose another with --port`));
    } finally {
      await other.close();
    }
  });

  it("refuses a port that is not a number", async () => {
    assert.equal((await runHere(["emulate", "--port", "x"])).status, 2);
  });
});
