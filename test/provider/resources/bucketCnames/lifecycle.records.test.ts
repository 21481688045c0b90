import assert from "node:assert/strict";
import type { PropertyMap } from "../../../../engine/property/value";
import { FleetScene } from "../../../support/fleetScene";
import type { Program } from "../../../support/stack";

const DOMAINS = ["a.example.com", "b.example.com"];
const [A = "", B = ""] = DOMAINS;
const CNAMES = [`${A} CNAME site.oss-cn-hangzhou.aliyuncs.com`, `${B} CNAME site.oss-cn-hangzhou.aliyuncs.com`];

describe("the DNS records of BucketCnames", () => {
  let on: FleetScene;
  beforeEach(async () => {
    on = await FleetScene.start();
    // Records come from the resource alone.
    on.scene.meanwhile = () => {};
  });
  afterEach(() => on.close());
  const fleet = (domains: readonly string[] = DOMAINS, more = {}) => on.fleet(domains, { alidns: {}, ...more });
  const proofs = (...domains: string[]) =>
    domains.map((domain) => `_dnsauth.${domain} TXT ${on.scene.token("site", domain)}`);

  it("are made in Alibaba Cloud DNS, and not asked for again", async () => {
    await on.up(fleet());
    assert.deepEqual(on.records(), [...proofs(A, B), ...CNAMES]);
    assert.deepEqual(await on.sent(fleet()), {});
  });

  it("are refreshed with one list of the zone", async () => {
    await on.up(fleet());
    assert.deepEqual(await on.sending(() => on.scene.stack.refresh()), { ListCname: 1, DescribeDomainRecords: 1 });
    assert.deepEqual(await on.sent(fleet()), {});
  });

  it("replace a CNAME record that leads elsewhere only with consent, which the preview asks for", async () => {
    on.scene.cloud.addRecord({ name: A, type: "CNAME", value: "old.example.net" });
    await assert.rejects(
      on.scene.stack.preview(fleet()),
      /a\.example\.com: name: CNAME .*old\.example\.net.*allowOverwrite/,
    );
    assert.deepEqual(on.bound(), {});
    await on.up(on.fleet(DOMAINS, { alidns: { allowOverwrite: true } }));
    assert.deepEqual(on.records(), [...proofs(A, B), ...CNAMES]);
  });

  it("go with the domain that is taken away, and with all", async () => {
    await on.up(fleet());
    assert.deepEqual(await on.sent(fleet([B])), {
      DescribeDomainRecords: 2,
      DeleteDomainRecord: 2,
      ListCname: 1,
      DeleteCname: 1,
    });
    assert.deepEqual(on.records(), [...proofs(B), CNAMES[1]]);
    await on.scene.stack.destroy();
    assert.deepEqual(on.records(), []);
  });

  it("are no longer made where somebody else makes them, and the domains stay bound", async () => {
    await on.up(fleet());
    await on.up(on.fleet(DOMAINS));
    assert.deepEqual(on.records(), []);
    assert.deepEqual(on.bound(), { [A]: "site", [B]: "site" });
  });

  it("go where a domain goes to a resource that makes none, whichever of the two is looked at first", async () => {
    for (const [to, from] of [
      ["a-first", "z-last"],
      ["z-last", "a-first"],
    ] as const) {
      const declare = (name: string, domains: readonly string[], more: PropertyMap): Program =>
        Object.fromEntries(Object.values(on.fleet(domains, more)).map((resource) => [name, resource]));
      const sorted = (program: Program): Program => Object.fromEntries(Object.entries(program).sort());
      await on.scene.stack.up(sorted(declare(from, DOMAINS, { alidns: {} })));
      await on.scene.stack.up(sorted({ ...declare(from, [B], { alidns: {} }), ...declare(to, [A], {}) }), {
        skipPreview: true,
      });
      assert.deepEqual([on.records(), on.bound()], [[...proofs(B), CNAMES[1]], { [A]: "site", [B]: "site" }]);
      await on.scene.stack.destroy();
    }
  });

  it("lead elsewhere, or nowhere, as a domain says", async () => {
    await on.up(
      on.fleet({ [A]: { cnameTarget: "cdn.example.net" }, [B]: { cnameRecord: false } }, { alidns: { ttl: 900 } }),
    );
    assert.deepEqual(on.records(), [...proofs(A, B), `${A} CNAME cdn.example.net`]);
    assert.ok(on.scene.cloud.state().records.every(({ type, ttl }) => type === "NS" || type === "SOA" || ttl === 900));
    await on.up(on.fleet({ [A]: {}, [B]: {} }, { alidns: { ttl: 900 } }));
    assert.deepEqual(on.records(), [...proofs(A, B), ...CNAMES]);
  });

  it("follow a domain to another bucket, its proof and its CNAME record in place", async () => {
    await on.up(fleet());
    await on.up(on.fleet({ [A]: {}, [B]: { bucket: "other" } }, { alidns: {} }));
    assert.deepEqual(on.records(), [
      ...proofs(A),
      `_dnsauth.${B} TXT ${on.scene.token("other", B)}`,
      CNAMES[0],
      `${B} CNAME other.oss-cn-hangzhou.aliyuncs.com`,
    ]);
    await on.scene.stack.destroy();
    assert.deepEqual(on.records(), []);
  });

  it("are known again after an up that was killed, and go with the domains", async () => {
    await on.up(fleet());
    on.scene.stack.state.clear();
    assert.deepEqual(Object.keys(await on.sent(fleet())).sort(), [
      "DescribeDomainRecords",
      "DescribeDomains",
      "ListCname",
    ]);
    await on.scene.stack.destroy();
    assert.deepEqual([on.records(), on.bound()], [[], {}]);
  });

  it("come from single resources, which leave them", async () => {
    const singles: Program = Object.fromEntries(
      DOMAINS.flatMap((domain): [string, Program[string]][] => {
        const cname = { name: domain, type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" };
        return [
          [`token-${domain}`, ["cnameToken", { bucket: "site", domain }]],
          [`binding-${domain}`, ["bucketCname", { bucket: "site", domain, unverified: "pending" }]],
          [`cname-${domain}`, ["alidnsRecord", cname]],
        ];
      }),
    );
    await on.up(singles);
    const txt = (domain: string): Program[string] => [
      "alidnsRecord",
      { name: `_dnsauth.${domain}`, type: "TXT", value: on.scene.token("site", domain) },
    ];
    const all = { ...singles, txtA: txt(A), txtB: txt(B) };
    await on.up(all);
    await on.up(all);
    assert.deepEqual(on.bound(), { [A]: "site", [B]: "site" });
    const before = on.records();
    await on.up(fleet());
    assert.deepEqual(on.records(), before);
    assert.deepEqual(await on.sent(fleet()), {});
    await on.scene.stack.destroy();
    assert.deepEqual(on.records(), []);
  });

  describe("that single resources take over", () => {
    const singles = (ttl = 600): Program => ({
      ...Object.fromEntries(DOMAINS.map((domain) => [`token-${domain}`, ["cnameToken", { bucket: "site", domain }]])),
      memory: ["recordMemory", { records: [] }],
      ...Object.fromEntries(
        DOMAINS.flatMap((domain): [string, Program[string]][] => {
          const txt = { name: `_dnsauth.${domain}`, type: "TXT", value: "already-bound", ttl };
          const cname = { name: domain, type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com", ttl };
          return [
            [`txt-${domain}`, ["alidnsRecord", txt]],
            [`binding-${domain}`, ["bucketCname", { bucket: "site", domain }]],
            [`cname-${domain}`, ["alidnsRecord", cname]],
          ];
        }),
      ),
    });
    const remembered = (records: readonly string[], more: object = {}): Program => ({
      memory: ["recordMemory", { records }],
      ...fleet(DOMAINS, more),
    });
    const writes = async (program: Program) =>
      Object.keys(await on.sent(program)).filter((operation) => !/^(List|Describe)/.test(operation));

    it("stay as they are, become theirs, and go with them", async () => {
      await on.up(remembered(DOMAINS));
      const before = JSON.stringify(on.scene.cloud.state().records);
      assert.deepEqual(await writes(singles()), []);
      assert.equal(JSON.stringify(on.scene.cloud.state().records), before);
      await on.scene.stack.refresh();
      assert.deepEqual(await on.sent(singles()), {});
      await on.scene.stack.destroy();
      assert.deepEqual([on.records(), on.bound()], [[], {}]);
    });

    it("go back to one resource as they are", async () => {
      await on.up(remembered(DOMAINS));
      await on.up(singles());
      assert.deepEqual(await writes(remembered(DOMAINS)), []);
      assert.deepEqual(on.records(), [...proofs(A, B), ...CNAMES]);
      await on.scene.stack.destroy();
      assert.deepEqual(on.records(), []);
    });

    it("get the proof of the next bucket in place", async () => {
      await on.up(remembered(DOMAINS));
      await on.up(singles());
      const token = on.scene.token("site", A);
      const txt = { name: `_dnsauth.${A}`, type: "TXT", value: "f".repeat(32) };
      await on.up({ ...singles(), [`txt-${A}`]: ["alidnsRecord", txt] });
      assert.ok(on.records().includes(`_dnsauth.${A} TXT ${"f".repeat(32)}`));
      assert.ok(!on.records().includes(`_dnsauth.${A} TXT ${token}`));
    });

    it("get the TTL that they declare", async () => {
      await on.up(remembered(DOMAINS));
      await on.up(singles(900));
      const ttls = on.scene.cloud.state().records.flatMap(({ type, ttl }) => (type === "CNAME" ? [ttl] : []));
      assert.deepEqual(ttls, [900, 900]);
    });

    it("are a person's where the resource made none, and stay", async () => {
      const none = { domains: Object.fromEntries(DOMAINS.map((domain) => [domain, { cnameRecord: false }])) };
      await on.up(
        remembered(
          DOMAINS.map((domain) => `_dnsauth.${domain}`),
          none,
        ),
      );
      for (const domain of DOMAINS)
        on.scene.cloud.addRecord({ name: domain, type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" });
      await on.up(singles());
      await on.scene.stack.destroy();
      assert.deepEqual(on.records(), CNAMES);
    });
  });

  it("are made by a person with manual, and looked for until they are seen", async () => {
    const manual = on.fleet(DOMAINS, { manual: true });
    await on.up(manual);
    assert.deepEqual(on.bound(), {});
    for (const domain of DOMAINS) {
      on.scene.cloud.addRecord({ name: `_dnsauth.${domain}`, type: "TXT", value: on.scene.token("site", domain) });
      on.scene.cloud.addRecord({ name: domain, type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" });
    }
    await on.up(manual);
    assert.deepEqual(on.bound(), { [A]: "site", [B]: "site" });
    assert.deepEqual(await on.sent(manual), {});
    await on.scene.stack.destroy();
    assert.equal(on.records().length, 4);
  });
});
