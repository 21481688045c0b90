import assert from "node:assert/strict";
import type { Fault } from "../../../../local";
import { Scene, type SceneOptions } from "../../../support/scene";
import type { Program } from "../../../support/stack";

const domain = "www.example.com";
const program = (bucket: string, more: object = {}, tokenBucket = bucket): Program => ({
  token: ["cnameToken", { bucket: tokenBucket, domain }],
  binding: ["bucketCname", { bucket, domain, ...more }],
});

/** The first PutCname asks: OSS refuses it while the domain is bound to `site`. */
const MOVE = ["PutCname other", "DeleteCname site", "PutCname other"];

describe("move", () => {
  let scene: Scene;
  afterEach(() => scene.close());
  /** OSS refuses the domain only after it was unbound. */
  const refuseMidway = (fault: Partial<Fault>) => {
    scene.fault({ operation: "PutCname", bucket: "other", status: 409, code: "CnameAlreadyExists" });
    scene.fault({ operation: "PutCname", bucket: "other", ...fault });
  };

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
    });

    it("sends nothing in the ups after the move", async () => {
      await start();
      scene.prove("other");
      await scene.stack.up(program("other"));
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
      assert.deepEqual(scene.moves(), MOVE);
    });

    describe("without the new record in DNS", () => {
      const late = () => scene.stack.up(program("other", { dnsTimeoutSeconds: 60 }));

      it("changes nothing when it does not come in time", async () => {
        await start();
        await assert.rejects(late(), /TXT _dnsauth.*still bound to bucket site/s);
        assert.deepEqual(scene.moves(), []);
        assert.equal(scene.stack.output("binding", "bucket"), "site");
      });
    });

    describe("while the move is pending", () => {
      const pending = program("other", { unverified: "pending" });
      const status = () => scene.stack.output("binding", "status");
      beforeEach(async () => {
        await start();
        await scene.stack.up(pending);
      });

      it("stays where it is, through a refresh too", async () => {
        assert.equal(status(), "Pending");
        assert.deepEqual(await scene.stack.refresh(), []);
        assert.equal(status(), "Pending");
        assert.equal(scene.stack.output("binding", "cnameTarget"), "site.oss-cn-hangzhou.aliyuncs.com");
        assert.equal(scene.boundTo(domain), "site");
      });

      it("is settled without a write when the program goes back to the old bucket", async () => {
        await scene.stack.up(program("site", { unverified: "pending" }, "other"));
        assert.equal(status(), "Enabled");
        assert.deepEqual(scene.moves(), []);
      });

      it("is pending again when the program returns to the new bucket after that", async () => {
        await scene.stack.up(program("site", { unverified: "pending" }, "other"));
        await scene.stack.up(pending);
        assert.equal(status(), "Pending");
        assert.deepEqual(scene.stack.output("binding", "boundTo"), { bucket: "site", domain });
        assert.deepEqual(scene.moves(), []);
      });

      it("is unbound from the old bucket by destroy", async () => {
        await scene.stack.destroy();
        assert.deepEqual(scene.moves(), ["DeleteCname site"]);
      });

      it("moves in a later up, once the record is there", async () => {
        scene.prove("other");
        await scene.stack.up(pending);
        assert.deepEqual(scene.moves(), MOVE);
        assert.equal(status(), "Enabled");
      });

      it("moves the domain from where an older state, restored, says that it is", async () => {
        const kept = new Map(scene.stack.state);
        await scene.stack.destroy();
        scene.inConsole.moveBinding(domain, "site");
        for (const [name, entry] of kept) scene.stack.state.set(name, entry);
        scene.prove("other");
        scene.forget();
        await scene.stack.up(pending);
        assert.deepEqual(scene.moves(), MOVE);
        assert.equal(status(), "Enabled");
      });
    });

    it("tries for some seconds when OSS does not see the record that we saw", async () => {
      await start();
      scene.prove("other");
      refuseMidway({ status: 403, code: "NeedVerifyDomainOwnership", times: 3 });
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
      refuseMidway({ status: 400, code: "TooManyCname" });
      await assert.rejects(scene.stack.up(program("other")), /TooManyCname.*bound back to bucket site.*tries again/s);
      assert.equal(scene.boundTo(domain), "site");
      assert.deepEqual(scene.moves(), [...MOVE, "PutCname site"]);
      assert.equal(scene.stack.output("binding", "bucket"), "site");
      await scene.stack.up(program("other"));
      assert.equal(scene.boundTo(domain), "other");
    });

    it("names the record with which the old bucket would take it, when binding back fails too", async () => {
      await start();
      scene.prove("other");
      refuseMidway({ status: 404, code: "NoSuchCnameInRecord" });
      await assert.rejects(scene.stack.up(program("other")), (error: Error) => {
        assert.match(error.message, /NoSuchCnameInRecord.*ICP.*NeedVerifyDomainOwnership.*bound nowhere now/s);
        assert.ok(error.message.includes(`TXT _dnsauth.${domain} = ${scene.token("site", domain)}`));
        return true;
      });
      assert.deepEqual(scene.moves(), [...MOVE, "PutCname site"]);
      await scene.stack.up(program("other"));
      assert.equal(scene.boundTo(domain), "other");
    });

    it("goes through lost replies without a bare PutCname on the bound domain", async () => {
      await start();
      scene.prove("other");
      scene.fault({ operation: "DeleteCname", reset: true, after: true, times: 3 });
      refuseMidway({ reset: true, after: true });
      await scene.stack.up(program("other"));
      assert.equal(scene.boundTo(domain), "other");
      assert.deepEqual(
        scene.cloud.requests().filter(({ operation, status }) => operation === "PutCname" && status !== 409).length,
        1,
      );
    });

    it("adopts a domain that somebody has moved already", async () => {
      await start();
      scene.inConsole.moveBinding(domain, "other");
      await scene.stack.up(program("other"));
      assert.deepEqual(scene.moves(), []);
    });

    it("binds a domain that somebody has unbound, without DeleteCname", async () => {
      await start();
      scene.inConsole.removeBinding(domain);
      scene.prove("other");
      await scene.stack.up(program("other"));
      assert.deepEqual(scene.moves(), ["PutCname other"]);
    });

    describe("for another endpoint of the same bucket", () => {
      const there = (more: object = {}) =>
        program("site", { endpoint: scene.cloud.oss.replace("http:", "HTTP:"), ...more }, "other");

      it("stays bound, without a write", async () => {
        await start();
        assert.deepEqual(await scene.stack.up(there()), { token: "same", binding: "update" });
        assert.deepEqual(scene.moves(), []);
      });

      it("is not unbound where two lists in a row miss it", async () => {
        await start();
        scene.inConsole.removeBinding(domain);
        scene.cloud.set({ listLagLists: 2 });
        scene.inConsole.moveBinding(domain, "site");
        await scene.stack.up(there({ dnsTimeoutSeconds: 0 }));
        assert.ok(!scene.operations().includes("DeleteCname"));
        assert.equal(scene.boundTo(domain), "site");
      });
    });
  });
});
