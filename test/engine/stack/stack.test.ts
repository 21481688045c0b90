import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initializeStack } from "../../../engine/engine";
import { openStack } from "../../../engine/stack/stack";

function makeProject(): string {
  const directory = mkdtempSync(join(tmpdir(), "stack-"));
  mkdirSync(join(directory, "backend"));
  writeFileSync(join(directory, "Pulumi.yaml"), "name: p\nruntime: nodejs\n");
  return directory;
}

function optionsFor(directory: string) {
  return { cwd: directory, stack: "dev", backend: join(directory, "backend"), passphrase: "correct horse" };
}

describe("openStack", () => {
  /** A stack to copy: it takes a while to make a salt and its key. */
  let template: string;
  let directory: string;
  let backend: string;
  before(async () => {
    template = makeProject();
    await initializeStack(optionsFor(template));
  });
  after(() => rmSync(template, { recursive: true }));
  beforeEach(() => {
    directory = makeProject();
    backend = join(directory, "backend");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const options = () => optionsFor(directory);
  const initialize = () => cpSync(template, directory, { recursive: true });
  const locks = () => {
    const path = join(backend, ".pulumi/locks/organization/p/dev");
    return existsSync(path) ? readdirSync(path) : [];
  };

  it("opens a stack that does not exist, and makes nothing for it", async () => {
    const { name, state } = await openStack(options(), { lock: true });
    assert.deepEqual([name, state, readdirSync(backend)], ["dev", undefined, []]);
  });

  it("locks a stack that exists", async () => {
    initialize();
    const { file, state } = await openStack(options(), { lock: true });
    assert.ok(state);
    assert.equal(locks().length, 1);
    await file.unlock();
    assert.equal(locks().length, 0);
  });

  it("locks nothing when it is not asked to", async () => {
    initialize();
    await openStack(options());
    assert.deepEqual(locks(), []);
  });

  for (const [what, passphrase, text] of [
    ["the passphrase is wrong", "wrong", undefined],
    ["the state cannot be read", "correct horse", '{"version":3,'],
  ] as const) {
    it(`gives the lock back when ${what}`, async () => {
      initialize();
      if (text) writeFileSync(join(backend, ".pulumi/stacks/p/dev.json"), text);
      await assert.rejects(openStack({ ...options(), passphrase }, { lock: true }), /incorrect passphrase|is not JSON/);
      assert.deepEqual(locks(), []);
    });
  }

  it("refuses a configuration and a state with different salts", async () => {
    initialize();
    const path = join(directory, "Pulumi.dev.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replace("v1:", "v1:AA"));
    await assert.rejects(openStack(options()), /different encryption salts: use the Pulumi CLI/);
  });

  it("takes the salt of the state where the configuration has none", async () => {
    initialize();
    const path = join(directory, "Pulumi.dev.yaml");
    const before = readFileSync(path, "utf8");
    rmSync(path);
    const { configFile } = await openStack(options());
    await configFile.save();
    assert.equal(readFileSync(path, "utf8"), before);
  });

  describe("finds", () => {
    const VARIABLES = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
    let environment: NodeJS.ProcessEnv;
    beforeEach(() => {
      environment = process.env;
      process.env = { ...environment };
      for (const name of VARIABLES) delete process.env[name];
    });
    afterEach(() => {
      process.env = environment;
    });

    const open = (rest: object = {}) => openStack({ cwd: directory, stack: "dev", ...rest });

    it("the backend in the environment, before that of Pulumi.yaml", async () => {
      const other = "name: p\nruntime: nodejs\nbackend: {url: file:///nowhere}\n";
      writeFileSync(join(directory, "Pulumi.yaml"), other);
      process.env.PULUMI_BACKEND_URL = `file://${backend}`;
      const { file } = await open({ passphrase: "x" });
      assert.equal(file.path, join(backend, ".pulumi/stacks/p/dev.json"));
    });

    it("the backend in Pulumi.yaml", async () => {
      writeFileSync(join(directory, "Pulumi.yaml"), "name: p\nruntime: nodejs\nbackend: {url: file://./backend}\n");
      const { file } = await open({ passphrase: "x" });
      assert.equal(file.path, join(backend, ".pulumi/stacks/p/dev.json"));
    });

    it("no backend, and says how to name one", async () => {
      await assert.rejects(open(), /no backend: set PULUMI_BACKEND_URL to file:\/\/<directory>/);
    });

    it("the passphrase in the environment", async () => {
      process.env.PULUMI_CONFIG_PASSPHRASE = "";
      const { crypter } = await open({ backend });
      assert.match(crypter.salt, /^v1:/);
    });

    it("the passphrase in a file, without the line's end", async () => {
      initialize();
      const path = join(directory, "passphrase");
      writeFileSync(path, "correct horse\n");
      process.env.PULUMI_CONFIG_PASSPHRASE_FILE = path;
      assert.ok(await open({ backend }));
    });

    it("no passphrase, and says how to set one", async () => {
      await assert.rejects(open({ backend }), /passphrase must be set with PULUMI_CONFIG_PASSPHRASE/);
      process.env.PULUMI_CONFIG_PASSPHRASE_FILE = join(directory, "missing");
      await assert.rejects(open({ backend }), /the file of PULUMI_CONFIG_PASSPHRASE_FILE cannot be read: ENOENT/);
    });
  });
});
