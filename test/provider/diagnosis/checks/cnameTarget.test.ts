import assert from "node:assert/strict";
import { apexAdvice } from "../../../../provider/apex";
import { assessCnameTarget } from "../../../../provider/diagnosis/checks/cnameTarget";
import { regionOfEndpoint } from "../../../../provider/oss/endpoint";
import { evidence } from "../../../support/evidence";

describe("assessCnameTarget", () => {
  const leadsTo = (...targets: string[]) => {
    const [, bucket, host] = /^(\w+)\.(oss-.*)$/.exec(targets.at(-1) ?? "") ?? [];
    const region = host && regionOfEndpoint(host);
    const route = { targets, hasAddress: false, ...(bucket && { bucket }), ...(region && { region }) };
    return assessCnameTarget(evidence({ route }));
  };

  it("is right at the public name of the bucket", () => {
    const target = "site.oss-cn-hangzhou.aliyuncs.com";
    assert.deepEqual(leadsTo(target), { state: "right", text: `leads to ${target}` });
  });

  it("is right through another name", () => {
    const { state, text } = leadsTo("web.example.net", "site.oss-cn-hangzhou.aliyuncs.com");
    assert.deepEqual([state, text], ["right", "leads to web.example.net, then site.oss-cn-hangzhou.aliyuncs.com"]);
  });

  it("is right at the name that the console shows", () => {
    assert.equal(leadsTo("site.cn-hangzhou.taihangcda.cn").state, "right");
  });

  it("is wrong without a record, with the record to create", () => {
    assert.deepEqual(leadsTo(), {
      state: "wrong",
      text: "there is no CNAME record at www.example.com",
      fix: "create CNAME www.example.com = site.oss-cn-hangzhou.aliyuncs.com",
    });
  });

  for (const domain of ["example.com", "example.com.cn"])
    it(`has the advice of the program for ${domain}`, () => {
      const { state, fix } = assessCnameTarget(evidence({ domain, route: { targets: [], hasAddress: false } }));
      assert.deepEqual([state, fix], ["wrong", apexAdvice(domain)]);
    });

  it("is wrong at another bucket", () => {
    const { state, text, fix } = leadsTo("other.oss-cn-hangzhou.aliyuncs.com");
    assert.equal(state, "wrong");
    assert.match(text, /another bucket$/);
    assert.equal(fix, "change it to CNAME www.example.com = site.oss-cn-hangzhou.aliyuncs.com");
  });

  it("is wrong in another region", () => {
    const { state, text } = leadsTo("site.oss-cn-beijing.aliyuncs.com");
    assert.equal(state, "wrong");
    assert.match(text, /not in region cn-hangzhou$/);
  });

  it("is unknown at a CDN", () => {
    assert.equal(leadsTo("www.example.com.w.kunlunsl.com").state, "unknown");
  });

  it("is unknown with addresses and no CNAME record", () => {
    assert.equal(assessCnameTarget(evidence({ route: { targets: [], hasAddress: true } })).state, "unknown");
  });

  it("is unknown when DNS does not answer", () => {
    const verdict = assessCnameTarget(evidence({ route: new Error("ETIMEDOUT") }));
    assert.deepEqual(verdict, { state: "unknown", text: "DNS could not be asked: ETIMEDOUT" });
  });
});
