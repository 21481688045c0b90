import assert from "node:assert/strict";
import type { Switches } from "../../../../local";
import { CertificateScene, DOMAIN, digestsOf } from "../../../support/certificateScene";
import { type Authority, createAuthority, type IssuedChain } from "../../../support/certificates";

/** What is not known of the service, each value of it in one of these. */
const services: Readonly<Record<string, Partial<Switches>>> = {
  "the most likely service": {},
  "a service that masks, lags and refuses": {
    barePut: "refuse",
    fingerprint: "masked",
    listLagLists: 1,
    uploadType: "Upload",
    certIdsKnownOnly: true,
    certificateStatus: 403,
    certificateCode: "CertificateInvalidCasId",
    conflictStatus: 400,
    previousCertIdCode: "CertificateConflict",
    deleteCertificateNeedsPreviousCertId: true,
  },
  "a service that drops and deduplicates": {
    barePut: "drop",
    fingerprint: "masked",
    uploadsDeduplicated: true,
    deleteCertificateDropsBinding: true,
  },
};

for (const [name, switches] of Object.entries(services))
  describe(`CnameCertificate on ${name}`, () => {
    let authority: Authority;
    let on: CertificateScene;
    let first: IssuedChain;
    let firstId: string | undefined;
    before(async () => {
      authority = await createAuthority();
    });
    /** The domain has the first pair. */
    beforeEach(async () => {
      on = await CertificateScene.start(authority, switches);
      first = await on.issue();
      await up(first);
      firstId = on.certIdOf();
    });
    afterEach(() => on.close());
    const up = (pair: IssuedChain) => on.up(on.scene.inFiles(pair));

    it("uploads the pair by one PutCname and has its CertId", () => {
      assert.deepEqual(
        on.puts().map(({ certificate }) => certificate),
        [digestsOf(first)],
      );
      assert.equal(on.output("certId"), firstId);
    });

    it("sends nothing when nothing has changed", async () => {
      on.scene.forget();
      assert.equal(await up(first), "same");
      assert.deepEqual(on.cloud.requests(), []);
    });

    it("shows no drift after a refresh", async () => {
      const before = on.stack.state.get("certificate")?.outputs;
      assert.deepEqual(await on.stack.refresh(), []);
      assert.deepEqual(on.stack.state.get("certificate")?.outputs, before);
    });

    it("replaces the recorded certificate by a new pair", async () => {
      const second = await on.issue();
      assert.equal(await up(second), "update");
      assert.deepEqual(on.lastPut(), { ...digestsOf(second), previousCertId: firstId });
      assert.equal(on.puts().length, 2);
    });

    it("uploads a chain that differs in an intermediate only", async () => {
      const changed = on.withOtherChain(first);
      assert.equal(await up(changed), "update");
      assert.deepEqual(on.lastPut(), { ...digestsOf(changed), previousCertId: firstId });
      assert.equal(on.puts().length, 2);
    });

    describe("when somebody has removed the certificate", () => {
      beforeEach(async () => {
        on.inConsole((user) => user.removeCertificate(DOMAIN));
        assert.deepEqual(await on.stack.refresh(), []);
      });

      it("is Removed after a refresh", () =>
        assert.deepEqual([on.output("status"), on.output("fingerprint")], ["Removed", ""]));

      it("puts it again in the next up", async () => {
        assert.equal(await up(first), "update");
        assert.equal(on.lastPut()?.previousCertId, undefined);
        assert.equal(on.fingerprintOf(on.certIdOf()), on.output("fingerprint"));
        assert.equal(on.puts().length, 2);
      });
    });

    describe("when somebody has put another certificate", () => {
      let foreignId: string | undefined;
      beforeEach(async () => {
        const { chain } = await on.issue();
        on.inConsole((user) => user.replaceCertificate(DOMAIN, { certificate: chain }));
        foreignId = on.certIdOf();
      });

      it("fails without a write", async () => {
        await assert.rejects(up(await on.issue()), /neither recorded nor declared/);
        assert.equal(on.puts().length, 1);
      });

      it("overwrites it after a refresh has recorded it", async () => {
        await on.stack.refresh();
        assert.equal(on.output("certId"), foreignId);
        assert.equal(await up(await on.issue()), "update");
        assert.equal(on.lastPut()?.previousCertId, foreignId);
        assert.equal(on.puts().length, 2);
      });
    });

    it("is taken off, and the domain stays bound where the service lets it", async () => {
      await on.stack.destroy();
      assert.deepEqual(
        on
          .puts()
          .slice(1)
          .map(({ certificate }) => certificate),
        [{ deleteCertificate: true, previousCertId: firstId }],
      );
      assert.equal(on.certIdOf(), undefined);
      assert.equal(on.cloud.state().bindings.length, switches.deleteCertificateDropsBinding ? 0 : 1);
    });
  });
