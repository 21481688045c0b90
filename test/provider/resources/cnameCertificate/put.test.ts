import assert from "node:assert/strict";
import type { PropertyMap } from "../../../../engine/property/value";
import type { Fault } from "../../../../local";
import type { CertificateConfiguration } from "../../../../provider/oss/xml";
import { readCertificate } from "../../../../provider/pem";
import type { Claim } from "../../../../provider/resources/cnameCertificate/foreign";
import { putDesired } from "../../../../provider/resources/cnameCertificate/put";
import { providerText } from "../../../../provider/resources/dynamicResource";
import { Run } from "../../../../provider/run";
import { countCertificateReads } from "../../../support/certificateReads";
import { CertificateScene, DOMAIN, digestsOf, inTexts, keyLines } from "../../../support/certificateScene";
import { type Authority, createAuthority } from "../../../support/certificates";
import type { Program } from "../../../support/stack";

const [A, B, C] = ["a.example.com", "b.example.com", "c.example.com"] as const;

describe("putDeclared", () => {
  let authority: Authority;
  let on: CertificateScene;
  before(async () => {
    authority = await createAuthority();
  });
  afterEach(() => on.close());
  const start = async (domains: readonly string[] = [DOMAIN], switches = {}) => {
    on = await CertificateScene.start(authority, switches, domains);
  };
  const fault = (fault: Omit<Fault, "operation">) => on.scene.fault({ operation: "PutCname", ...fault });
  /** `create` of one certificate in a run of its own. */
  const create = (domain: string, inputs: PropertyMap) =>
    on.stack.operate((provider) => on.create(provider, domain, inputs));
  const uploads = () => on.puts().filter(({ certificate }) => certificate?.certificateDigest !== undefined);

  describe("after a lost reply", () => {
    const cases: [title: string, lost: Omit<Fault, "operation">, byId: boolean, puts: number][] = [
      ["finds that the upload worked", { reset: true, after: true }, false, 1],
      ["uploads again when the upload was lost before it worked", { reset: true }, false, 2],
      ["finds that a CertId was put", { status: 500, after: true }, true, 1],
    ];
    for (const [title, lost, byId, puts] of cases)
      it(title, async () => {
        await start();
        fault(lost);
        const { certId } = await create(DOMAIN, byId ? { certId: "5-cn-hangzhou" } : inTexts(await on.issue()));
        assert.equal(certId, on.certIdOf());
        assert.equal(on.puts().length, puts);
        assert.equal(on.cloud.state().certificates.length, 1);
      });
  });

  describe("when somebody is quicker", () => {
    const conflicts: (Omit<Fault, "operation"> & { readonly code: string })[] = [
      { status: 400, code: "InvalidArgument", ec: "0018-00000209" },
      { status: 400, code: "InvalidArgument" },
      { status: 409, code: "CasRenewCertificateConflict" },
    ];
    /** Somebody puts a chain between the list and the write of this run. The emulator answers what it would then. */
    const race = (chain: string, conflict: Omit<Fault, "operation">, inputs: PropertyMap) =>
      on.stack.operate(async (provider) => {
        await on.list(provider, DOMAIN);
        on.scene.inConsole.replaceCertificate(DOMAIN, { certificate: chain });
        fault(conflict);
        return on.create(provider, DOMAIN, inputs);
      });

    for (const conflict of conflicts)
      it(`fails with the certificate that is there now, on ${conflict.ec ?? conflict.code}`, async () => {
        await start();
        const { chain } = await on.issue();
        await assert.rejects(race(chain, conflict, inTexts(await on.issue())), ({ message }: Error) => {
          assert.ok(message.includes(conflict.ec ?? conflict.code), message);
          assert.ok(message.includes(on.fingerprintOf(on.certIdOf())), message);
          return true;
        });
        assert.equal(on.puts().length, 1);
        assert.equal(on.cloud.state().certificates.length, 1);
      });

    it("is content when the other certificate is the desired one", async () => {
      await start();
      const own = await on.issue();
      const conflict = { status: 409, code: "CasRenewCertificateConflict" };
      assert.equal((await race(own.chain, conflict, inTexts(own))).certId, on.certIdOf());
      assert.equal(on.puts().length, 1);
    });
  });

  describe("of a pair for many domains", () => {
    const domains = [A, B, C, "d.example.com", "e.example.com"];
    /** Creates all at once; the upload of the first is refused while the others wait for it. */
    const createAll = async (message = "No.") => {
      await start([...domains, "late.example.com"], { fingerprint: "masked" });
      const pair = await on.issue();
      const results = await on.stack.operate(async (provider) => {
        fault({ domain: A, status: 403, code: "AccessDenied", message: message || pair.privateKey, delayMs: 30 });
        const first = on.create(provider, A, inTexts(pair));
        first.catch(() => {});
        while (on.puts().length === 0) await new Promise(setImmediate);
        const others = domains.slice(1).map((domain) => on.create(provider, domain, inTexts(pair)));
        return Promise.allSettled([first, ...others]);
      });
      return { pair, results };
    };

    it("fails for the domain that is refused, and for no other", async () => {
      const { results } = await createAll();
      assert.deepEqual(
        results.map(({ status }) => status),
        ["rejected", "fulfilled", "fulfilled", "fulfilled", "fulfilled"],
      );
    });

    it("uploads the pair once more, and puts its CertId on the other domains", async () => {
      await createAll();
      assert.deepEqual(
        uploads().map(({ status }) => status),
        [403, 200],
      );
      assert.equal(new Set(domains.slice(1).map((domain) => on.certIdOf(domain))).size, 1);
    });

    it("does not repeat the key even where the service does", async () => {
      const { pair, results } = await createAll("");
      const [first] = results;
      const reason = first?.status === "rejected" ? String(first.reason.message) : assert.fail("it was not refused");
      assert.match(reason, /AccessDenied/);
      for (const line of keyLines(pair.privateKey)) assert.ok(!reason.includes(line), reason);
    });

    it("uses the CertId of an earlier run for another domain", async () => {
      const { pair } = await createAll();
      const { certId, fingerprint } = await create("late.example.com", inTexts(pair));
      assert.equal(uploads().length, 2);
      assert.equal(certId, on.certIdOf(B));
      assert.equal(fingerprint, on.fingerprintOf(on.certIdOf(B)));
    });

    it("sends a changed intermediate once for all of them", async () => {
      await start([A, B, C]);
      const pair = await on.issue();
      const up = (inputs: PropertyMap) => {
        const all = [A, B, C].map((domain) => [domain, ["cnameCertificate", { bucket: "site", domain, ...inputs }]]);
        return on.stack.up(Object.fromEntries(all) as Program, { skipPreview: true });
      };
      await up(on.scene.inFiles(pair));
      await up(on.scene.inFiles(on.withOtherChain(pair)));
      assert.deepEqual(
        on.puts().map(({ certificate }) => (certificate?.certId ? "id" : "pair")),
        ["pair", "id", "id", "pair", "id", "id"],
      );
      assert.equal(new Set([A, B, C].map((domain) => on.certIdOf(domain))).size, 1);
    });
  });

  describe("of a chain whose leaf another domain has with an older chain", () => {
    it("uploads the new chain", async () => {
      await start([DOMAIN, "new.example.com"]);
      const pair = await on.issue();
      await on.up(inTexts(pair));
      const { id, outputs, inputs } = on.stack.state.get("certificate") ?? assert.fail();
      await on.stack.operate(async (provider) => {
        await provider.diff(id, outputs, inputs);
        await on.create(provider, "new.example.com", inTexts(on.withOtherChain(pair)));
      });
      assert.deepEqual(on.lastPut(), digestsOf(on.withOtherChain(pair)));
    });

    it("uploads it again where somebody has put the leaf, nobody knows with which chain", async () => {
      await start();
      const pair = await on.issue();
      await on.up(inTexts(pair));
      on.inConsole((user) => user.replaceCertificate(DOMAIN, { certificate: pair.certificate }));
      const found = on.certIdOf();
      await on.up(inTexts(on.withOtherChain(pair)));
      assert.deepEqual(on.lastPut(), { ...digestsOf(on.withOtherChain(pair)), previousCertId: found });
      assert.equal(on.puts().length, 2);
    });
  });

  it("reads a pair once for all domains of a run, from check to the last write", async () => {
    await start([A, B, C]);
    const pair = await on.issue();
    const certificates = (pair.chain.match(/BEGIN/g) ?? []).length;
    const reads = await countCertificateReads(() =>
      on.stack.operate(async (provider) => {
        for (const domain of [A, B, C]) await on.create(provider, domain, inTexts(pair));
      }),
    );
    // The emulator reads what is uploaded as well.
    assert.ok(reads <= 2 * certificates, `${reads} of ${certificates}`);
  });

  it("finds an upload that ended while it looked for one", async () => {
    await start();
    const { chain, privateKey } = await on.issue();
    const read = readCertificate(chain);
    const run = new Run();
    const sent: CertificateConfiguration[] = [];
    const bucket = {
      bindings: async () => {
        run.knownCertificates.noteChain({ certId: "7-cn-hangzhou", chainDigest: read.chainDigest });
        return new Map();
      },
      putCertificate: async (_domain: string, body: CertificateConfiguration) => void sent.push(body),
    };
    const inputs = { bucket: "site", domain: DOMAIN };
    const claim = { run, bucket, inputs, desired: { pair: { certificate: chain, privateKey, read } } };
    await putDesired(claim as unknown as Claim, { domain: DOMAIN, status: "Enabled", lastModified: "" });
    assert.deepEqual(sent, [{ certId: "7-cn-hangzhou", previousCertId: undefined }]);
  });

  it("uploads again when the service does not take the CertId that is known", async () => {
    await start([DOMAIN, B]);
    const pair = await on.issue();
    await on.up(inTexts(pair));
    fault({ domain: B, status: 404, code: "SomethingNew" });
    const { certId } = await create(B, inTexts(pair));
    assert.deepEqual(
      on.puts(B).map(({ certificate }) => certificate?.certId !== undefined),
      [true, false],
    );
    assert.equal(certId, on.certIdOf(B));
  });

  it("uploads without a PreviousCertId where the certificate has gone meanwhile", async () => {
    await start([DOMAIN, B]);
    const pair = await on.issue();
    await on.up(inTexts(pair));
    on.scene.inConsole.replaceCertificate(B, { certId: "1-cn-hangzhou" });
    const { certId } = await on.stack.operate(async (provider) => {
      await on.list(provider, B);
      on.scene.inConsole.removeCertificate(B);
      // The service does not say which argument it refuses.
      fault({ domain: B, status: 404, code: "SomethingNew" });
      fault({ domain: B, status: 400, code: "InvalidArgument" });
      // Its resource is being replaced, so what is there may be.
      const __provider = providerText("cnameCertificate");
      const olds = { bucket: "site", domain: B, certId: "1-cn-hangzhou", __provider };
      await provider.check(olds, olds);
      return on.create(provider, B, inTexts(pair));
    });
    assert.equal(certId, on.certIdOf(B));
    assert.deepEqual(
      on.puts(B).map(({ certificate }) => certificate?.previousCertId),
      ["1-cn-hangzhou", "1-cn-hangzhou", undefined],
    );
  });

  it("passes on what is refused for another reason, without a second write", async () => {
    await start();
    fault({ status: 400, code: "InvalidArgument", message: "The chain is odd." });
    await assert.rejects(create(DOMAIN, inTexts(await on.issue())), /InvalidArgument \(HTTP 400.*The chain is odd/);
    assert.equal(on.puts().length, 1);
  });
});
