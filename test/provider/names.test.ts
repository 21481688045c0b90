import assert from "node:assert/strict";
import { domainProblem, foldName, isWithin, txtRecordName } from "../../provider/names";

describe("foldName", () => {
  for (const name of ["www.example.com", " WWW.Example.COM. ", "www.example.com."])
    it(`folds ${JSON.stringify(name)}`, () => assert.equal(foldName(name), "www.example.com"));

  it("takes one trailing dot away, not two", () => assert.equal(foldName("www.example.com.."), "www.example.com."));
});

describe("isWithin", () => {
  const cases: [name: string, isWithin: boolean][] = [
    ["example.com", true],
    ["www.example.com", true],
    ["a.www.example.com", true],
    ["notexample.com", false],
    ["com", false],
  ];
  for (const [name, expected] of cases)
    it(`is ${expected} for ${name} and example.com`, () => assert.equal(isWithin(name, "example.com"), expected));
});

describe("txtRecordName", () => {
  it("is the name that OSS looks at", () => assert.equal(txtRecordName("www.example.com"), "_dnsauth.www.example.com"));
});

describe("domainProblem", () => {
  const bad: [domain: string, reason: RegExp][] = [
    ["", /empty/],
    ["*.example.com", /wildcard/],
    ["bücher.example.com", /ASCII.*xn--/],
    ["例子.com", /ASCII/],
    ["https://www.example.com", /scheme/],
    ["www.example.com/a", /path/],
    ["www.example.com:443", /port/],
    ["www example.com", /host name/],
    ["localhost", /single label/],
    ["www..example.com", /empty label/],
    ["-a.example.com", /"-a"/],
    ["a_b.example.com", /"a_b"/],
    [`${"a".repeat(64)}.example.com`, /63/],
    [`${"a.".repeat(130)}com`, /253/],
    ["192.168.1.1", /IP address/],
    ["a.b", /more than three/],
    ["x.oss-cn-hangzhou.aliyuncs.com", /aliyuncs\.com/],
    ["www.aliyun.com", /aliyun\.com/],
    ["x.aliyun-inc.com", /aliyun-inc\.com/],
    ["x.taobaocdn.com", /taobaocdn\.com/],
    ["taobao.com", /taobao\.com/],
  ];
  for (const [domain, reason] of bad)
    it(`refuses ${JSON.stringify(domain).slice(0, 40)}`, () => assert.match(domainProblem(domain) ?? "", reason));

  for (const domain of [
    "www.example.com",
    "xn--bcher-kva.example.com",
    "notaliyun.com",
    `${"a".repeat(63)}.example.com`,
    "a.io",
  ])
    it(`accepts ${domain.slice(0, 40)}`, () => assert.equal(domainProblem(domain), undefined));
});
