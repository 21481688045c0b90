import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { parse } from "yaml";
import { startCloud } from "../../../local/cloud";
import { Run } from "../../../provider/run";
import { command, ossCname, runHere } from "../../support/command";

describe("oss-cname emulate", () => {
  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill("SIGKILL");
  });

  const start = (...args: string[]) => startIn(".", ...args);
  async function startIn(cwd: string, ...args: string[]) {
    const child = spawn(process.execPath, [command, "emulate", ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
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
      const { oss, alidns, cas, acmeDirectory, dns, ...keys } = cloud;
      assert.deepEqual(Object.keys(keys), ["region", "accessKeyId", "accessKeySecret", "acmeAccountKey"]);
      const addresses = [oss, alidns, cas, acmeDirectory.replace("/directory", ""), dns].join(" ");
      assert.match(addresses, /^(http:\/\/127\.0\.0\.1:\d+ ){4}127\.0\.0\.1:\d+$/);
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

  describe("--configure", () => {
    let project: string;
    let stack: string;
    beforeEach(() => {
      project = mkdtempSync(join(tmpdir(), "oss-cname-"));
      stack = join(project, "Pulumi.dev.yaml");
      writeFileSync(join(project, "Pulumi.yaml"), "name: trial\nruntime: nodejs\n");
    });
    afterEach(() => rmSync(project, { recursive: true }));

    const domains = ["      - domain: www.example.com", "        bucket: site"].join("\n");
    const left = `# mine\nencryptionsalt: v1:abc\nconfig:\n  oss-cname:domains:\n${domains.replace(/^ {2}/gm, "")}\n`;

    it("writes what the command then needs, and keeps the rest of the file", async () => {
      writeFileSync(stack, left);
      for (const _ of ["first", "again, with other ports"]) {
        const { child } = await startIn(project, "--bucket", "site", "--configure", "dev");
        const text = readFileSync(stack, "utf8");
        assert.ok(text.startsWith(left), text);
        const { config } = parse(text);
        const run = new Run({ config: { get: (key) => config[key] } });
        assert.deepEqual((await run.bucket({ bucket: "site" }).list()).cnames, []);
        const ca = run.acme(run.acmeDirectory(undefined));
        const identifiers = [{ type: "dns", value: "www.example.com" }];
        const order = await ca.post("newOrder", (await ca.directory()).newOrder, { identifiers });
        assert.equal(order.json.status, "pending");
        child.kill();
        await once(child, "exit");
      }
    });

    it("does not overwrite what another cloud needs", async () => {
      const text = "config:\n  alicloud:secretKey:\n    secure: v1:abc\n";
      writeFileSync(stack, text);
      const { status, stderr, stdout } = await ossCname(["emulate", "--configure", "dev"], { cwd: project });
      assert.deepEqual([status, stdout], [1, ""]);
      assert.match(stderr, /sets alicloud:secretKey for something else than an emulator, and was left as it is/);
      assert.equal(readFileSync(stack, "utf8"), text);
    });
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
