// A provider host is Pulumi's own dynamic-provider process.
import assert from "node:assert/strict";
import { ProviderHost, ResourceInitError, Unanswered } from "../../../engine/execute/providerHost";
import { isSecret, secret, UNKNOWN } from "../../../engine/property/value";

const __provider = `
exports.handler = () => ({
  configure: ({ config }) => { exports.key = config.get("cloud:key"); },
  check: async (olds, news) => ({
    inputs: { ...news, size: news.size ?? 1 },
    failures: news.name === "" ? [{ property: "name", reason: "is empty" }] : [],
  }),
  diff: async (id, olds, news) => ({ changes: olds.size !== news.size, replaces: olds.name !== news.name ? ["name"] : [] }),
  create: async (inputs) => {
    console.log("creating " + inputs.name);
    if (inputs.name === "broken") throw new Error("no\\nway");
    if (inputs.name === "half") throw Object.assign(new Error("later"), { id: "half-1", properties: { ...inputs, done: false }, reasons: ["one", "two"] });
    if (inputs.name === "crash") process.exit(3);
    if (inputs.name === "helped") {
      const ended = (helper) => new Promise((resolve) => helper.on("exit", resolve));
      const worker = await ended(new (require("node:worker_threads").Worker)("", { eval: true }));
      return { id: "helped", outs: { ...inputs, worker, child: await ended(require("node:child_process").fork(require("node:os").devNull)) } };
    }
    return { id: inputs.name, outs: { ...inputs, key: exports.key, length: inputs.password?.length } };
  },
  read: async (id, props) => (id === "gone" ? {} : { id, props, inputs: { name: id } }),
  update: async (id, olds, news) => ({ outs: { ...news, was: olds.size } }),
  delete: async (id, props) => { if (props.locked) throw new Error("locked: " + id); },
})`;

/** These providers do not ask for an engine. */
const engine = "127.0.0.1:1";

describe("ProviderHost", () => {
  const lines: string[] = [];
  /** One process for all tests that leave it running: it takes a while to start. */
  let host: ProviderHost;
  const start = async () => {
    const started = await ProviderHost.start({
      cwd: process.cwd(),
      project: "p",
      engine,
      output: (line) => lines.push(line),
    });
    await started.configure({ "cloud:key": secret("k-1") });
    return started;
  };

  before(async () => {
    host = await start();
  });
  after(() => host.stop());
  beforeEach(() => {
    lines.length = 0;
  });

  it("checks, and returns failures by property", async () => {
    assert.deepEqual(await host.check({}, { __provider, name: "" }), {
      inputs: { __provider, name: "", size: 1 },
      failures: [{ property: "name", reason: "is empty" }],
    });
  });

  it("tells changes from none, and what forces a replacement", async () => {
    const none = await host.diff("a", { __provider, name: "a", size: 1 }, { __provider, name: "a", size: 1 });
    assert.deepEqual(none, { changes: "none", replaces: [], deleteBeforeReplace: false });
    const some = await host.diff("a", { __provider, name: "a", size: 1 }, { __provider, name: "b", size: 2 });
    assert.deepEqual(some, { changes: "some", replaces: ["name"], deleteBeforeReplace: false });
  });

  it("gives secrets in clear and marks them again by name, and configures with clear values", async () => {
    const { id, properties } = await host.create({ __provider, name: "a", password: secret("hunter2") });
    assert.equal(id, "a");
    assert.equal(properties.key, "k-1");
    assert.equal(properties.length, 7);
    assert.ok(isSecret(properties.password) && properties.password.value === "hunter2");
    assert.deepEqual(lines, ["creating a"]);
  });

  it("lets the provider have workers and child processes", async () => {
    const { properties } = await host.create({ __provider, name: "helped" });
    assert.deepEqual([properties.worker, properties.child], [0, 0]);
  });

  it("reads an object, or that it is gone", async () => {
    assert.deepEqual(await host.read("a", { __provider, size: 1 }), {
      id: "a",
      properties: { __provider, size: 1 },
      inputs: { __provider, name: "a" },
    });
    assert.equal((await host.read("gone", { __provider })).id, "");
  });

  it("leaves unknown values out of what it reads with", async () => {
    const { properties } = await host.read("a", { __provider, size: UNKNOWN, list: [UNKNOWN, 1] });
    assert.deepEqual(properties, { __provider, list: [1] });
  });

  it("updates", async () => {
    assert.deepEqual(await host.update("a", { __provider, size: 1 }, { __provider, size: 2 }), {
      __provider,
      size: 2,
      was: 1,
    });
  });

  it("deletes, and passes on why it cannot", async () => {
    await host.delete("a", { __provider });
    await assert.rejects(host.delete("a", { __provider, locked: true }), { message: "locked: a" });
  });

  it("passes the provider's error message on as it is", async () => {
    await assert.rejects(host.create({ __provider, name: "broken" }), { message: "no\nway" });
  });

  it("keeps the state of an object that exists but is not finished", async () => {
    await assert.rejects(host.create({ __provider, name: "half", password: secret("x") }), (error) => {
      assert.ok(error instanceof ResourceInitError);
      assert.equal(error.id, "half-1");
      assert.equal(error.properties.done, false);
      assert.ok(isSecret(error.properties.password));
      assert.deepEqual(error.reasons, ["one", "two"]);
      return true;
    });
  });

  it("says so when the process dies under a call", async () => {
    const mortal = await start();
    try {
      const created = mortal.create({ __provider, name: "crash" });
      await assert.rejects(created, Unanswered);
      await assert.rejects(created, /dynamic provider process ended/);
    } finally {
      await mortal.stop();
    }
  });

  it("does not start where @pulumi/pulumi is not installed", async () => {
    await assert.rejects(
      ProviderHost.start({ cwd: "/", project: "p", engine }),
      /@pulumi\/pulumi is not installed where \/ can find it: run npm install there/,
    );
  });
});
