import assert from "node:assert/strict";
import type { Switches } from "../../../../local";
import { Scene } from "../../../support/scene";
import type { Program } from "../../../support/stack";

const domain = "www.example.com";
const NO_LOOK = { "oss-cname:verification": "none" };
const NO_DNS = { "oss-cname:dnsServers": "127.0.0.1:1" };

/** A move must be proven before the old binding goes, also where DNS shows nothing. */
describe("the proof of a move", () => {
  const site: Program = {
    token: ["cnameToken", { bucket: "site", domain }],
    binding: ["bucketCname", { bucket: "site", domain }],
  };
  const other = (more: object = {}): Program => ({
    token: ["cnameToken", { bucket: "other", domain }],
    binding: ["bucketCname", { bucket: "other", domain, ...more }],
  });
  const byHand = other({ unverified: "pending" });
  let scene: Scene;
  let wasUnbound: boolean;
  /** Bound to `site` with a certificate; the token of `other` has still to be made. */
  const start = async (config: Record<string, string>, boundElsewhere: Switches["boundElsewhere"] = "conflict") => {
    scene = await Scene.start({ switches: { boundElsewhere } });
    await scene.stack.up({ token: ["cnameToken", { bucket: "site", domain }] });
    scene.prove("site");
    await scene.stack.up(site);
    scene.inConsole.replaceCertificate(domain, { certId: "1-cn-hangzhou" });
    Object.assign(scene.stack.config, config);
    wasUnbound = false;
    scene.meanwhile = () => {
      if (scene.boundTo(domain) === undefined) wasUnbound = true;
    };
    scene.forget();
  };
  afterEach(() => scene.close());
  const deletes = () => scene.operations("DeleteCname").length;
  const certId = () => scene.cloud.state().bindings[0]?.certId;
  const recordIn = (text: unknown) => `${text}`.includes(`TXT _dnsauth.${domain} = ${scene.token("other", domain)}`);

  for (const [without, config] of [
    ["without verification", NO_LOOK],
    ["with port 53 closed", NO_DNS],
  ] as const) {
    for (const boundElsewhere of ["conflict", "proofFirst", "move"] as const)
      describe(`${without}, where OSS answers by ${boundElsewhere}`, () => {
        beforeEach(() => start(config, boundElsewhere));
        afterEach(() => assert.equal(wasUnbound, false, "the domain was unbound while we waited"));

        it("keeps the old binding and its certificate, and says the record, while the record is missing", async () => {
          await assert.rejects(scene.stack.up(other({ dnsTimeoutSeconds: 60 })), ({ message }: Error) => {
            assert.ok(recordIn(message), message);
            assert.match(message, /still bound to bucket site/);
            return true;
          });
          assert.equal(deletes(), 0);
          assert.equal(scene.boundTo(domain), "site");
          assert.equal(certId(), "1-cn-hangzhou");
          await scene.stack.up(other({ dnsTimeoutSeconds: 60 })).catch(() => {});
          assert.equal(deletes(), 0, "in the next up");
        });

        it("is Pending for a record that is made by hand, and keeps the old binding", async () => {
          for (let up = 1; up <= 2; up++) {
            await scene.stack.up(byHand);
            assert.equal(scene.stack.output("binding", "status"), "Pending");
            assert.ok(recordIn(scene.stack.output("binding", "pendingReason")));
            assert.deepEqual(await scene.stack.refresh(), []);
          }
          assert.equal(deletes(), 0);
          assert.equal(certId(), "1-cn-hangzhou");
        });

        it("does not take the token of another move for a confirmation", async () => {
          await scene.stack.up(other({ unverified: "pending", confirmedToken: "0123456789abcdef0123456789abcdef" }));
          assert.equal(scene.boundTo(domain), "site");
          assert.equal(deletes(), 0);
        });

        it("moves the domain once the user has confirmed the record", async () => {
          await scene.stack.up(byHand);
          scene.prove("other");
          await scene.stack.up(other({ unverified: "pending", confirmedToken: scene.token("other", domain) }));
          assert.equal(scene.boundTo(domain), "other");
          assert.equal(scene.stack.output("binding", "status"), "Enabled");
          scene.forget();
          assert.equal((await scene.stack.up(byHand)).binding, "same");
          assert.deepEqual(scene.operations(), []);
        });
      });

    for (const boundElsewhere of ["proofFirst", "move"] as const)
      it(`${without}, comes from OSS while we wait, where it answers by ${boundElsewhere}`, async () => {
        await start(config, boundElsewhere);
        await scene.stack.up({ ...site, token: ["cnameToken", { bucket: "other", domain }] });
        scene.prove("other", 3);
        await scene.stack.up(other());
        assert.equal(scene.boundTo(domain), "other");
        assert.equal(wasUnbound, false);
      });

    it(`${without}, comes from OSS in a later up where it has asked for the record before`, async () => {
      await start(config, "proofFirst");
      await scene.stack.up(byHand);
      assert.deepEqual(await scene.stack.refresh(), []);
      scene.prove("other");
      await scene.stack.up(byHand);
      assert.equal(scene.boundTo(domain), "other");
    });
  }

  it("is not waited for where DNS is not looked at and OSS cannot tell", async () => {
    await start(NO_LOOK);
    const began = scene.clock.now();
    await assert.rejects(scene.stack.up(other()), /set confirmedToken/);
    assert.ok(scene.clock.now() - began < 10_000);
  });

  it("is what OSS says where the user has confirmed a record that OSS does not see", async () => {
    await start(NO_LOOK, "proofFirst");
    await scene.stack.up(byHand);
    await scene.stack.up(other({ unverified: "pending", confirmedToken: scene.token("other", domain) }));
    assert.equal(scene.boundTo(domain), "site");
    assert.equal(deletes(), 0);
  });

  describe("that OSS took back", () => {
    const refuseMidway = () => {
      scene.cloud.addRecord({ name: `_dnsauth.${domain}`, type: "TXT", value: scene.token("site", domain) });
      scene.fault({ operation: "PutCname", bucket: "other", status: 409, code: "CnameAlreadyExists" });
      scene.fault({ operation: "PutCname", bucket: "other", status: 400, code: "TooManyCname" });
    };
    beforeEach(async () => {
      await start({});
      await scene.stack.up(byHand);
      scene.prove("other");
      refuseMidway();
    });

    it("leaves the domain in the old bucket with its certificate", async () => {
      await assert.rejects(scene.stack.up(other()), /bound back to bucket site, with its certificate 1-cn-hangzhou/);
      assert.equal(scene.boundTo(domain), "site");
      assert.equal(certId(), "1-cn-hangzhou");
    });

    it("says so where the certificate could not be put back", async () => {
      scene.fault({ operation: "PutCname", bucket: "site", delayMs: 1 });
      scene.fault({ operation: "PutCname", bucket: "site", status: 403, code: "AccessDenied" });
      await assert.rejects(
        scene.stack.up(other()),
        /bound back to bucket site, without its certificate 1-cn-hangzhou: .*AccessDenied/,
      );
      assert.equal(scene.boundTo(domain), "site");
    });
  });
});
