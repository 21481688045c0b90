import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../../local/cloud";
import { followCnames } from "../../../provider/diagnosis/dnsRoute";

describe("followCnames", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await startCloud();
    const records = {
      "www.example.com": "site.oss-cn-hangzhou.aliyuncs.com",
      "via.example.com": "www.example.com",
      "cdn.example.com": "cdn.example.com.w.kunlunsl.com",
      "one.example.com": "two.example.com",
      "two.example.com": "one.example.com",
    };
    for (const [name, value] of Object.entries(records)) cloud.addRecord({ name, type: "CNAME", value });
  });
  after(() => cloud.close());

  it("names bucket and region of a public target", async () => {
    assert.deepEqual(await followCnames("www.example.com", [cloud.dns]), {
      targets: ["site.oss-cn-hangzhou.aliyuncs.com"],
      hasAddress: false,
      bucket: "site",
      region: "cn-hangzhou",
    });
  });

  it("names neither for another target", async () => {
    const route = await followCnames("cdn.example.com", [cloud.dns]);
    assert.deepEqual(route, { targets: ["cdn.example.com.w.kunlunsl.com"], hasAddress: false });
  });

  it("ends where CNAME records form a loop", async () => {
    const { targets } = await followCnames("one.example.com", [cloud.dns]);
    assert.ok(targets.length <= 2, targets.join());
  });

  it("has no targets where there is no record", async () => {
    assert.deepEqual((await followCnames("none.example.com", [cloud.dns])).targets, []);
  });

  it("asks the next server when one does not answer", async () => {
    const { bucket } = await followCnames("www.example.com", ["127.0.0.1:1", cloud.dns]);
    assert.equal(bucket, "site");
  });

  it("fails when no server answers", async () => {
    await assert.rejects(followCnames("www.example.com", ["127.0.0.1:1"]), /ECONNREFUSED/);
    await assert.rejects(followCnames("www.example.com", []), /no DNS resolver/);
  });
});
