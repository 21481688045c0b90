import assert from "node:assert/strict";
import { apexAdvice } from "../../provider/apex";

describe("apexAdvice", () => {
  const cases: [domain: string, zone: string | undefined, isApex: boolean][] = [
    ["example.com", undefined, true],
    ["www.example.com", undefined, false],
    ["example.com.cn", undefined, true],
    ["www.example.com.cn", undefined, false],
    ["example.hz.zj.cn", undefined, false],
    ["example.test", undefined, true],
    ["site.github.io", undefined, false],
    ["dev.example.com", "Dev.example.com.", true],
    ["www.example.com", "example.com", false],
  ];
  for (const [domain, zone, isApex] of cases)
    it(`${isApex ? "is given" : "is not needed"} for ${domain} in ${zone ?? "an unknown zone"}`, () =>
      assert.equal(apexAdvice(domain, zone)?.includes(`www.${domain}`) ?? false, isApex));
});
