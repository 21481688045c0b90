const assert = require("node:assert");
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { destroy, initializeStack, setConfig, startCloud, up } = require("pulumi-oss-cname/local");

describe("my domains", function () {
  this.timeout(60_000);
  const stack = { cwd: __dirname, stack: "test", backend: mkdtempSync(join(tmpdir(), "domains-")), passphrase: "test" };
  let cloud;

  before(async () => {
    cloud = await startCloud({ buckets: ["site"], zones: ["example.com"] });
    await initializeStack(stack);
    for (const [key, value] of Object.entries(cloud.config)) await setConfig(stack, key, value);
  });
  after(async () => {
    await cloud.close();
    rmSync(join(__dirname, "Pulumi.test.yaml"), { force: true });
    rmSync(stack.backend, { recursive: true });
  });

  it("binds www.example.com, once", async () => {
    const { outputs } = await up(stack);
    assert.equal(outputs.url, "http://www.example.com");
    assert.equal(cloud.requests().filter(({ operation }) => operation === "PutCname").length, 1);
    await up({ ...stack, expectNoChanges: true });
    await destroy(stack);
    assert.deepEqual(cloud.state().bindings, []);
  });
});
