import assert from "node:assert/strict";
import type { PropertyMap } from "../../../../engine/property/value";
import { AcmeScene } from "../../../support/acmeScene";
import { inTexts } from "../../../support/certificateScene";
import { type Authority, createAuthority } from "../../../support/certificates";

const DOMAIN = "www.example.com";
const TARGET = "site.oss-cn-hangzhou.aliyuncs.com";

describe("a certificate that is not issued yet", () => {
  let on: AcmeScene;
  beforeEach(async () => {
    on = await AcmeScene.start();
  });
  afterEach(() => on.close());

  const puts = () => on.scene.operations("PutCname");
  const served = () => on.scene.cloud.state().bindings.find(({ domain }) => domain === DOMAIN)?.certId;

  describe("because its names cannot be proven through the bucket", () => {
    const inputs = { challenge: "http-01", buckets: [{ bucket: "site" }] };
    const up = (more: PropertyMap = {}) => on.up({ ...inputs, names: [DOMAIN], unready: "pending", ...more });

    it("waits for the binding and then for the CNAME record, and orders nothing", async () => {
      assert.equal(await up(), "create");
      assert.deepEqual([on.out("certId"), on.out("status"), on.out("covers")], ["pending", "Pending", []]);
      assert.match(
        String(on.out("pendingReason")),
        /^waiting for a certificate: www\.example\.com is not bound to site\. Every/,
      );
      on.scene.inConsole.moveBinding(DOMAIN, "site");
      assert.equal(await up(), "update");
      assert.match(String(on.out("pendingReason")), /www\.example\.com has no CNAME record/);
      on.scene.cloud.addRecord({ name: DOMAIN, type: "CNAME", value: "cdn.example.net" });
      await up();
      assert.match(String(on.out("pendingReason")), /www\.example\.com does not lead to site\.oss-cn-hangzhou/);
      assert.deepEqual(on.orders(), []);
    });

    it("waits no longer than it may where it is to wait, and says what is missing", async () => {
      on.scene.inConsole.moveBinding(DOMAIN, "site");
      const before = on.scene.clock.now();
      await assert.rejects(
        up({ unready: "wait" }),
        /www\.example\.com has no CNAME record\. Nothing was ordered\. Next: .*dns-01/,
      );
      const waited = on.scene.clock.now() - before;
      assert.ok(waited >= 900_000 && waited < 920_000, `${waited}`);
      assert.deepEqual(on.orders(), []);
    });

    it("keeps what is on record of names that were ready before", async () => {
      on.scene.inConsole.moveBinding(DOMAIN, "site");
      const byDns = { ...inputs, challenge: "dns-01", names: [DOMAIN] };
      await on.up(byDns);
      assert.equal(await up(), "same", "only the way to prove it has changed");
      assert.equal(await up({ names: [DOMAIN, "shop.example.com"] }), "update");
      assert.deepEqual(
        [on.out("certId"), on.out("covers"), on.out("status")],
        ["10000001-cn-hangzhou", [DOMAIN], "Pending"],
      );
      assert.equal(on.orders().length, 1);
    });

    it("is a renewal that does not wait", async () => {
      on.scene.inConsole.moveBinding(DOMAIN, "site");
      on.scene.cloud.addRecord({ name: DOMAIN, type: "CNAME", value: TARGET });
      await on.up({ ...inputs, challenge: "dns-01", names: [DOMAIN] });
      on.scene.cloud.removeRecords({ name: DOMAIN, type: "CNAME" });
      on.pass(62);
      const before = on.scene.clock.now();
      assert.equal(await up({ unready: "wait" }), "update");
      assert.equal(on.scene.clock.now(), before);
      assert.match(String(on.out("renewalProblem")), /has no CNAME record/);
    });
  });

  describe("leaves the domain as it is", () => {
    let authority: Authority;
    let pair: PropertyMap;
    before(async () => {
      authority = await createAuthority();
    });
    beforeEach(async () => {
      on.scene.inConsole.moveBinding(DOMAIN, "site");
      pair = inTexts(await authority.issue({ names: ["*.example.com"] }));
    });

    const kinds: Record<string, (certificate: PropertyMap) => Promise<string | undefined>> = {
      CnameCertificate: async (certificate) => {
        const inputs = { bucket: "site", domain: DOMAIN, ...certificate };
        return (await on.stack.up({ served: ["cnameCertificate", inputs] })).served;
      },
      BucketCnames: async (certificate) => {
        const inputs = { bucket: "site", domains: { [DOMAIN]: { certificate } } };
        return (await on.stack.up({ served: ["bucketCnames", inputs] })).served;
      },
    };
    for (const [kind, up] of Object.entries(kinds)) {
      it(`${kind}: without one, until there is one`, async () => {
        assert.equal(await up({ certId: "pending" }), "create");
        assert.equal(await up({ certId: "pending" }), "update");
        assert.deepEqual([puts(), served()], [[], undefined]);
        assert.equal(await up({ certId: "2000-cn-hangzhou" }), "update");
        assert.deepEqual([puts().length, served()], [1, "2000-cn-hangzhou"]);
        on.scene.forget();
        assert.equal(await up({ certId: "2000-cn-hangzhou" }), "same");
      });

      it(`${kind}: with the one that it had, and swaps it in one step`, async () => {
        await up(pair);
        const before = served();
        assert.ok(before);
        on.scene.forget();
        assert.equal(await up({ certId: "pending" }), "update");
        assert.deepEqual([puts(), served()], [[], before]);
        await up({ certId: "2000-cn-hangzhou" });
        assert.deepEqual([puts().length, served()], [1, "2000-cn-hangzhou"]);
        const [put] = on.scene.cloud.requests().filter(({ operation }) => operation === "PutCname");
        assert.equal(put?.certificate?.previousCertId, before);
      });

      it(`${kind}: also where somebody else has put one there`, async () => {
        on.scene.inConsole.replaceCertificate(DOMAIN, { certId: "77-cn-hangzhou" });
        await up({ certId: "pending" });
        assert.equal(served(), "77-cn-hangzhou");
        await assert.rejects(up({ certId: "2000-cn-hangzhou" }), /neither recorded nor declared: 77-cn-hangzhou/);
      });
    }

    it("and a refresh keeps it pending", async () => {
      await kinds.CnameCertificate?.({ certId: "pending" });
      assert.deepEqual(await on.stack.refresh(), []);
      assert.equal(on.stack.output("served", "status"), "Pending");
    });
  });
});
