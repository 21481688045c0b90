import assert from "node:assert/strict";
import { CertificateScene, DOMAIN, inTexts } from "../../../support/certificateScene";
import { type Authority, createAuthority } from "../../../support/certificates";
import type { Program } from "../../../support/stack";

const ONE = { certId: "555-cn-hangzhou" };
const TWO = { certId: "666-cn-hangzhou" };
const site = { bucket: "site", domain: DOMAIN };

describe("CnameCertificate", () => {
  let authority: Authority;
  let on: CertificateScene;
  before(async () => {
    authority = await createAuthority();
  });
  afterEach(() => on.close());
  const start = async (...options: [switches?: object, domains?: readonly string[]]) => {
    on = await CertificateScene.start(authority, ...options);
  };
  const assertNothingSent = async (work: () => Promise<unknown>) => {
    const before = on.puts().length;
    await work();
    assert.equal(on.puts().length, before, "something was written");
  };

  it("is the same certificate as texts, in files and by CertId", async () => {
    await start({ fingerprint: "masked" });
    const pair = await on.issue();
    on.cloud.addCertificate({ ...ONE, certificate: pair.chain });
    await on.up(ONE);
    await assertNothingSent(async () => {
      // Only now is its chain known.
      assert.equal(await on.up(on.scene.inFiles(pair)), "update");
      assert.equal(on.output("fingerprint"), on.fingerprintOf(ONE.certId));
      assert.equal(await on.up(inTexts(pair)), "same");
      assert.equal(await on.up(ONE), "same");
      assert.equal(await on.up(on.scene.inFiles(pair)), "same");
    });
  });

  it("changes nothing for force or warning days alone", async () => {
    await start();
    await on.up(ONE);
    await assertNothingSent(async () =>
      assert.equal(await on.up({ ...ONE, force: true, expiryWarningDays: 5 }), "same"),
    );
  });

  it("refreshes and is destroyed without its files", async () => {
    await start();
    await on.up(on.scene.inFiles(await on.issue()));
    const stored = on.stack.state.get("certificate") ?? assert.fail();
    const inputs = { ...stored.inputs, certificateFile: "gone.pem", privateKeyFile: "gone.pem" };
    on.stack.state.set("certificate", { ...stored, inputs });
    assert.deepEqual(await on.stack.refresh(), []);
    await on.stack.destroy();
    assert.equal(on.certIdOf(), undefined);
  });

  it("is taken off where the service does not take DeleteCertificate and PreviousCertId together", async () => {
    await start();
    await on.up(ONE);
    on.cloud.fail({ operation: "PutCname", status: 400, code: "InvalidArgument" });
    await on.stack.destroy();
    assert.deepEqual(on.lastPut(), { deleteCertificate: true });
    assert.equal(on.certIdOf(), undefined);
  });

  describe("of a resource that is renamed", () => {
    let renamed: Program;
    let certId: string | undefined;
    beforeEach(async () => {
      await start();
      const files = on.scene.inFiles(await on.issue());
      renamed = { renamed: ["cnameCertificate", { ...site, ...files }] };
      await on.up(files);
      certId = on.certIdOf();
    });

    it("stays, without a write", async () => {
      await assertNothingSent(async () =>
        assert.deepEqual(await on.stack.up(renamed), { renamed: "create", certificate: "delete" }),
      );
      assert.equal(on.certIdOf(), certId);
    });

    it("stays when it is replaced as well", async () => {
      await on.stack.up(renamed);
      await assertNothingSent(() => on.stack.up(renamed, { replace: ["renamed"] }));
      assert.equal(on.certIdOf(), certId);
    });

    it("is left to its binding, with which it is deleted", async () => {
      await on.stack.up(renamed);
      await assertNothingSent(() => on.stack.destroy({ renamed: "binding" }));
      assert.equal(on.certIdOf(), certId);
    });

    it("goes with destroy, and the domain stays bound", async () => {
      await on.stack.up(renamed);
      await on.stack.destroy();
      assert.equal(on.certIdOf(), undefined);
      assert.equal(on.cloud.state().bindings.length, 1);
    });
  });

  it("leaves a certificate on the domain that is not the recorded one, and says so", async () => {
    await start();
    await on.up(ONE);
    on.inConsole((user) => user.replaceCertificate(DOMAIN, TWO));
    await assertNothingSent(() => on.stack.destroy());
    assert.equal(on.certIdOf(), TWO.certId);
    assert.match(on.stack.printed.join(), /666-cn-hangzhou/);
  });

  it("is gone at refresh when its domain has moved to another bucket", async () => {
    await start();
    await on.up(ONE);
    on.scene.inConsole.moveBinding(DOMAIN, "other");
    assert.deepEqual(await on.stack.refresh(), ["certificate"]);
  });

  it("needs a binding", async () => {
    await start({}, []);
    await assert.rejects(on.up(ONE), /not bound to bucket site.*declare a BucketCname/s);
    assert.deepEqual(on.puts(), []);
  });

  it("is put on a new domain before the old domain loses it", async () => {
    await start({}, [DOMAIN, "new.example.com"]);
    const files = on.scene.inFiles(await on.issue());
    await on.up(files);
    assert.equal(await on.up(files, "new.example.com"), "replace");
    assert.equal(on.certIdOf(), undefined);
    assert.equal(on.certIdOf("new.example.com"), on.output("certId"));
    assert.equal(on.cloud.state().certificates.length, 1);
  });

  describe("with a binding that is pending", () => {
    let declare: (bucket: string) => Program;
    beforeEach(async () => {
      await start({}, []);
      const files = on.scene.inFiles(await on.issue());
      declare = (bucket) => ({
        token: ["cnameToken", { ...site, bucket }],
        binding: ["bucketCname", { ...site, bucket, unverified: "pending" }],
        certificate: ["cnameCertificate", { ...site, bucket, ...files }],
      });
      await up("site");
    });
    const up = (bucket: string) => on.stack.up(declare(bucket), { skipPreview: true });
    const bound = () => [on.cloud.state().bindings[0]?.bucket, on.certIdOf()];

    it("is Pending without a write, through a refresh too", async () => {
      assert.equal(on.output("status"), "Pending");
      assert.deepEqual(await on.stack.refresh(), []);
      assert.equal(on.output("status"), "Pending");
      assert.deepEqual(on.puts(), []);
    });

    it("is put when the domain is bound", async () => {
      on.scene.prove();
      assert.equal((await up("site")).certificate, "update");
      assert.deepEqual([on.output("certId"), on.output("status")], [on.certIdOf(), "Enabled"]);
    });

    it("stays on the domain while a move to another bucket is pending", async () => {
      on.scene.prove();
      await up("site");
      const certId = on.certIdOf();
      await up("other");
      assert.equal(on.output("status"), "Pending");
      assert.deepEqual(bound(), ["site", certId]);
    });

    it("follows its domain to another bucket with its CertId", async () => {
      on.scene.prove();
      await up("site");
      const certId = on.certIdOf();
      await up("other");
      on.scene.prove("other");
      await up("other");
      assert.deepEqual(bound(), ["other", certId]);
      assert.equal(on.output("status"), "Enabled");
      assert.equal(on.cloud.state().certificates.length, 1);
      assert.equal((await up("other")).certificate, "same");
    });
  });

  describe("get", () => {
    it("reads the certificate of a domain without a write", async () => {
      await start();
      on.inConsole((user) => user.replaceCertificate(DOMAIN, ONE));
      const { certId, fingerprint, status } = await on.stack.get("cnameCertificate", DOMAIN, site);
      assert.deepEqual([certId, fingerprint, status], [ONE.certId, on.fingerprintOf(ONE.certId), "Enabled"]);
      assert.deepEqual(on.puts(), []);
    });

    for (const [title, domains] of [
      ["has none", [DOMAIN]],
      ["is not bound", []],
    ] as const)
      it(`fails for a domain that ${title}`, async () => {
        await start({}, domains);
        await assert.rejects(
          on.stack.get("cnameCertificate", DOMAIN, site),
          /No CnameCertificate www\.example\.com: bucket site lists no certificate/,
        );
      });
  });

  describe("in the state", () => {
    it("has outputs without the key, and none without a value", async () => {
      await start();
      await on.up(inTexts(await on.issue()));
      const { outputs = {} } = on.stack.state.get("certificate") ?? {};
      assert.deepEqual(Object.keys(outputs).sort(), [
        "__provider",
        "bucket",
        "certId",
        "chainDigest",
        "domain",
        "fingerprint",
        "status",
        "validFrom",
        "validTo",
      ]);
      assert.doesNotMatch(JSON.stringify(outputs), /PRIVATE/);
    });

    it("has the key only where it was given as a text", async () => {
      await start();
      await on.up(inTexts(await on.issue()));
      assert.match(JSON.stringify(on.stack.state.get("certificate")?.inputs), /PRIVATE KEY/);
      await on.up(on.scene.inFiles(await on.issue()));
      assert.doesNotMatch(JSON.stringify(on.stack.state.get("certificate")), /PRIVATE/);
    });
  });
});
