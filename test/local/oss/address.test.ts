import * as assert from "node:assert/strict";
import { addressOf } from "../../../local/oss/address";

describe("addressOf", () => {
  const cases: readonly [host: string, path: string, bucket: string | undefined, key: string, region?: string][] = [
    ["127.0.0.1:8080", "/site/", "site", ""],
    ["127.0.0.1:8080", "/", undefined, ""],
    ["localhost", "/site/a/b", "site", "a/b"],
    ["site.localhost:1", "/a", "site", "a"],
    ["site.oss.test:40153", "/", "site", ""],
    ["site.oss-cn-hangzhou.aliyuncs.com", "/", "site", "", "cn-hangzhou"],
    ["SITE.oss-cn-hangzhou-internal.aliyuncs.com", "/", "site", "", "cn-hangzhou"],
    ["oss-cn-hangzhou.aliyuncs.com", "/site", "site", "", "cn-hangzhou"],
    ["site.oss-accelerate.aliyuncs.com", "/", "site", ""],
    ["cn-hangzhou.oss.aliyuncs.com", "/site/", "site", ""],
  ];
  for (const [host, path, bucket, key, region] of cases)
    it(`reads ${host}${path}`, () => {
      const address = addressOf({ headers: { host }, path });
      assert.deepEqual([address.bucket, address.key, address.region], [bucket, key, region]);
    });
});
