import assert from "node:assert/strict";
import type { Switches } from "../../../../local/switches";
import { Scene } from "../../../support/scene";
import type { Program } from "../../../support/stack";

const services: Partial<Switches>[] = [
  {},
  { barePut: "drop" },
  { barePut: "refuse" },
  { barePut: "drop", listLagLists: 1 },
  { barePut: "refuse", listLagLists: 1, tokenAfterBinding: "notFound" },
  { tokenAfterBinding: "notFound" },
  { tokenRenewalSeconds: 7200 },
  { bindsUnverified: true },
  { takeoverByTxt: true },
  { boundElsewhere: "proofFirst" },
  { boundElsewhere: "move" },
];

/** Nothing here may depend on what the service is not known to do. */
for (const switches of services)
  describe(`BucketCname on a service with ${JSON.stringify(switches)}`, () => {
    const domain = "www.example.com";
    const site = { bucket: "site", domain };
    const token: Program = { token: ["cnameToken", site] };
    const bound = (name = "binding", more: object = {}): Program => ({
      ...token,
      [name]: ["bucketCname", { ...site, ...more }],
    });
    let scene: Scene;
    beforeEach(async () => {
      scene = await Scene.start({ switches });
      await scene.stack.up(token);
    });
    afterEach(() => scene.close());
    const puts = () => scene.operations("PutCname").length;
    const done = () => scene.cloud.requests().filter(({ status }) => status === 200);
    const certificate = () => scene.cloud.state().bindings[0]?.certId;
    const bind = async () => {
      scene.prove();
      await scene.stack.up(bound());
      scene.inConsole.replaceCertificate(domain, { certId: "1-cn-hangzhou" });
      scene.forget();
    };

    it("sends one PutCname for each binding through Pending, refresh, move and destroy", async () => {
      await scene.stack.up(bound("binding", { unverified: "pending" }));
      assert.equal(scene.stack.output("binding", "status"), "Pending");
      scene.prove();
      await scene.stack.up(bound("binding", { unverified: "pending" }));
      assert.equal(scene.boundTo(domain), "site");
      assert.equal(puts(), 1);
      assert.deepEqual(await scene.stack.refresh(), []);
      scene.forget();
      assert.deepEqual(await scene.stack.up(bound()), { token: "same", binding: "same" });
      assert.deepEqual(scene.operations(), []);

      const other = { bucket: "other", domain };
      await scene.stack.up({ token: ["cnameToken", other], binding: ["bucketCname", site] });
      scene.prove("other");
      await scene.stack.up({ token: ["cnameToken", other], binding: ["bucketCname", other] });
      assert.equal(scene.boundTo(domain), "other");
      assert.equal(done().filter(({ operation }) => operation === "PutCname").length, 1);
      assert.deepEqual(await scene.stack.refresh(), []);
      await scene.stack.destroy();
      assert.equal(scene.boundTo(domain), undefined);
      assert.equal(scene.operations("DeleteCname").length, switches.boundElsewhere === "move" ? 1 : 2);
    });

    it("stays bound, with its certificate, through rename, --replace and taint", async () => {
      await bind();
      assert.deepEqual(await scene.stack.up(bound("renamed")), { token: "same", renamed: "create", binding: "delete" });
      await scene.stack.up(bound("renamed"), { replace: ["renamed"] });
      await scene.stack.up(bound("renamed"), { replace: ["renamed", "token"] });
      assert.equal(certificate(), "1-cn-hangzhou");
      assert.equal(scene.boundTo(domain), "site");
      assert.ok(
        scene.operations().every((operation) => operation === "ListCname"),
        scene.operations().join(),
      );
      await scene.stack.destroy();
      assert.equal(scene.boundTo(domain), undefined);
    });

    it("is adopted from a list that is behind, without a write", async () => {
      scene.inConsole.moveBinding(domain, "site");
      scene.inConsole.replaceCertificate(domain, { certId: "1-cn-hangzhou" });
      scene.prove();
      scene.forget();
      await scene.stack.up(bound());
      assert.ok(
        scene.operations().every((operation) => operation === "ListCname"),
        scene.operations().join(),
      );
      assert.equal(certificate(), "1-cn-hangzhou");
    });

    for (const after of [true, false])
      it(`sends ${after ? "no second" : "a second"} PutCname when the reply was lost ${after ? "after" : "before"} it worked`, async () => {
        scene.prove();
        scene.fault({ operation: "PutCname", reset: true, after });
        await scene.stack.up(bound());
        assert.equal(scene.boundTo(domain), "site");
        assert.equal(scene.stack.output("binding", "status"), "Enabled");
        assert.equal(puts(), after ? 1 : 2);
      });

    it("is unbound although the reply was lost", async () => {
      await bind();
      scene.fault({ operation: "DeleteCname", reset: true, after: true });
      await scene.stack.destroy();
      assert.equal(scene.boundTo(domain), undefined);
    });
  });
