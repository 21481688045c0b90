import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../../local/cloud";
import { reachOss } from "../../../provider/diagnosis/reachability";
import { Run } from "../../../provider/run";

describe("reachOss", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await startCloud({ buckets: ["site"], now: () => new Date("2026-03-01T00:00:00.000Z") });
  });
  after(() => cloud.close());

  const reach = (endpoint: string, region?: string) => {
    const config: Record<string, string> = { "oss-cname:endpoint": endpoint };
    return reachOss(new Run({ config: { get: (key) => config[key] } }), "site", region);
  };

  it("tells host and time, and needs no access key", async () => {
    const { host, serverTime } = await reach(cloud.oss, "cn-hangzhou");
    assert.equal(host, new URL(cloud.oss).host);
    assert.equal(serverTime?.toISOString(), "2026-03-01T00:00:00.000Z");
  });

  it("fails when nothing listens", async () => {
    await assert.rejects(reach("http://127.0.0.1:1", "cn-hangzhou"), {
      message: /http:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/,
      remedy: /check the region, the endpoint/,
    });
  });

  it("fails when the endpoint does not name a region", async () => {
    await assert.rejects(reach("http://127.0.0.1:1"), { message: /does not name its region/, remedy: /--region/ });
  });
});
