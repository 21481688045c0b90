import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";

describe("oss-cname emulate", () => {
  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill("SIGKILL");
  });

  function start(...args: string[]) {
    const command = join(__dirname, "../../../../cli/oss-cname.js");
    const child = spawn(process.execPath, [command, "emulate", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    running.push(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return { child, firstLine: async () => JSON.parse(String((await lines.next()).value)) };
  }

  it("prints where it serves, and ends at a signal with connections open", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const { child, firstLine } = start("--bucket", "one-1", "--bucket", "two", "three", "--zone", "example.org");
      const cloud = await firstLine();
      assert.deepEqual(Object.keys(cloud), ["oss", "alidns", "dns", "region", "accessKeyId", "accessKeySecret"]);
      assert.match(`${cloud.oss} ${cloud.alidns} ${cloud.dns}`, /^(http:\/\/127\.0\.0\.1:\d+ ){2}127\.0\.0\.1:\d+$/);
      const agent = new Agent({ keepAlive: true });
      const [reply] = await once(get(`${cloud.oss}/-/state`, { agent }), "response");
      const { buckets, zones } = JSON.parse(Buffer.concat(await reply.toArray()).toString());
      assert.deepEqual(
        buckets.map(({ name }: { name: string }) => name),
        ["one-1", "two", "three"],
      );
      assert.deepEqual(zones, ["example.org"]);
      child.kill(signal);
      assert.deepEqual(await once(child, "exit"), [0, null]);
      agent.destroy();
    }
  });

  it("says on standard error that it is a test double", async () => {
    const { child } = start();
    const errors = createInterface(child.stderr)[Symbol.asyncIterator]();
    assert.match(String((await errors.next()).value), /^oss-cname emulate: a test double, on loopback only/);
  });

  it("says which port is taken", async () => {
    const { oss } = await start().firstLine();
    const { child } = start("--port", new URL(oss).port);
    const errors: Buffer[] = [];
    child.stderr?.on("data", (chunk) => errors.push(chunk));
    assert.deepEqual(await once(child, "close"), [1, null]);
    const text = Buffer.concat(errors).toString();
    assert.match(text, new RegExp(`^oss-cname: 127.0.0.1:${new URL(oss).port} is in use: choose another with --port`));
  });

  it("refuses a port that is no number", async () => {
    const { child } = start("--port", "x");
    assert.equal((await once(child, "exit"))[0], 2);
  });
});
