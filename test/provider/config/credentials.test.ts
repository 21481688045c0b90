import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cloud, startCloud } from "../../../local/cloud";
import { Run } from "../../../provider/run";

/** Every place that credentials are looked for in, empty; what a test sets is taken away after it. */
function useEnvironment(): (values: Record<string, string>) => void {
  const ours = /^(ALICLOUD|ALIBABA_?CLOUD|OSS)_|^HOME$/;
  let before: NodeJS.ProcessEnv;
  let home: string;
  const clear = () => {
    for (const name of Object.keys(process.env)) if (ours.test(name)) delete process.env[name];
  };
  beforeEach(() => {
    before = { ...process.env };
    clear();
    home = mkdtempSync(join(tmpdir(), "home-"));
    // No look at the metadata service of a cloud machine, which is no test's business and takes seconds to fail.
    Object.assign(process.env, { HOME: home, ALIBABA_CLOUD_ECS_METADATA_DISABLED: "true" });
  });
  afterEach(() => {
    clear();
    Object.assign(process.env, before);
    rmSync(home, { recursive: true });
  });
  return (values) => Object.assign(process.env, values);
}

function profiles(...list: object[]): void {
  const directory = join(process.env.HOME ?? "", ".aliyun");
  mkdirSync(directory);
  writeFileSync(join(directory, "config.json"), JSON.stringify({ current: "default", profiles: list }));
}

function runWith(values: Record<string, string>): Run {
  return new Run({ config: { get: (key) => values[key] } });
}

