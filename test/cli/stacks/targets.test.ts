import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { Crypter } from "../../../engine/stack/secrets";
import { type Cloud, startCloud } from "../../../local/cloud";
import { runHere } from "../../support/command";

/** What `list`, which stands for all commands, asks where, and with whose key. */
describe("what stack configuration says", () => {
  let cloud: Cloud;
  let directory: string;
  let files: string[];
  before(async () => {
    cloud = await startCloud({ buckets: ["site", "shop"] });
    cloud.inConsole.moveBinding("www.example.com", "site");
    cloud.inConsole.moveBinding("shop.example.com", "shop");
    cloud.addCredential({ accessKeyId: "intl", accessKeySecret: "intl-secret", owner: "2222" });
    cloud.addBucket({ name: "theirs", owner: "2222" });
  });
  after(() => cloud.close());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    files = [];
    cloud.forgetRequests();
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const domains = [
    { domain: "www.example.com", bucket: "site" },
    { domain: "shop.example.com", bucket: "shop" },
    { domain: "SHOP.example.com.", bucket: "shop" },
  ];
  /** Writes `Pulumi.<stack>.yaml`, which the command then reads. */
  function stack(name: string, config: object, more: object = {}): void {
    const file = join(directory, `Pulumi.${name}.yaml`);
    files.push(file);
    writeFileSync(file, stringify({ ...more, config: { ...cloud.config, "oss-cname:domains": domains, ...config } }));
  }
  function list(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    return runHere(["list", "--json", ...args, "--config", ...files], { env });
  }
  const asked = () => cloud.requests().map(({ operation, bucket }) => `${operation} ${bucket}`);
  const said = () => `oss-cname: the configuration sends signed requests to ${cloud.oss}\n`;

  it("is enough, and every bucket is asked once", async () => {
    stack("prod", {});
    const { status, stdout, stderr } = await list();
    assert.deepEqual([status, stderr], [0, said()]);
    const found = JSON.parse(stdout).map(({ bucket, cnames }: { bucket: string; cnames: { domain: string }[] }) => [
      bucket,
      ...cnames.map(({ domain }) => domain),
    ]);
    assert.deepEqual(found, [
      ["site", "www.example.com"],
      ["shop", "shop.example.com"],
    ]);
    assert.deepEqual(asked().sort(), ["ListCname shop", "ListCname site"]);
  });

  it("serves a bucket that is not declared too, if there is one stack or all say the same", async () => {
    stack("prod", { "oss-cname:domains": [] });
    stack("test", {});
    assert.equal((await list(["shop"])).status, 0);
    stack("else", { "alicloud:region": "cn-beijing" });
    const { status, stderr } = await list(["other"]);
    assert.equal(status, 2);
    assert.match(stderr, /give --region or --endpoint, or set ALICLOUD_REGION, or choose a stack with --config/);
  });

  it("gives way to the options", async () => {
    stack("prod", {
      "alicloud:region": "cn-beijing",
      "oss-cname:endpoint": "http://127.0.0.1:1",
      "alicloud:accessKey": "wrong",
      "alicloud:securityToken": "wrong",
      "oss-cname:domains": [{ domain: "www.example.com", bucket: "site", endpoint: "http://127.0.0.1:2" }],
    });
    const options = ["-e", cloud.oss, "--region", cloud.region, "-i", cloud.accessKeyId, "-k", cloud.accessKeySecret];
    const { status, stderr } = await list(options);
    assert.deepEqual([status, stderr], [0, ""]);
  });

  it("may say another place for a domain, and the key of another account", async () => {
    const key = { accessKey: "intl", secretKey: "intl-secret" };
    const declared = { domain: "w.example.com", bucket: "theirs", account: "intl" };
    stack("prod", {
      "oss-cname:endpoint": "http://127.0.0.1:1",
      "oss-cname:accounts": { intl: key },
      "oss-cname:domains": [{ ...declared, endpoint: cloud.oss }],
    });
    const { status, stderr } = await list();
    assert.deepEqual([status, stderr], [0, said()]);
    assert.deepEqual(asked(), ["ListCname theirs"]);
  });

  it("must not say two things about a bucket that is asked for", async () => {
    stack("prod", {});
    stack("test", { "oss-cname:endpoint": "http://127.0.0.1:1" });
    const { status, stderr } = await list(["site"]);
    assert.equal(status, 2);
    assert.match(
      stderr,
      /Pulumi\.prod\.yaml and .*Pulumi\.test\.yaml declare site in different ways: choose one with --config/,
    );
    assert.deepEqual(asked(), []);
  });

  it("is checked", async () => {
    stack("prod", { "alicloud:region": "oss-cn-hangzhou" });
    const { status, stderr } = await list();
    assert.equal(status, 1);
    assert.match(stderr, /Pulumi\.prod\.yaml: .*must be given as cn-hangzhou/s);
  });

  it("does not decide that requests go over plain http to other machines", async () => {
    stack("prod", { "oss-cname:endpoint": "http://oss.example.com", "oss-cname:allowHttp": true });
    const { status, stderr } = await list(["site"]);
    assert.equal(status, 1);
    assert.match(stderr, /unencrypted: use https, or set oss-cname:allowHttp to true \(--allow-http/);
  });

  describe("encrypted", () => {
    let sealed: object;
    let salt: object;
    before(async () => {
      const crypter = await Crypter.create("correct horse");
      sealed = { "alicloud:secretKey": { secure: crypter.encrypt(cloud.accessKeySecret) } };
      salt = { encryptionsalt: crypter.salt };
    });

    it("is decrypted with the passphrase of the environment", async () => {
      stack("prod", sealed, salt);
      assert.equal((await list(["site"], { PULUMI_CONFIG_PASSPHRASE: "correct horse" })).status, 0);
    });

    it("is not replaced by a key from elsewhere if it cannot be decrypted", async () => {
      stack("prod", sealed, salt);
      for (const [env, message] of [
        [{}, /alicloud:secretKey of .*Pulumi\.prod\.yaml is encrypted, and the passphrase is not known/],
        [{ PULUMI_CONFIG_PASSPHRASE: "wrong" }, /incorrect passphrase/],
      ] as const) {
        const { status, stderr } = await list(["site"], env);
        assert.equal(status, 1);
        assert.match(stderr, message);
      }
      assert.deepEqual(asked(), []);
      assert.equal((await list(["site", "-i", cloud.accessKeyId, "-k", cloud.accessKeySecret])).status, 0);
    });

    it("with another secrets provider needs a key by options", async () => {
      stack("prod", sealed);
      const { status, stderr } = await list(["site"], { PULUMI_CONFIG_PASSPHRASE: "correct horse" });
      assert.equal(status, 1);
      assert.match(stderr, /is encrypted, and not with a passphrase\. Next: give --profile, or -i and -k/);
    });
  });
});
