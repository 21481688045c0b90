// Needs a process: whoever imports `pulumi-oss-cname/native` makes all resources of the process the plugin's.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgramProcess } from "../support/programProcess";
import { byName } from "../support/programRun";
import { repository } from "../support/pulumiRun";

const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
const PROGRAM = `
  const native = require("pulumi-oss-cname/native");
  const provider = new native.OssAccount("intl", { region: "ap-southeast-1", accessKey: "a", secretKey: "s" });
  const opts = { provider, aliases: [{ name: "old" }], customTimeouts: { create: "5m" } };
  new native.BucketCname("www", { bucket: "site", domain: "www.example.com" }, opts);
  new native.CustomDomain("img", { bucket: "site", domain: "img.example.com", dns: native.alidns() });`;

describe("pulumi-oss-cname/native", () => {
  it("has the same classes, whose resources are the plugin's", async () => {
    const config = { "oss-cname:dnsServers": '["127.0.0.1:53"]', "oss-cname:region": "cn-hangzhou" };
    const states = { CnameToken: { txtRecord: { value: "0123" } }, BucketCname: { cnameTarget: "site.example.net" } };
    const { registrations, error, output } = await runProgramProcess(PROGRAM, { config, states });
    assert.deepEqual([error, output], [undefined, ""]);
    const ours = registrations.filter(({ type }) => type !== "pulumi:pulumi:Stack");
    for (const { type } of ours) assert.match(type, /^(oss-cname:index:\w+|pulumi:providers:oss-cname)$/);
    const made = byName(ours);
    const { inputs, aliases, provider } = made["BucketCname www"] ?? assert.fail();
    assert.deepEqual([provider, inputs], ["intl", { bucket: "site", domain: "www.example.com" }]);
    const dynamic = "pulumi-nodejs:dynamic/oss:BucketCname";
    assert.deepEqual(aliases, ["old", `old ${dynamic}`, dynamic]);
    assert.deepEqual(made["AlidnsRecord img-txt"]?.aliases, ["pulumi-nodejs:dynamic/oss:AlidnsRecord"]);
    const { inputs: account } = made["oss-cname intl"] ?? assert.fail();
    assert.deepEqual(Object.keys(account).sort(), ["accessKey", "dnsServers", "region", "secretKey"]);
    assert.deepEqual([account.region, account.dnsServers], ["ap-southeast-1", '["127.0.0.1:53"]']);
    for (const kind of ["BucketCname www", "CnameToken img", "RemovalGuard custom-domains", "oss-cname intl"])
      assert.equal(made[kind]?.version, version, kind);
  });

  it("warns of an account that the plugin does not read", async () => {
    const config = { "alicloud:region": "cn-hangzhou", "alicloud:profile": "p" };
    const { output } = await runProgramProcess(PROGRAM, { config });
    assert.match(
      output,
      /^the plugin does not read alicloud:region, alicloud:profile: .* oss-cname:region, oss-cname:prof/,
    );
    const both = { ...config, "oss-cname:region": "cn-hangzhou" };
    assert.equal((await runProgramProcess(PROGRAM, { config: both })).output, "");
  });

  it("is refused once there are resources without it", async () => {
    const early = `new oss.CnameToken("a", { bucket: "site", domain: "a.example.com" });${PROGRAM}`;
    const { error, registrations } = await runProgramProcess(early);
    assert.equal(error?.name, "RunError");
    assert.match(error.message, /native is imported too late/);
    assert.equal(
      registrations.some(({ type }) => type.startsWith("oss-cname:")),
      false,
    );
  });
});
