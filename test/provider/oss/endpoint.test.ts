import assert from "node:assert/strict";
import { isIP } from "node:net";
import {
  bucketProblem,
  bucketUrl,
  endpointProblem,
  publicHost,
  regionOfEndpoint,
  regionProblem,
  resolveEndpoint,
  toUrl,
} from "../../../provider/oss/endpoint";

describe("region of an endpoint", () => {
  const cases: [endpoint: string, region: string | undefined][] = [
    ["oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"],
    ["https://OSS-cn-hangzhou.aliyuncs.com/", "cn-hangzhou"],
    ["oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou"],
    ["cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou"],
    ["oss-ap-southeast-1.aliyuncs.com:443", "ap-southeast-1"],
    ["oss-rg-china-mainland.aliyuncs.com", "rg-china-mainland"],
    ["oss-cn-north-2-gov-1-internal.aliyuncs.com", "cn-north-2-gov-1"],
    ["oss-cn-shanghai-finance-1-pub.aliyuncs.com", "cn-shanghai-finance-1"],
    ["oss-cn-shanghai-finance-1-pub-internal.aliyuncs.com", "cn-shanghai-finance-1"],
    ["oss-cn-beijing-finance-1-internal.aliyuncs.com", "cn-beijing-finance-1"],
    ["oss-cn-shenzhen-finance-1-internal.aliyuncs.com", "cn-shenzhen-finance-1"],
    ["oss-cn-hzfinance.aliyuncs.com", undefined],
    ["oss-cn-hzfinance-internal.aliyuncs.com", undefined],
    ["oss-cn-hzjbp-a-internal.aliyuncs.com", undefined],
    ["oss-cn-szfinance.aliyuncs.com", undefined],
    ["oss-accelerate.aliyuncs.com", undefined],
    ["oss-accelerate-overseas.aliyuncs.com", undefined],
    ["cb-f8z7yvzgwfkl9q0h.cn-shanghai.oss-cloudbox.aliyuncs.com", "cb-f8z7yvzgwfkl9q0h"],
    ["cb-1.cn-shenzhen.oss-cloudbox-control.aliyuncs.com", "cb-1"],
    ["oss.example.com", undefined],
    ["oss-cn-hangzhou.aliyuncs.com.example.com", undefined],
    ["http://127.0.0.1:9000", undefined],
    ["not a host", undefined],
  ];
  for (const [endpoint, region] of cases) {
    it(`${endpoint}: ${region}`, () => assert.equal(regionOfEndpoint(endpoint), region));
  }
});

describe("resolveEndpoint", () => {
  it("makes the public endpoint of a region", () => {
    assert.deepEqual(resolveEndpoint({ region: "cn-hangzhou" }), {
      protocol: "https:",
      host: "oss-cn-hangzhou.aliyuncs.com",
      region: "cn-hangzhou",
      product: "oss",
      addressing: "virtual",
    });
  });

  it("gives every region of the finance cloud a host and signs for the region's id", () => {
    const hosts = {
      "cn-hangzhou-finance": "oss-cn-hzfinance.aliyuncs.com",
      "cn-shanghai-finance-1": "oss-cn-shanghai-finance-1-pub.aliyuncs.com",
      "cn-shenzhen-finance-1": "oss-cn-szfinance.aliyuncs.com",
      "cn-beijing-finance-1": "oss-cn-beijing-finance-1-pub.aliyuncs.com",
    };
    for (const [region, host] of Object.entries(hosts)) {
      assert.equal(publicHost(region), host);
      const resolved = resolveEndpoint({ region });
      assert.deepEqual([resolved.host, resolved.region], [host, region]);
    }
  });

  it("signs for the region given, but on a Cloud Box for the box", () => {
    assert.equal(resolveEndpoint({ endpoint: "oss-accelerate.aliyuncs.com", region: "eu-west-1" }).region, "eu-west-1");
    const box = resolveEndpoint({ endpoint: "cb-1.cn-shanghai.oss-cloudbox.aliyuncs.com", region: "cn-shanghai" });
    assert.deepEqual([box.region, box.product], ["cb-1", "oss-cloudbox"]);
  });

  it("keeps protocol and port", () => {
    const url = (endpoint: string) => bucketUrl(resolveEndpoint({ endpoint }), "site").origin;
    assert.equal(url("oss.example.com:8443"), "https://site.oss.example.com:8443");
    assert.equal(url("http://oss.example.com:8080/"), "http://site.oss.example.com:8080");
  });

  it("addresses by path at IP addresses and on request", () => {
    const url = (given: Parameters<typeof resolveEndpoint>[0]) => {
      const { origin, path } = bucketUrl(resolveEndpoint(given), "site");
      return origin + path;
    };
    assert.equal(url({ endpoint: "http://127.0.0.1:9000" }), "http://127.0.0.1:9000/site/");
    assert.equal(url({ endpoint: "http://[::1]:9000", addressing: "virtual" }), "http://[::1]:9000/site/");
    assert.equal(url({ endpoint: "http://localhost:9000" }), "http://localhost:9000/site/");
    assert.equal(url({ endpoint: "http://localhost:9000", addressing: "virtual" }), "http://site.localhost:9000/");
    assert.equal(url({ endpoint: "oss.example.com", addressing: "path" }), "https://oss.example.com/site/");
    assert.equal(url({ region: "cn-hangzhou" }), "https://site.oss-cn-hangzhou.aliyuncs.com/");
  });

  it("refuses what cannot work", () => {
    assert.throws(() => resolveEndpoint({}), /needs a region or an endpoint/);
    assert.throws(() => resolveEndpoint({ region: "CN" }), /region "CN" must be lower-case/);
    assert.throws(() => resolveEndpoint({ endpoint: "ftp://oss.example.com" }), /must use http or https/);
  });
});

