import assert from "node:assert/strict";
import { groupsOf } from "../../../provider/program/groups";

const domain = (name: string, options: object = {}) => ({
  domain: `${name}.example.com`,
  bucket: "site",
  dns: "alidns" as const,
  certificate: { certId: "1-cn-hangzhou" },
  ...options,
});

describe("groupsOf", () => {
  it("names groups by what they are, whatever others there are", () => {
    const options = [
      {},
      { account: "intl" },
      { dns: "manual" as const },
      { dns: { alidns: { zone: "example.com", ttl: 60, account: "zones" } } },
      { protect: true },
      { certificate: undefined, dns: "none" as const, retainOnDelete: true },
      { account: "manual" },
    ];
    const all = options.map((each, index) => domain(`d${index}`, each));
    const names: Record<string, string[]> = Object.fromEntries(
      groupsOf(all, {}).map(({ name, args }) => [name, Object.keys(args.domains)]),
    );
    assert.deepEqual(
      { ...names },
      {
        domains: ["d0.example.com", "d4.example.com"],
        "domains-intl": ["d1.example.com"],
        "domains-manual": ["d2.example.com"],
        "domains-example.com-ttl60-dns-zones": ["d3.example.com"],
        "domains-none-http-retained": ["d5.example.com"],
        "domains-manual-2": ["d6.example.com"],
      },
    );
    for (const [index, each] of all.slice(0, 6).entries())
      assert.deepEqual(
        [groupsOf([each], {})[0]?.name],
        Object.keys(names).filter((name) => names[name]?.includes(`d${index}.example.com`)),
      );
    const [both] = groupsOf([domain("a", { retainOnDelete: true, account: "intl" })], {});
    assert.deepEqual(
      [both?.name, both?.retainOnDelete, both?.account, both?.dns],
      ["domains-intl-retained", true, "intl", "alidns"],
    );
  });

  it("takes false for what an option is without being said", () =>
    assert.equal(groupsOf([domain("a"), domain("b", { retainOnDelete: false })], {}).length, 1));

  it("protects domains one by one", () =>
    assert.deepEqual(groupsOf([domain("a"), domain("b", { protect: true })], {})[0]?.args.domains, {
      "a.example.com": {},
      "b.example.com": { protect: true },
    }));

  it("says once what most domains say, and with a domain what it says itself", () => {
    const all = [
      domain("a", { bucket: "shop", region: "cn-beijing" }),
      domain("b", { cnameRecord: false, region: "cn-beijing", verification: "none" as const }),
      domain("c", { certificate: { certId: "2-cn-hangzhou" }, region: "cn-hangzhou" }),
    ];
    assert.deepEqual(groupsOf(all, {})[0]?.args, {
      bucket: "site",
      certificate: { certId: "1-cn-hangzhou" },
      region: "cn-beijing",
      domains: {
        "a.example.com": { bucket: "shop" },
        "b.example.com": { cnameRecord: false, verification: "none" },
        "c.example.com": { certificate: { certId: "2-cn-hangzhou" }, region: "cn-hangzhou" },
      },
    });
  });

  it("prefers the default where a domain has it, and does not depend on the order", () => {
    const all = [domain("a", { bucket: "shop" }), domain("b"), domain("c", { bucket: "shop" })];
    const bucketOf = (defaults: object, members = all) => groupsOf(members, defaults)[0]?.args.bucket;
    assert.deepEqual(
      [bucketOf({}), bucketOf({ bucket: "site" }), bucketOf({ bucket: "other" })],
      ["shop", "site", "shop"],
    );
    const even = [domain("a", { bucket: "shop" }), domain("b")];
    assert.equal(bucketOf({}, even), bucketOf({}, [...even].reverse()));
  });
});