describe("credentials", () => {
  const environment = useEnvironment();

  describe("are found", () => {
    const sources: {
      readonly name: string;
      readonly env: Record<string, string>;
      readonly id: string;
      readonly token?: string;
    }[] = [
      {
        name: "ALICLOUD_*",
        env: { ALICLOUD_ACCESS_KEY: "a1", ALICLOUD_SECRET_KEY: "s", ALICLOUD_SECURITY_TOKEN: "t1" },
        id: "a1",
        token: "t1",
      },
      {
        name: "ALIBABA_CLOUD_*",
        env: { ALIBABA_CLOUD_ACCESS_KEY_ID: "a2", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s" },
        id: "a2",
      },
      {
        name: "ALIBABACLOUD_*",
        env: { ALIBABACLOUD_ACCESS_KEY_ID: "a3", ALIBABACLOUD_ACCESS_KEY_SECRET: "s" },
        id: "a3",
      },
      {
        name: "OSS_*",
        env: { OSS_ACCESS_KEY_ID: "a4", OSS_ACCESS_KEY_SECRET: "s", OSS_SESSION_TOKEN: "t4" },
        id: "a4",
        token: "t4",
      },
    ];

    it("as oss-cname:* where the stack has no alicloud:*, and never from both", async () => {
      const ours = { "oss-cname:accessKey": "o", "oss-cname:secretKey": "s", "oss-cname:securityToken": "t" };
      const own = await runWith(ours).credentials.get();
      assert.deepEqual([own.accessKeyId, own.securityToken], ["o", "t"]);
      const stack = { ...ours, "alicloud:accessKey": "a", "alicloud:secretKey": "s" };
      const found = await runWith(stack).credentials.get();
      assert.deepEqual([found.accessKeyId, found.securityToken], ["a", undefined]);
    });

    for (const [index, { name, id, token }] of sources.entries())
      it(`come from ${name} before what is listed after it`, async () => {
        for (const later of sources.slice(index)) environment(later.env);
        const run = runWith({});
        assert.deepEqual(await run.credentials.get(), { accessKeyId: id, accessKeySecret: "s", securityToken: token });
      });

    it("come from the stack's configuration first, and whole: no token of another source goes with them", async () => {
      for (const { env } of sources) environment(env);
      const run = runWith({ "alicloud:accessKey": "mine", "alicloud:secretKey": "own" });
      assert.deepEqual(await run.credentials.get(), {
        accessKeyId: "mine",
        accessKeySecret: "own",
        securityToken: undefined,
      });
    });

    it("are refused half: a key without its secret is not completed from elsewhere", async () => {
      environment({ ALICLOUD_SECRET_KEY: "of-another-key" });
      const run = runWith({ "alicloud:accessKey": "mine" });
      await assert.rejects(run.credentials.get(), /alicloud:accessKey is set but alicloud:secretKey is not/);
    });

    it("come from a named profile of the CLI, before the environment", async () => {
      environment({ ALICLOUD_ACCESS_KEY: "a1", ALICLOUD_SECRET_KEY: "s" });
      profiles(
        { name: "default", mode: "AK", access_key_id: "d", access_key_secret: "ds" },
        { name: "intl", mode: "StsToken", access_key_id: "p", access_key_secret: "ps", sts_token: "pt" },
      );
      const run = runWith({ "alicloud:profile": "intl" });
      assert.deepEqual(await run.credentials.get(), { accessKeyId: "p", accessKeySecret: "ps", securityToken: "pt" });
      assert.match(run.credentials.sourceName, /intl/);
    });

    it("come from the official chain at last", async () => {
      profiles({ name: "default", mode: "AK", access_key_id: "d", access_key_secret: "ds" });
      const run = runWith({});
      assert.deepEqual(await run.credentials.get(), {
        accessKeyId: "d",
        accessKeySecret: "ds",
        securityToken: undefined,
      });
    });

    it("fail with what to set when there are none, and are looked for anew the next time", async () => {
      const run = runWith({});
      await assert.rejects(
        run.credentials.get(),
        /No usable credentials from the credential chain.*alicloud:accessKey/s,
      );
      profiles({ name: "default", mode: "AK", access_key_id: "d", access_key_secret: "ds" });
      assert.equal((await run.credentials.get()).accessKeyId, "d");
    });

    it("are looked for again after a failure that concurrent callers share", async () => {
      const run = runWith({});
      const failed = await Promise.allSettled(Array.from({ length: 5 }, () => run.credentials.get()));
      for (const result of failed)
        assert.match(result.status === "rejected" ? result.reason.message : "", /^No usable credentials from/);
      profiles({ name: "default", mode: "AK", access_key_id: "d", access_key_secret: "ds" });
      const found = await Promise.all(Array.from({ length: 5 }, () => run.credentials.get()));
      assert.deepEqual([...new Set(found.map(({ accessKeyId }) => accessKeyId))], ["d"]);
    });

    it("never stand in the message about a profile file that cannot be read", async () => {
      mkdirSync(join(process.env.HOME ?? "", ".aliyun"));
      writeFileSync(
        join(process.env.HOME ?? "", ".aliyun", "config.json"),
        '{"profiles": [{"access_key_secret": "TOPSECRET"',
      );
      const run = runWith({ "alicloud:profile": "intl" });
      const error = await run.credentials.get().then(
        () => assert.fail("credentials were found"),
        (reason: Error) => reason,
      );
      assert.match(error.message, /intl/);
      assert.doesNotMatch(error.message, /TOPSECRET/);
    });
  });

  describe("against a cloud", () => {
    let cloud: Cloud;
    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site"] });
    });
    afterEach(() => cloud.close());
    const configured = (more: Record<string, string> = {}) =>
      runWith({
        "alicloud:region": "cn-hangzhou",
        "alicloud:accessKey": "ak",
        "alicloud:secretKey": "sk",
        "oss-cname:endpoint": cloud.oss,
        ...more,
      });

    for (const version of ["v4", "v1"])
      it(`signs by ${version} when oss-cname:signatureVersion says so`, async () => {
        await configured({ "oss-cname:signatureVersion": version }).bucket({ bucket: "site" }).list();
        assert.equal(cloud.requests()[0]?.signatureVersion, version);
      });

    /** A profile whose keys come from a command: the first of the list, then the second, and so on. */
    const profileOf = (...keys: { accessKeyId: string; accessKeySecret: string; securityToken: string }[]): Run => {
      cloud.addCredential({ ...first, expiration: "2020-01-01T00:00:00Z" });
      cloud.addCredential(second);
      const home = process.env.HOME ?? "";
      const replies = keys.map(({ accessKeyId, accessKeySecret, securityToken }) => ({
        mode: "StsToken",
        access_key_id: accessKeyId,
        access_key_secret: accessKeySecret,
        sts_token: securityToken,
      }));
      writeFileSync(join(home, "calls"), "");
      writeFileSync(
        join(home, "keys.js"),
        `const fs = require("fs"), calls = ${JSON.stringify(join(home, "calls"))}, replies = ${JSON.stringify(replies)};
         fs.appendFileSync(calls, "."); console.log(JSON.stringify(replies[Math.min(fs.readFileSync(calls).length, replies.length) - 1]));`,
      );
      profiles({ name: "run", mode: "External", process_command: `${process.execPath} ${join(home, "keys.js")}` });
      return runWith({ "alicloud:region": "cn-hangzhou", "alicloud:profile": "run", "oss-cname:endpoint": cloud.oss });
    };
    const first = { accessKeyId: "STS.1", accessKeySecret: "s1", securityToken: "t1" };
    const second = { accessKeyId: "STS.2", accessKeySecret: "s2", securityToken: "t2" };
    it("goes on with new temporary keys when the old ones have expired in a long run", async () => {
      await profileOf(first, second).bucket({ bucket: "site" }).list();
      assert.deepEqual(
        cloud.requests().map(({ status }) => status),
        [403, 200],
      );
    });

    it("says so when expired temporary keys are all that their source gives", async () => {
      await assert.rejects(profileOf(first).bucket({ bucket: "site" }).list(), /temporary credentials/);
      assert.equal(cloud.requests().length, 1);
    });
  });
});
