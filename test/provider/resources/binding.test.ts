import assert from "node:assert/strict";
import { bindingOf, checkBinding, diffBinding } from "../../../provider/resources/binding";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const site = { bucket: "site", domain: "www.example.com" };

describe("bindingOf", () => {
  it("takes the binding and nothing else", () => {
    const binding = { ...site, region: "cn-hangzhou", endpoint: "oss-cn-hangzhou.aliyuncs.com" };
    assert.deepEqual(bindingOf({ ...binding, status: "Enabled" } as typeof binding), binding);
  });

  it("has no field without a value, which Pulumi could not keep", () =>
    assert.deepEqual(Object.keys(bindingOf({ ...site, region: undefined } as typeof site)), ["bucket", "domain"]));
});

describe("diffBinding", () => {
  const cases: [title: string, news: object, changes: boolean, replaces: string[]][] = [
    ["nothing", {}, false, []],
    ["another domain, which replaces the resource", { domain: "new.example.com" }, true, ["domain"]],
    ["another bucket", { bucket: "other" }, true, []],
    ["another region", { region: "cn-beijing" }, true, []],
    ["another endpoint", { endpoint: "example.com" }, true, []],
    ["a domain that is not known yet, and most likely the same", { domain: UNKNOWN }, true, []],
    ["a bucket that is not known yet", { bucket: UNKNOWN }, true, []],
  ];
  for (const [title, news, changes, replaces] of cases)
    it(`finds ${title}`, () => assert.deepEqual(diffBinding(site, { ...site, ...news }), { changes, replaces }));
});

describe("checkBinding", () => {
  const check = (news: object) => {
    const { inputs, failures } = checkBinding(news as typeof site);
    return { inputs, properties: failures.map(({ property }) => property) };
  };

  it("folds the domain and keeps other inputs", () =>
    assert.deepEqual(check({ ...site, domain: " WWW.Example.com. ", token: "x" }), {
      inputs: { ...site, token: "x" },
      properties: [],
    }));

  const bad: [title: string, news: object, properties: string[]][] = [
    ["a wildcard", { ...site, domain: "*.example.com" }, ["domain"]],
    ["a domain that is not a string", { ...site, domain: 5 }, ["domain"]],
    ["a missing domain", { bucket: "site" }, ["domain"]],
    ["a missing bucket", { domain: "www.example.com" }, ["bucket"]],
    ["a bucket in capitals", { ...site, bucket: "Site" }, ["bucket"]],
    ["a region with its prefix", { ...site, region: "oss-cn-hangzhou" }, ["region"]],
    ["an endpoint with the bucket in it", { ...site, endpoint: "site.oss-cn-hangzhou.aliyuncs.com" }, ["endpoint"]],
    ["everything that is wrong, at once", { region: "Mars" }, ["domain", "bucket", "region"]],
  ];
  for (const [title, news, properties] of bad)
    it(`refuses ${title}`, () => assert.deepEqual(check(news).properties, properties));

  for (const property of ["domain", "bucket", "region", "endpoint"])
    it(`lets ${property} pass while it is not known`, () => {
      const news = { ...site, [property]: UNKNOWN };
      assert.deepEqual(check(news), { inputs: news, properties: [] });
    });
});