describe("problems", () => {
  it("of endpoints", () => {
    for (const [endpoint, problem] of [
      ["oss example.com", /neither a host nor/],
      ["user@oss.example.com", /neither a host nor/],
      ["evil.com#.aliyuncs.com", /neither a host nor/],
      ["evil.com/.aliyuncs.com", /neither a host nor/],
      ["evil.com?.aliyuncs.com", /neither a host nor/],
      ["evil%2ecom", /neither a host nor/],
      ["evil.com\uff0f.aliyuncs.com", /neither a host nor/],
      ["//evil.com", /neither a host nor/],
      ["http:///evil.com", /neither a host nor/],
      ["https://http://evil.com", /neither a host nor/],
      ["oss-cn-hangzhou.aliyuncs.com://evil.com", /must use http or https/],
      ["oss.example.com\n", /neither a host nor/],
      ["oss.example.com\\x", /neither a host nor/],
      ["", /neither a host nor/],
      ["oss.example.com:99999", /neither a host nor/],
      ["site.oss-cn-hangzhou.aliyuncs.com", /contains the bucket; the endpoint is oss-cn-hangzhou\.aliyuncs\.com/],
    ] as const) {
      assert.match(endpointProblem(endpoint) ?? "none", problem);
    }
    assert.equal(endpointProblem("cb-1.cn-shanghai.oss-cloudbox.aliyuncs.com"), undefined);
  });

  it("of regions", () => {
    assert.equal(regionProblem("cn-hangzhou"), undefined);
    assert.match(regionProblem("oss-cn-hangzhou") ?? "", /must be given as cn-hangzhou/);
    for (const region of ["", "cn_hangzhou", "cn-hangzhou.evil.example", "cn hangzhou"]) {
      assert.match(regionProblem(region) ?? "", /lower-case letters/, region);
    }
  });

  it("of buckets", () => {
    for (const bucket of ["abc", "a-1", "0-0", "a".repeat(63)]) assert.equal(bucketProblem(bucket), undefined, bucket);
    for (const bucket of ["", "ab", "a".repeat(64), "-ab", "ab-", "Abc", "a.b", "a_b", "a/b", "abc\n"]) {
      assert.match(bucketProblem(bucket) ?? "", /must be 3 to 63/, bucket);
    }
  });
});

describe("a foreign host", () => {
  // The same in every run.
  let state = 42;
  const random = (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const HOSTILE =
    ". .. - _ @ # ? / // \\ : %2e %2f & ; = + , \u0000 \t \n \r \u00a0 \u00ad \u200b \u3002 \uff0f \uff1a \u2100 é xn-- [ ] 0x7f.1 evil.com .evil.com evil.com# http:// :80 :443@ localhost".split(
      " ",
    );
  /** A name that is right, or has one or two pieces of others in it: a good part of them pass. */
  const bent = (names: readonly string[]) => {
    let name = names[random(names.length)] ?? "";
    for (let changes = random(3); changes > 0; changes--) {
      const at = random(name.length + 1);
      name = name.slice(0, at) + HOSTILE[random(HOSTILE.length)] + name.slice(at + random(2));
    }
    return name;
  };
  const BUCKETS = ["site", "a-1", "0".repeat(63), "xn--bcher-kva", "cn-hangzhou"];
  const REGIONS = ["cn-hangzhou", "eu-central-1", "xn--a", "1", "rg-china-mainland"];
  const ENDPOINTS = ["oss-cn-hangzhou.aliyuncs.com", "https://oss.aliyuncs.com", "http://10.0.0.1:80", "[::1]:9000"];
  const PUBLIC = resolveEndpoint({ region: "cn-hangzhou" });

  it("is never reached by a bucket or region that passes its check, among 600,000", () => {
    let passed = 0;
    for (let count = 0; count < 300_000; count++) {
      const [bucket, region] = [bent(BUCKETS), bent(REGIONS)];
      if (bucketProblem(bucket) !== undefined || regionProblem(region) !== undefined) continue;
      passed++;
      const { origin } = bucketUrl({ ...PUBLIC, host: publicHost(region) }, bucket);
      // Some look like punycode and are not: nothing can be sent there.
      if (URL.canParse(origin) && new URL(origin).host !== `${bucket}.${publicHost(region)}`)
        assert.fail(JSON.stringify([bucket, region]));
    }
    assert.ok(passed > 30_000, `${passed} pairs passed`);
  });

  it("is never reached by an endpoint that passes its check, among 400,000", () => {
    let passed = 0;
    for (let count = 0; count < 400_000; count++) {
      const endpoint = bent(ENDPOINTS);
      if (endpointProblem(endpoint) !== undefined) continue;
      passed++;
      const { protocol, host, hostname } = toUrl(endpoint);
      const written = endpoint.toLowerCase().replace(/^https?:\/\//, "");
      // The URL standard reads numbers as addresses: those are compared as they are meant.
      const isSame = written.replace(/\/$/, "").replace(protocol === "http:" ? /:0*80$/ : /:0*443$/, "") === host;
      if (!isSame && !isIP(hostname.replace(/[[\]]/g, "")) && !/:0\d+\/?$/.test(written))
        assert.fail(JSON.stringify(endpoint));
    }
    assert.ok(passed > 100_000, `${passed} endpoints passed`);
  });
});
