import assert from "node:assert/strict";
import { CertificateScene, DOMAIN, inTexts } from "../../../support/certificateScene";
import { type Authority, createAuthority } from "../../../support/certificates";
import type { Program } from "../../../support/stack";

const CERT_ID = "777-cn-hangzhou";

describe("ensureCertificate", () => {
  let authority: Authority;
  let on: CertificateScene;
  before(async () => {
    authority = await createAuthority();
  });
  afterEach(() => on.close());
  const start = async (switches = {}) => {
    on = await CertificateScene.start(authority, switches);
  };

  it("takes fingerprint and dates of a CertId from the list", async () => {
    await start();
    await on.up({ certId: CERT_ID });
    assert.equal(on.output("fingerprint"), on.fingerprintOf(CERT_ID));
    assert.match(String(on.output("validTo")), /^\d{4}-\d\d-\d\dT/);
  });

  it("adopts the desired certificate where it is on the domain already", async () => {
    await start();
    on.inConsole((user) => user.replaceCertificate(DOMAIN, { certId: CERT_ID }));
    assert.equal(await on.up({ certId: CERT_ID }), "create");
    assert.deepEqual(on.puts(), []);
  });

  describe("with a certificate that somebody else has put there", () => {
    let found: string;
    beforeEach(async () => {
      await start();
      await on.up(inTexts(await on.issue()));
      const { chain } = await on.issue();
      on.inConsole((user) => user.replaceCertificate(DOMAIN, { certificate: chain }));
      found = on.fingerprintOf(on.certIdOf());
    });

    it("fails without a write, with both fingerprints and both CertIds", async () => {
      await assert.rejects(on.up(inTexts(await on.issue())), ({ message }: Error) => {
        for (const text of [found, String(on.certIdOf()), String(on.output("certId")), "pulumi refresh"])
          assert.ok(message.includes(text), `${text} is not in: ${message}`);
        assert.match(message, /Declared: SHA-1 ([0-9A-F]{2}:){19}/);
        assert.ok(!message.includes(`Declared: SHA-1 ${found}`));
        return true;
      });
      assert.equal(on.puts().length, 1);
    });

    it("overwrites it by force", async () => {
      assert.equal(await on.up({ ...inTexts(await on.issue()), force: true }), "update");
      assert.deepEqual([on.lastPut()?.force, on.lastPut()?.previousCertId], [true, undefined]);
      assert.equal(on.fingerprintOf(on.certIdOf()), on.output("fingerprint"));
    });
  });
});

describe("removeCertificate", () => {
  let authority: Authority;
  let on: CertificateScene;
  before(async () => {
    authority = await createAuthority();
  });
  afterEach(() => on.close());
  const start = async (switches = {}) => {
    on = await CertificateScene.start(authority, switches);
  };

  for (const [title, after, puts] of [
    ["believes the list when the reply of a removal that worked is lost", true, 1],
    ["removes again when the removal was lost before it worked", false, 2],
  ] as const)
    it(title, async () => {
      await start();
      await on.up({ certId: CERT_ID });
      on.scene.forget();
      on.scene.fault({ operation: "PutCname", reset: true, after });
      await on.stack.destroy();
      assert.equal(on.certIdOf(), undefined);
      assert.equal(on.puts().length, puts);
    });

  it("fails where the service ends a declared binding together with its certificate", async () => {
    await start({ deleteCertificateDropsBinding: true });
    const binding: Program = { binding: ["bucketCname", { bucket: "site", domain: DOMAIN }] };
    const certificate: Program = {
      certificate: ["cnameCertificate", { bucket: "site", domain: DOMAIN, certId: CERT_ID }],
    };
    await on.stack.up({ ...binding, ...certificate }, { skipPreview: true });
    await assert.rejects(
      on.stack.up(binding, { skipPreview: true }),
      /ended its binding to bucket site.*pulumi refresh/,
    );
    assert.deepEqual(on.cloud.state().bindings, []);
    assert.deepEqual((await on.stack.refresh()).sort(), ["binding", "certificate"]);
  });
});
