import assert from "node:assert/strict";
import type { PropertyMap } from "../../../../engine/property/value";
import { providerText } from "../../../../provider/resources/dynamicResource";
import { CertificateScene, DOMAIN, inTexts } from "../../../support/certificateScene";
import { type Authority, createAuthority, type IssuedChain } from "../../../support/certificates";
import { CheckFailed, type Program } from "../../../support/stack";

const MINE = { certId: "777-cn-hangzhou" };
const THEIRS = { certId: "888-cn-hangzhou" };
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("a certificate that somebody else has put on a domain", () => {
  let authority: Authority;
  let on: CertificateScene;
  before(async () => {
    authority = await createAuthority();
  });
  afterEach(() => on.close());
  const start = async (switches = {}, domains: readonly string[] = [DOMAIN]) => {
    on = await CertificateScene.start(authority, switches, domains);
  };
  const program = (inputs: PropertyMap): Program => ({
    certificate: ["cnameCertificate", { bucket: "site", domain: DOMAIN, ...inputs }],
  });
  const putTheirs = () => on.inConsole((user) => user.replaceCertificate(DOMAIN, THEIRS));
  const reads = () => on.cloud.requests().filter(({ operation }) => operation === "ListCname").length;
  const assertTheirs = () => assert.deepEqual([on.puts(), on.certIdOf()], [[], THEIRS.certId]);

  describe("before the domain has a resource", () => {
    for (const [title, switches] of [
      ["", {}],
      [", where fingerprints are masked", { fingerprint: "masked" }],
    ] as const)
      it(`is refused in the preview, with what is there and what to do${title}`, async () => {
        await start(switches);
        putTheirs();
        const pair = await on.issue();
        await assert.rejects(on.stack.preview(program(inTexts(pair))), (error: Error) => {
          assert.ok(error instanceof CheckFailed);
          for (const text of [DOMAIN, THEIRS.certId, "expires", "Declared: SHA-1", "set force", "aliases"])
            assert.ok(error.message.includes(text), `${text} is not in: ${error.message}`);
          return true;
        });
        assertTheirs();
      });

    it("is refused by create too, where it has come after the preview", async () => {
      await start();
      const create = on.stack.operate(async (provider) => {
        const inputs = { bucket: "site", domain: DOMAIN, ...MINE, __provider: providerText("cnameCertificate") };
        const checked = await provider.check({}, inputs);
        assert.deepEqual(checked.failures, []);
        putTheirs();
        on.scene.clock.pass(60_000);
        return provider.create(checked.inputs);
      });
      await assert.rejects(create, /neither recorded nor declared: 888-cn-hangzhou/);
      assertTheirs();
    });

    it("is replaced by force, which looks at nothing in the preview", async () => {
      await start();
      putTheirs();
      on.scene.forget();
      await on.stack.preview(program({ ...MINE, force: true }));
      assert.deepEqual(on.cloud.requests(), []);
      assert.equal(await on.up({ ...MINE, force: true }), "create");
      assert.equal(on.certIdOf(), MINE.certId);
    });

    it("is no obstacle when it is the declared one", async () => {
      await start({ fingerprint: "masked" });
      const pair = await on.issue();
      on.inConsole((user) => user.replaceCertificate(DOMAIN, { certificate: pair.chain }));
      assert.equal(await on.up(inTexts(pair)), "create");
      assert.deepEqual(on.puts(), []);
    });

    it("is believed only when a second list shows it", async () => {
      await start();
      putTheirs();
      on.scene.meanwhile = () => on.scene.inConsole.removeCertificate(DOMAIN);
      await on.stack.preview(program(MINE));
      assert.deepEqual(on.stack.printed, []);
    });

    it("is not looked for with inputs that are not known yet", async () => {
      await start();
      putTheirs();
      on.scene.forget();
      await on.stack.preview(program({ certificate: UNKNOWN, privateKey: UNKNOWN }));
      assert.deepEqual(on.cloud.requests(), []);
    });

    it("does not stop a preview that cannot see it, which says so", async () => {
      await start();
      putTheirs();
      on.scene.fault({ operation: "ListCname", status: 403, code: "AccessDenied" });
      await on.stack.preview(program(MINE));
      assert.match(on.stack.printed.join(), /whether www\.example\.com has another certificate.*AccessDenied/);
    });

    it("is not looked for in a bucket that does not exist yet", async () => {
      await start();
      await on.stack.preview(program({ ...MINE, bucket: "tomorrow" }));
      assert.deepEqual(on.stack.printed, []);
    });

    it("is looked for by one list for all domains", async () => {
      const domains = ["a.example.com", "b.example.com", "c.example.com"];
      await start({}, domains);
      const all = domains.map((domain) => [domain, ["cnameCertificate", { bucket: "site", domain, ...MINE }]]);
      await on.stack.preview(Object.fromEntries(all) as Program);
      assert.equal(reads(), 1);
    });
  });

  describe("of this stack", () => {
    let first: IssuedChain;
    beforeEach(async () => {
      await start();
      first = await on.issue();
      await on.up(inTexts(first));
    });

    it("is looked for by no preview without a change", async () => {
      putTheirs();
      on.scene.forget();
      await on.stack.preview(program(inTexts(first)));
      assert.deepEqual(on.cloud.requests(), []);
    });

    it("is refused in the preview of a renewal", async () => {
      putTheirs();
      on.scene.forget();
      const renewed = program(inTexts(await on.issue()));
      await assert.rejects(on.stack.preview(renewed), /neither recorded nor declared: 888.*pulumi refresh/);
      assertTheirs();
    });

    it("is refused in a bucket to which the resource goes", async () => {
      on.inConsole((user) => user.moveBinding(DOMAIN, "other"));
      putTheirs();
      on.scene.forget();
      for (const operate of [on.stack.preview.bind(on.stack), on.stack.up.bind(on.stack)])
        await assert.rejects(operate(program({ ...inTexts(first), bucket: "other" })), /neither recorded nor declared/);
      assertTheirs();
    });

    it("is replaced with the resource that has it (--replace), by another pair too", async () => {
      const renewed = program(inTexts(await on.issue()));
      // Pulumi checks such a resource twice, the second time without the old inputs.
      await on.stack.operate(async (provider) => {
        const { inputs } = on.stack.state.get("certificate") ?? assert.fail();
        const news = { ...renewed.certificate?.[1], __provider: providerText("cnameCertificate") };
        await provider.check(inputs, news);
        const checked = await provider.check({}, news);
        assert.deepEqual(checked.failures, []);
        await provider.create(checked.inputs);
      });
      assert.equal(on.puts().length, 2);
    });

    it("is refused on the new domain of a resource, in the preview", async () => {
      on.scene.inConsole.moveBinding("new.example.com", "site");
      on.inConsole((user) => user.replaceCertificate("new.example.com", THEIRS));
      const puts = on.puts().length;
      const moved = on.stack.operate(async (provider) => {
        const { id, inputs, outputs } = on.stack.state.get("certificate") ?? assert.fail();
        const news = { ...inputs, domain: "new.example.com" };
        const checked = await provider.check(inputs, news);
        assert.deepEqual((await provider.diff(id, outputs, checked.inputs)).replaces, ["domain"]);
        return provider.check({}, news);
      });
      assert.match((await moved).failures.map(({ reason }) => reason).join(), /new\.example\.com has a certificate/);
      assert.equal(on.puts().length, puts);
    });
  });

  it("is refused on a domain that was Pending and that somebody has bound", async () => {
    await start({}, []);
    const pending: Program = {
      token: ["cnameToken", { bucket: "site", domain: DOMAIN }],
      binding: ["bucketCname", { bucket: "site", domain: DOMAIN, unverified: "pending" }],
      ...program(MINE),
    };
    await on.stack.up(pending, { skipPreview: true });
    on.scene.inConsole.moveBinding(DOMAIN, "site");
    putTheirs();
    for (const operate of [on.stack.preview.bind(on.stack), on.stack.up.bind(on.stack)])
      await assert.rejects(operate(pending), /neither recorded nor declared/);
    assertTheirs();
  });
});
