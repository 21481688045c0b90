import assert from "node:assert/strict";
import { OssAccount, type OssAccountArgs } from "../../../provider/resources/ossAccount";
import { byName, runProgram } from "../../support/programRun";

describe("OssAccount", () => {
  /** The configuration of its provider process. */
  const configOf = async (args: OssAccountArgs, config: Record<string, string> = {}) => {
    const { registrations, error } = await runProgram(() => void new OssAccount("intl", args), { config });
    assert.equal(error, undefined);
    return byName(registrations)["pulumi-nodejs intl"]?.inputs ?? assert.fail("no provider");
  };
  const keysOf = (config: Record<string, unknown>) => Object.keys(config).sort();
  const isSecret = (value: unknown) => (value as { value?: unknown } | undefined)?.value !== undefined;

  it("has the region and profile that it is given", async () =>
    assert.deepEqual(await configOf({ region: "ap-southeast-1", profile: "intl" }), {
      "alicloud:region": "ap-southeast-1",
      "alicloud:profile": "intl",
    }));

  it("inherits the settings of the stack", async () => {
    const settings = { "oss-cname:addressing": "path", "oss-cname:dnsServers": "127.0.0.1:53" };
    assert.deepEqual(await configOf({}, settings), settings);
  });

  it("inherits region and credentials of the stack where it is given none", async () =>
    assert.deepEqual(
      keysOf(
        await configOf({}, { "alicloud:region": "cn-hangzhou", "alicloud:accessKey": "a", "alicloud:secretKey": "s" }),
      ),
      ["alicloud:accessKey", "alicloud:region", "alicloud:secretKey"],
    ));

  it("inherits what the plugin reads, where the stack has nothing else, and whole", async () => {
    const ours = { "oss-cname:region": "cn-hangzhou", "oss-cname:accessKey": "a", "oss-cname:securityToken": "t" };
    const config = await configOf({}, ours);
    assert.deepEqual(keysOf(config), ["alicloud:accessKey", "alicloud:region", "alicloud:securityToken"]);
    assert(isSecret(config["alicloud:securityToken"]));
    assert.deepEqual(keysOf(await configOf({}, { ...ours, "alicloud:profile": "p" })), [
      "alicloud:profile",
      "alicloud:region",
    ]);
  });

  it("inherits no part of the credentials where it is given any", async () => {
    const stack = { "alicloud:accessKey": "a", "alicloud:secretKey": "s", "alicloud:securityToken": "t" };
    assert.deepEqual(keysOf(await configOf({ profile: "intl" }, stack)), ["alicloud:profile"]);
    assert.deepEqual(keysOf(await configOf({ accessKey: "b", secretKey: "c" }, stack)), [
      "alicloud:accessKey",
      "alicloud:secretKey",
    ]);
  });

  it("keeps keys as secrets, given and inherited", async () => {
    const given = await configOf({ accessKey: "b", secretKey: "c" });
    const inherited = await configOf({}, { "alicloud:accessKey": "a", "alicloud:secretKey": "s" });
    for (const config of [given, inherited]) assert.ok(isSecret(config["alicloud:secretKey"]), JSON.stringify(config));
  });

  describe("with an endpoint in the stack", () => {
    const ofHangzhou = { "oss-cname:endpoint": "oss-cn-hangzhou.aliyuncs.com" };
    const ofNone = { "oss-cname:endpoint": "http://127.0.0.1:1" };
    const endpoint = async (args: OssAccountArgs, config: Record<string, string>) =>
      (await configOf(args, config))["oss-cname:endpoint"];

    it("uses its own where it has one", async () =>
      assert.equal(await endpoint({ endpoint: "example.com" }, ofHangzhou), "example.com"));

    it("uses the stack's where it has no region of its own", async () =>
      assert.equal(await endpoint({}, ofHangzhou), "oss-cn-hangzhou.aliyuncs.com"));

    it("does not use the stack's where that names a region and it has one of its own", async () =>
      assert.equal(await endpoint({ region: "ap-southeast-1" }, ofHangzhou), undefined));

    it("uses the stack's where that names no region", async () =>
      assert.equal(await endpoint({ region: "ap-southeast-1" }, ofNone), "http://127.0.0.1:1"));
  });
});
