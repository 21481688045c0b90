import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cloud, startCloud } from "../../local/cloud";
import { createAuthority } from "../support/certificates";
import { at, command, ossCname, type RunOptions } from "../support/command";

const DAY_MS = 86_400_000;

/** What only a process of its own shows. */
describe("the process oss-cname", () => {
  let cloud: Cloud;
  let directory: string;
  before(async () => {
    const validTo = new Date(Date.now() + 5.5 * DAY_MS);
    const { certificate } = await (await createAuthority()).issue({ names: ["old.example.com"], validTo });
    cloud = await startCloud({ buckets: ["site", "many"] });
    cloud.inConsole.moveBinding("old.example.com", "site");
    cloud.inConsole.replaceCertificate("old.example.com", { certificate });
    for (let index = 0; index < 2000; index++) cloud.inConsole.moveBinding(`n${index}.example.com`, "many");
  });
  after(() => cloud.close());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  describe("takes the access key", () => {
    const listed = (options: RunOptions, ...args: string[]) =>
      ossCname(["list", "site", "--json", ...at(cloud).args, ...args], options);

    it("from the environment, under the names of several tools", async () => {
      const { accessKeyId, accessKeySecret } = cloud;
      const ways = [
        { ALICLOUD_ACCESS_KEY: accessKeyId, ALICLOUD_SECRET_KEY: accessKeySecret },
        { OSS_ACCESS_KEY_ID: accessKeyId, OSS_ACCESS_KEY_SECRET: accessKeySecret },
      ];
      const ended = await Promise.all(ways.map((env) => listed({ env })));
      for (const { status, stderr } of ended) assert.deepEqual([status, stderr], [0, ""]);
    });

    it("from a profile of the Alibaba Cloud CLI", async () => {
      const { accessKeyId, accessKeySecret } = cloud;
      mkdirSync(join(directory, ".aliyun"));
      const profile = { name: "ops", mode: "AK", access_key_id: accessKeyId, access_key_secret: accessKeySecret };
      writeFileSync(join(directory, ".aliyun", "config.json"), JSON.stringify({ current: "ops", profiles: [profile] }));
      const { status, stderr } = await listed({ env: { HOME: directory } }, "--profile", "ops");
      assert.deepEqual([status, stderr], [0, ""]);
    });

    it("whole from one source: a token in the environment does not join a key in the options", async () => {
      cloud.addCredential({ accessKeyId: "STS.1", accessKeySecret: "temporary", securityToken: "its-token" });
      const given = ["-i", "STS.1", "-k", "-"];
      const env = { ALICLOUD_SECURITY_TOKEN: "its-token" };
      const [both, mixed] = await Promise.all([
        listed({ input: "temporary\nits-token\n" }, ...given, "--sts-token", "-"),
        listed({ input: "temporary\n", env }, ...given),
      ]);
      assert.deepEqual([both.status, both.stderr], [0, ""]);
      assert.equal(mixed.status, 1);
    });
  });

  it("ends with status 2 without a region, and sends nothing", async () => {
    const before = cloud.requests().length;
    const { status, stdout, stderr } = await ossCname(["list", "site"], { env: at(cloud).env });
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /give --region or --endpoint, or set ALICLOUD_REGION/);
    assert.equal(cloud.requests().length, before);
  });

  it("loads neither the library nor Pulumi's SDK to show help", async () => {
    const script =
      "const heavy = (file) => /@pulumi|undici|provider.run/.test(file);" +
      "process.on('exit', () => console.error(Object.keys(require.cache).filter(heavy).length));" +
      "require(process.argv[1]);";
    for (const args of [["--help"], ["list", "--help"]]) {
      const { stdout, stderr } = await ossCname(args, { through: [process.execPath, "-e", script, command] });
      assert.match(stdout, /Usage: oss-cname/);
      assert.equal(stderr, "0\n");
    }
  });

  it("colours on a terminal, unless NO_COLOR is set", async function () {
    if (spawnSync("script", ["--version"]).error) return this.skip();
    const shown = (env: NodeJS.ProcessEnv) => {
      const line = [process.execPath, command, "list", "site", ...at(cloud).args].join(" ");
      return ossCname([], { env: { ...at(cloud).env, ...env }, through: ["script", "-qec", line, "/dev/null"] });
    };
    const [coloured, plain] = await Promise.all([shown({}), shown({ NO_COLOR: "1" })]);
    assert.ok(coloured.stdout.includes(" \u001b[31m5\u001b[39m\r\n"), coloured.stdout);
    assert.match(plain.stdout, /old\.example\.com .* 5\r\n/);
    assert.ok(!plain.stdout.includes("\u001b"));
  });

  it("ends quietly when its reader closes the pipe", async () => {
    const line = `"$0" "$@" | head -n 2`;
    const args = [process.execPath, command, "list", "many", ...at(cloud).args];
    const { stdout, stderr } = await ossCname([], { env: at(cloud).env, through: ["sh", "-c", line, ...args] });
    assert.equal(stdout.split("\n").length, 3);
    assert.equal(stderr, "");
  });

  it("ends at the first Ctrl-C, and leaves no file", async () => {
    const slow = await startCloud({ buckets: ["site"], latencyMs: 3000 });
    try {
      const args = ["list", "site", "--json", "-o", join(directory, "list.json"), ...at(slow).args];
      const { signal, stderr } = await ossCname(args, {
        env: at(slow).env,
        meanwhile: (child) => child.stderr?.once("data", () => child.kill("SIGINT")),
      });
      assert.equal(signal, "SIGINT");
      assert.equal(stderr, "oss-cname: listed 0 of 1 buckets (1 s)\n");
      assert.deepEqual(readdirSync(directory), []);
    } finally {
      await slow.close();
    }
  });
});
