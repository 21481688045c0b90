import assert from "node:assert/strict";
import { Scene, type SceneOptions } from "../../../support/scene";
import type { Program } from "../../../support/stack";

const domain = "www.example.com";
const program = (bucket: string, more: object = {}, tokenBucket = bucket): Program => ({
  token: ["cnameToken", { bucket: tokenBucket, domain }],
  binding: ["bucketCname", { bucket, domain, ...more }],
});

describe("move", () => {
  let scene: Scene;
  afterEach(() => scene.close());
  const moves = () =>
    scene.cloud
      .requests()
      .filter(({ operation }) => operation === "PutCname" || operation === "DeleteCname")
      .map(({ operation, bucket }) => `${operation} ${bucket}`);
  const needVerify = (bucket: string, times: number) =>
    scene.fault({ operation: "PutCname", bucket, status: 403, code: "NeedVerifyDomainOwnership", times });

  describe("when its bucket changes", () => {
    /** Bound to `site`, with a token of `other` that is not in DNS yet. */
    const start = async (options: SceneOptions = {}) => {
      scene = await Scene.start(options);
      await scene.stack.up({ token: ["cnameToken", { bucket: "site", domain }] });
      scene.prove("site");
      await scene.stack.up(program("site"));
      await scene.stack.up(program("site", {}, "other"));
      scene.forget();
    };

    it("moves the domain in one up, by DeleteCname and PutCname back to back", async () => {
      await start({});
      scene.prove("other");
      assert.deepEqual(await scene.stack.up(program("other")), { token: "same", binding: "update" });
      assert.equal(scene.boundTo(domain), "other");
      assert.equal(scene.stack.output("binding", "cnameTarget"), "other.oss-cn-hangzhou.aliyuncs.com");
      assert.deepEqual(scene.operations().slice(-2), ["DeleteCname", "PutCname"]);
      const [unbound, bound] = scene.cloud.requests().slice(-2);
      const gap = Date.parse(bound?.time ?? "") - Date.parse(unbound?.time ?? "");
      assert.ok(gap < 1000, `the domain was unbound for ${gap} ms`);
      scene.forget();
      assert.deepEqual(await scene.stack.up(program("other")), { token: "same", binding: "same" });
      assert.deepEqual(scene.operations(), []);
    });

    it("leaves the old binding until the new record is seen", async () => {
      await start();
      scene.prove("other", 10);
      let unbound = 0;
      scene.meanwhile = () => {
        if (scene.boundTo(domain) === undefined) unbound++;
      };
      const began = scene.clock.now();
      await scene.stack.up(program("other"));
      assert.ok(scene.clock.now() - began > 30_000);
      assert.equal(unbound, 0);
      assert.deepEqual(moves(), ["DeleteCname site", "PutCname other"]);
    });

    describe("without the new record in DNS", () => {
      const late = () => scene.stack.up(program("other", { dnsTimeoutSeconds: 60 }));

      it("changes nothing when it does not come in time", async () => {
        await start();
        await assert.rejects(late(), /TXT _dnsauth.*still bound to bucket site/s);
        assert.deepEqual(moves(), []);
        assert.equal(scene.stack.output("binding", "bucket"), "site");
      });

      it("changes nothing when DNS cannot be asked", async () => {
        await start();
        scene.prove("other");
        Object.assign(scene.stack.config, { "oss-cname:dnsServers": "127.0.0.1:1" });
        await assert.rejects(
          late(),
          /still bound to bucket site.*not moved without a look at DNS, unless verification is "none"/s,
        );
        assert.deepEqual(moves(), []);
      });

      it("moves the domain when verification is none", async () => {
        await start();
        scene.prove("other");
        Object.assign(scene.stack.config, { "oss-cname:dnsServers": "127.0.0.1:1" });
        await scene.stack.up(program("other", { verification: "none" }));
        assert.deepEqual(moves(), ["DeleteCname site", "PutCname other"]);
      });
    });

    it("stays where it is while Pending, through refresh, until it is destroyed or moves", async () => {
      await start();
      const pending = program("other", { unverified: "pending" });
      await scene.stack.up(pending);
      assert.equal(scene.stack.output("binding", "status"), "Pending");
      assert.deepEqual(await scene.stack.refresh(), []);
      assert.equal(scene.stack.output("binding", "status"), "Pending");
      assert.equal(scene.boundTo(domain), "site");
      // Thought better of: back to the bucket that still has it.
      await scene.stack.up(program("site", { unverified: "pending" }, "other"));
      assert.equal(scene.stack.output("binding", "status"), "Enabled");
      await scene.stack.up(pending);
      assert.deepEqual(moves(), []);
      const kept = new Map(scene.stack.state);
      await scene.stack.destroy();
      assert.deepEqual(moves(), ["DeleteCname site"]);
      scene.inConsole.moveBinding(domain, "site");
      for (const [name, entry] of kept) scene.stack.state.set(name, entry);
      scene.prove("other");
      scene.forget();
      await scene.stack.up(pending);
      assert.deepEqual(moves(), ["DeleteCname site", "PutCname other"]);
      assert.equal(scene.stack.output("binding", "status"), "Enabled");
    });

    it("tries for some seconds when OSS does not see the record that we saw", async () => {
      await start();
      scene.prove("other");
      needVerify("other", 3);
      await scene.stack.up(program("other"));
      assert.equal(scene.boundTo(domain), "other");
      const requests = scene.cloud.requests();
      const unbound = requests.findIndex(({ operation }) => operation === "DeleteCname");
      const gap = Date.parse(requests.at(-1)?.time ?? "") - Date.parse(requests[unbound]?.time ?? "");
      assert.ok(gap < 4000, `the domain was unbound for ${gap} ms`);
    });

    it("binds back when it cannot bind, and the next up tries again", async () => {
      await start();
      scene.prove("other");
      const value = scene.token("site", domain);
      scene.cloud.addRecord({ name: `_dnsauth.${domain}`, type: "TXT", value });
      scene.fault({ operation: "PutCname", bucket: "other", status: 400, code: "TooManyCname" });
      await assert.rejects(scene.stack.up(program("other")), /TooManyCname.*bound back to bucket site.*tries again/s);
      assert.equal(scene.boundTo(domain), "site");
      assert.deepEqual(moves(), ["DeleteCname site", "PutCname other", "PutCname site"]);
      assert.equal(scene.stack.output("binding", "bucket"), "site");
      await scene.stack.up(program("other"));
      assert.equal(scene.boundTo(domain), "other");
    });

    it("names the record with which the old bucket would take it, when binding back fails too", async () => {
      await start();
      scene.prove("other");
      scene.fault({ operation: "PutCname", bucket: "other", status: 404, code: "NoSuchCnameInRecord" });
      await assert.rejects(scene.stack.up(program("other")), (error: Error) => {
        assert.match(error.message, /NoSuchCnameInRecord.*ICP.*NeedVerifyDomainOwnership.*bound nowhere now/s);
        assert.ok(error.message.includes(`TXT _dnsauth.${domain} = ${scene.token("site", domain)}`));
        return true;
      });
      assert.deepEqual(moves(), ["DeleteCname site", "PutCname other", "PutCname site"]);
      await scene.stack.up(program("other"));
      assert.equal(scene.boundTo(domain), "other");
    });

    it("goes through lost replies without a bare PutCname on the bound domain", async () => {
      await start();
      scene.prove("other");
      scene.fault({ operation: "DeleteCname", reset: true, after: true, times: 3 });
      scene.fault({ operation: "PutCname", reset: true, after: true });
      await scene.stack.up(program("other"));
      assert.equal(scene.boundTo(domain), "other");
      assert.equal(scene.operations("PutCname").length, 1);
    });

    it("adopts a domain that somebody has moved already, and binds one that is bound nowhere", async () => {
      await start();
      scene.inConsole.moveBinding(domain, "other");
      await scene.stack.up(program("other"));
      assert.deepEqual(moves(), []);
      scene.inConsole.removeBinding(domain);
      await scene.stack.up({ ...program("other"), token: ["cnameToken", { bucket: "site", domain }] });
      scene.prove("site");
      scene.forget();
      await scene.stack.up(program("site"));
      assert.deepEqual(moves(), ["PutCname site"]);
    });

    it("does not move a domain when only the endpoint of its bucket changes", async () => {
      await start();
      scene.forget();
      const there = program("site", { endpoint: scene.cloud.oss.replace("http:", "HTTP:") }, "other");
      assert.deepEqual(await scene.stack.up(there), { token: "same", binding: "update" });
      assert.deepEqual(moves(), []);
      // Not even when two lists in a row miss it.
      scene.inConsole.removeBinding(domain);
      scene.cloud.set({ listLagLists: 2 });
      scene.inConsole.moveBinding(domain, "site");
      await scene.stack.up(program("site", { dnsTimeoutSeconds: 0 }, "other")).catch(() => {});
      assert.ok(!scene.operations().includes("DeleteCname"));
    });
  });

  describe("by takeover", () => {
    const taking = (more: object = {}) => program("site", { takeover: { bucket: "other" }, ...more });
    /** Bound to `other` by somebody else, with a token of `site`. */
    const start = async (options: SceneOptions = {}) => {
      scene = await Scene.start({ ...options });
      scene.inConsole.moveBinding(domain, "other");
      await scene.stack.up({ token: ["cnameToken", { bucket: "site", domain }] });
      scene.forget();
    };

    it("takes the domain over once the record is there, and later ups send nothing", async () => {
      await start();
      scene.prove("site", 5);
      await scene.stack.up(taking());
      assert.equal(scene.boundTo(domain), "site");
      assert.deepEqual(moves(), ["DeleteCname other", "PutCname site"]);
      scene.forget();
      assert.deepEqual(await scene.stack.up(taking()), { token: "same", binding: "same" });
      assert.deepEqual(scene.operations(), []);
    });

    it("unbinds nothing while the record is missing", async () => {
      await start();
      await assert.rejects(scene.stack.up(taking({ dnsTimeoutSeconds: 60 })), /still bound to bucket other/);
      await scene.stack.up(taking({ unverified: "pending" }));
      assert.equal(scene.stack.output("binding", "status"), "Pending");
      await scene.stack.destroy();
      assert.deepEqual(moves(), []);
      assert.equal(scene.boundTo(domain), "other");
    });

    for (const [title, bucket] of [
      ["does not list the domain", "other"],
      ["does not exist", "nowhere"],
    ] as const)
      it(`is refused when the named bucket ${title}`, async () => {
        await start();
        scene.inConsole.removeBinding(domain);
        scene.prove();
        await assert.rejects(
          scene.stack.up(taking({ takeover: { bucket } })),
          new RegExp(`from bucket ${bucket}: that bucket does not list it.*Nothing was changed`, "s"),
        );
        assert.deepEqual(moves(), []);
      });

    const invalid = [
      { bucket: "site" },
      { bucket: "B" },
      {},
      "other",
      { bucket: "other", region: "Mars" },
      { bucket: "other", endpoint: "a b" },
    ];
    for (const takeover of invalid)
      it(`is refused as ${JSON.stringify(takeover)}`, async () => {
        await start();
        const [failures] = await scene.stack.refusals([["bucketCname", { bucket: "site", domain, takeover }]]);
        assert.deepEqual(
          failures?.map(({ property }) => property),
          ["takeover"],
        );
      });

    it("explains that OSS gives no token while the domain is bound elsewhere", async () => {
      scene = await Scene.start({ switches: { tokenWhileBoundElsewhere: "refuse" } });
      scene.inConsole.moveBinding(domain, "other");
      await assert.rejects(
        scene.stack.up(taking()),
        /NoNeedCreateCnameToken.*Nothing was changed.*unbind the domain there/s,
      );
      assert.deepEqual(moves(), []);
    });

    it("binds back when it cannot bind", async () => {
      await start({ switches: { bindsUnverified: true } });
      scene.prove();
      scene.fault({ operation: "PutCname", bucket: "site", status: 403, code: "CnameIsRisk" });
      await assert.rejects(scene.stack.up(taking()), /CnameIsRisk.*bound back to bucket other/s);
      assert.equal(scene.boundTo(domain), "other");
      assert.ok(!scene.stack.state.has("binding"));
      await scene.stack.up(taking());
      assert.equal(scene.boundTo(domain), "site");
    });

    it("is kept as Pending when it could not be finished, and the next up finishes it", async () => {
      await start();
      scene.prove();
      scene.fault({ operation: "PutCname", bucket: "site", status: 403, code: "CnameIsRisk" });
      await assert.rejects(
        scene.stack.up(taking()),
        /CnameIsRisk.*Binding it back failed.*bound nowhere now.*tries again/s,
      );
      assert.equal(scene.boundTo(domain), undefined);
      assert.equal(scene.stack.output("binding", "status"), "Pending");
      assert.deepEqual(await scene.stack.refresh(), []);
      assert.deepEqual(await scene.stack.up(taking()), { token: "same", binding: "update" });
      assert.equal(scene.boundTo(domain), "site");
      assert.equal(scene.stack.output("binding", "status"), "Enabled");
    });

    it("says which permission is missing on the other bucket", async () => {
      await start();
      scene.prove();
      scene.fault({
        operation: "DeleteCname",
        bucket: "other",
        status: 403,
        code: "AccessDenied",
        ec: "0003-00000001",
      });
      await assert.rejects(
        scene.stack.up(taking()),
        /DeleteCname www\.example\.com on bucket other.*acs:oss:\*:\*:other/s,
      );
      assert.deepEqual(moves(), ["DeleteCname other"]);
      assert.equal(scene.boundTo(domain), "other");
    });
  });
});
