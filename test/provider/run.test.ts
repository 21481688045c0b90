import assert from "node:assert/strict";
import { Run } from "../../provider/run";

const configOf = (values: Record<string, string>) => ({ get: (key: string) => values[key] });

describe("Run", () => {
  const run = new Run({ config: configOf({ "alicloud:region": "cn-hangzhou" }) });
  const bucket = (location: object = {}) => run.bucket({ bucket: "site", ...location });

  describe("bucket", () => {
    it("is the same for the same name and location", () => assert.equal(bucket(), bucket()));

    it("is the same whether the region is given or configured", () =>
      assert.equal(bucket(), bucket({ region: "cn-hangzhou" })));

    it("is the same for a binding, whatever else the binding has", () =>
      assert.equal(bucket(), bucket({ domain: "www.example.com" })));

    for (const other of [{ region: "cn-beijing" }, { endpoint: "http://127.0.0.1:1" }, { bucket: "other" }])
      it(`is another with ${JSON.stringify(other)}`, () => assert.notEqual(bucket(other), bucket()));

    it("has the public host of its region as target of CNAME records", () =>
      assert.equal(bucket({ region: "eu-central-1" }).cnameTarget, "site.oss-eu-central-1.aliyuncs.com"));

    for (const [title, given, facts] of [
      ["no endpoint", {}, /^The region of bucket site is not known\. Nothing was sent\./],
      ["an endpoint without one", { endpoint: "example.com" }, /the endpoint example\.com does not name its region/],
    ] as const)
      it(`needs a region with ${title}, and says how to set it`, () =>
        assert.throws(
          () => new Run().bucket({ bucket: "site", ...given }),
          ({ message }: Error) => {
            assert.match(message, facts);
            assert.match(message, /Next: set it for the stack, `pulumi config set alicloud:region cn-hangzhou`/);
            return true;
          },
        ));

    it("needs no region for the old signature, where it has an endpoint", () => {
      const old = new Run({ config: configOf({ "oss-cname:signatureVersion": "v1" }) });
      assert.equal(old.bucket({ bucket: "site", endpoint: "example.com" }).region, undefined);
      assert.throws(() => old.bucket({ bucket: "site" }), /region of bucket site is not known/);
    });
  });

  describe("configure", () => {
    it("replaces the settings", () => {
      const configured = new Run();
      configured.configure(configOf({ "oss-cname:verification": "none" }));
      assert.equal(configured.settings.choice("oss-cname:verification"), "none");
    });

    it("refuses invalid settings and keeps those that it has", () => {
      const configured = new Run({ config: configOf({ "oss-cname:dnsTimeoutSeconds": "5" }) });
      assert.throws(() => configured.configure(configOf({ "oss-cname:dnsTimeoutSeconds": "x" })), /nothing was sent/);
      assert.equal(configured.settings.dnsTimeoutSeconds, 5);
    });

    it("keeps what the run has learned: Pulumi calls it once for each kind of resource", () => {
      const config = configOf({ "alicloud:region": "cn-hangzhou" });
      const configured = new Run({ config });
      const before = configured.bucket({ bucket: "site" });
      configured.configure(config);
      assert.equal(configured.bucket({ bucket: "site" }), before);
    });
  });

  it("has one client of Alibaba Cloud DNS", () => assert.equal(run.alidns, run.alidns));

  it("prints notices where it is told to", async () => {
    const lines: string[] = [];
    const clock = { now: () => 0, sleep: async () => {}, later: () => {} };
    await new Run({ clock, print: (line) => lines.push(line) }).notices.say("done");
    assert.deepEqual(lines, ["oss-cname: done"]);
  });
});
