import assert from "node:assert/strict";
import { resolveLocation } from "../../../provider/config/location";
import { Settings } from "../../../provider/config/settings";
import { Run } from "../../../provider/run";

describe("resolveLocation", () => {
  const variables = ["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION"];
  const before = variables.map((name) => process.env[name]);
  beforeEach(() => {
    for (const name of variables) delete process.env[name];
  });
  after(() => {
    for (const [index, name] of variables.entries()) if (before[index] !== undefined) process.env[name] = before[index];
  });
  const settings = (values: Record<string, string> = {}) => new Settings({ get: (key) => values[key] });

  it("takes the region from the location, the stack, the environment, then the configured endpoint", () => {
    const endpoint = { "oss-cname:endpoint": "oss-eu-central-1.aliyuncs.com" };
    assert.equal(resolveLocation({}, settings(endpoint)).region, "eu-central-1");
    process.env.ALIBABA_CLOUD_REGION = "us-east-1";
    assert.equal(resolveLocation({}, settings(endpoint)).region, "us-east-1");
    assert.equal(
      resolveLocation({}, settings({ ...endpoint, "oss-cname:region": "cn-shanghai" })).region,
      "cn-shanghai",
    );
    const stack = settings({ ...endpoint, "oss-cname:region": "cn-shanghai", "alicloud:region": "cn-beijing" });
    assert.equal(resolveLocation({}, stack).region, "cn-beijing");
    assert.equal(resolveLocation({ endpoint: "oss-ap-southeast-1.aliyuncs.com" }, stack).region, "ap-southeast-1");
    assert.equal(resolveLocation({ region: "us-west-1" }, stack).region, "us-west-1");
  });

  const endpoints: [title: string, configured: string, region: string | undefined, expected: string | undefined][] = [
    ["serves what names no region", "oss-cn-beijing.aliyuncs.com", undefined, "oss-cn-beijing.aliyuncs.com"],
    ["serves its own region", "oss-cn-beijing.aliyuncs.com", "cn-beijing", "oss-cn-beijing.aliyuncs.com"],
    ["does not serve another region", "oss-cn-beijing.aliyuncs.com", "cn-hangzhou", undefined],
    ["serves any region when it names none", "http://127.0.0.1:1", "cn-hangzhou", "http://127.0.0.1:1"],
  ];
  for (const [title, configured, region, expected] of endpoints)
    it(`a configured endpoint ${title}`, () =>
      assert.equal(resolveLocation({ region }, settings({ "oss-cname:endpoint": configured })).endpoint, expected));

  it("needs a region or an endpoint before anything is sent", () => {
    assert.throws(() => new Run().bucket({ bucket: "site" }), /region/);
  });
});
