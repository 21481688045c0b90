import assert from "node:assert/strict";
import type { PropertyMap } from "../../../../engine/property/value";
import { providerText } from "../../../../provider/resources/dynamicResource";
import { Run } from "../../../../provider/run";
import { AcmeScene, DAY_MS } from "../../../support/acmeScene";
import { createAuthority } from "../../../support/certificates";
import { Provider } from "../../../support/provider";
import { CheckFailed, type Program } from "../../../support/stack";

const inputs = { names: ["www.example.com"] };

describe("AcmeCertificate", () => {
  let on: AcmeScene;
  beforeEach(async () => {
    on = await AcmeScene.start();
  });
  afterEach(() => on.close());

  const program = (more: PropertyMap = {}): Program => ({ cert: ["acmeCertificate", { ...inputs, ...more }] });
  const up = (more: PropertyMap = {}) => on.up({ ...inputs, ...more });
  const out = (key: string) => on.out(key);

  it("orders, proves, uploads once and records what there is to know", async () => {
    assert.equal(await up(), "create");
    assert.deepEqual(on.orders(), [{}]);
    assert.deepEqual(on.uploads(), ["10000001-cn-hangzhou"]);
    assert.deepEqual(on.proofs(), []);
    assert.equal(on.scene.operations("AddDomainRecord").length, 1);
    assert.deepEqual(
      [out("certId"), out("covers"), out("status")],
      ["10000001-cn-hangzhou", ["www.example.com"], "Issued"],
    );
    const leaf = on.leaf();
    assert.equal(leaf.subjectAltName, "DNS:www.example.com");
    assert.equal(out("fingerprint"), leaf.fingerprint);
    assert.equal(out("validTo"), new Date(leaf.validTo).toISOString());
    assert.match(String(out("renewalId")), /^[\w-]+\.[\w-]+$/);
    // The window of the CA opens there and has two days.
    const third = Date.parse(leaf.validTo) - (Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / 3;
    const renewAt = Date.parse(String(out("renewAt")));
    assert.ok(renewAt >= third && renewAt <= third + 2 * DAY_MS);
  });

  it("sends nothing for an unchanged program but one question to the CA", async () => {
    await up();
    on.scene.forget();
    assert.equal(await up(), "same");
    assert.deepEqual(on.scene.operations(), ["directory", "renewalInfo"]);
    on.scene.forget();
    await up({ renewBefore: 20 });
    assert.deepEqual(on.scene.operations(), [], "with a moment of its own there is nothing to ask");
  });

  it("orders another, in place, for what the certificate does not cover and for another kind of it", async () => {
    await up();
    await up({ names: ["www.example.com", "shop.example.com"] });
    assert.equal(on.leaf().subjectAltName, "DNS:shop.example.com, DNS:www.example.com");
    await up({ profile: "tlsserver" });
    assert.equal(on.orders().at(-1)?.profile, "tlsserver");
    await up({ profile: "tlsserver", keyType: "RSA-2048" });
    assert.equal(on.leaf().publicKey.asymmetricKeyType, "rsa");
    assert.deepEqual([on.orders().length, on.uploads().length], [4, 4]);
  });

  it("keeps the certificate where names are taken away, until the next renewal", async () => {
    await up({ names: ["www.example.com", "shop.example.com"] });
    assert.equal(await up(), "same");
    on.pass(63);
    assert.equal(await up(), "update");
    assert.equal(on.leaf().subjectAltName, "DNS:www.example.com");
  });

  describe("when it is time", () => {
    it("is renewed in place, as what it replaces, and keeps the id of the old one", async () => {
      await up();
      const old = out("renewalId");
      on.pass(62);
      assert.equal(await up(), "update");
      assert.equal(on.orders().at(-1)?.replaces, old);
      assert.deepEqual([out("certId"), out("superseded")], ["10000002-cn-hangzhou", ["10000001-cn-hangzhou"]]);
      assert.equal(await up(), "same");
    });

    it("says in the preview why, without waiting or writing", async () => {
      await up();
      on.recommend(-2, -1, "https://ca.example/why");
      on.scene.forget();
      const before = on.scene.clock.now();
      assert.deepEqual(await on.stack.preview(program()), { cert: "update" });
      assert.match(
        on.stack.printed.join("\n"),
        /the certificate for www\.example\.com is to be renewed: due since .*, as the CA recommends \(https:\/\/ca\.example\/why\); \d\d of \d\d days left/,
      );
      assert.equal(on.scene.clock.now(), before);
      assert.deepEqual(on.scene.operations(), ["directory", "renewalInfo"]);
    });

    it("is renewed when the CA recommends it and not before, as after a revocation", async () => {
      await up();
      on.recommend(1, 2);
      assert.equal(await up(), "same");
      on.recommend(-2, -1);
      assert.equal(await up(), "update");
      assert.deepEqual([out("certId"), on.orders().length], ["10000002-cn-hangzhou", 2]);
    });

    it("does not need the CA to know when: a third of its life does", async () => {
      for (const fault of [{ reset: true }, { status: 500 }, { status: 404, code: "malformed" }]) {
        await up();
        for (const operation of ["directory", "renewalInfo"]) on.scene.fault({ operation, times: 3, ...fault });
        const before = on.scene.clock.now();
        assert.equal(await up(), "same");
        assert.equal(on.scene.clock.now(), before, "nothing waits for that");
        on.cloud.clearFaults();
      }
      on.cloud.set({ acmeRenewalInfo: false });
      on.pass(59);
      assert.equal(await up(), "same");
      on.pass(2);
      assert.equal(await up(), "update");
    });

    it("stays as it is, with a warning, where that fails while it is valid, and is tried again", async () => {
      await up();
      on.pass(62);
      on.breakCa();
      assert.equal(await up(), "update");
      assert.equal(out("certId"), "10000001-cn-hangzhou");
      assert.match(
        String(out("renewalProblem")),
        /^the certificate for www\.example\.com could not be renewed\. It is valid until .*, and every `pulumi up` tries again\. .*the CA has a bad day/,
      );
      assert.deepEqual(on.proofs(), []);
      on.cloud.clearFaults();
      assert.equal(await up(), "update");
      assert.deepEqual([out("certId"), out("renewalProblem")], ["10000002-cn-hangzhou", ""]);
    });

    it("is an error where that fails with less than a day left", async () => {
      await up();
      on.pass(89.5);
      on.breakCa();
      await assert.rejects(up(), /the CA has a bad day/);
      assert.equal(out("certId"), "10000001-cn-hangzhou");
    });
  });

  it("is an error where the first order fails, and leaves nothing", async () => {
    on.breakCa();
    await assert.rejects(up(), /the CA has a bad day/);
    on.cloud.clearFaults();
    on.scene.fault({ operation: "challenge", status: 403, code: "unauthorized", message: "not you" });
    await assert.rejects(up(), /not you/);
    assert.deepEqual([on.stack.state.size, on.proofs(), on.uploads()], [0, [], []]);
  });

  it("is an error where another one is asked for and cannot be had, whatever is left of the old one", async () => {
    await up();
    on.breakCa();
    await assert.rejects(up({ names: ["www.example.com", "shop.example.com"] }), /the CA has a bad day/);
  });

  it("is not uploaded where it does not fit what was ordered", async () => {
    const other = await (await createAuthority()).issue({ names: ["other.example.com"] });
    on.scene.fault({ operation: "certificate", body: other.chain });
    await assert.rejects(
      up(),
      /The certificate that the CA 127\.0\.0\.1:\d+ issued for www\.example\.com does not belong to/,
    );
    assert.deepEqual([on.uploads(), on.stack.state.size], [[], 0]);
  });

  it("ends its wait for DNS when the run is cancelled, and removes the record all the same", async () => {
    on.cloud.set({ dnsDelayQueries: 1000 });
    const run = new Run({ clock: on.scene.clock, print: () => {} });
    on.scene.meanwhile = () => {
      if (on.proofs().length > 0) run.cancellation.cancel();
    };
    const provider = new Provider(run);
    await provider.configure(on.stack.config);
    const declared = { ...inputs, __provider: providerText("acmeCertificate") };
    const { inputs: checked } = await provider.check({}, declared);
    await assert.rejects(provider.create(checked), /cancelled/);
    assert.deepEqual([on.proofs(), on.uploads()], [[], []]);
  });

  it("covers a wildcard beside its name", async () => {
    await up({ names: ["*.example.com", "example.com"] });
    assert.deepEqual(out("covers"), ["*.example.com", "example.com"]);
  });

  it("has three orders under way at once, and no more", async () => {
    const begun = new Set<string>();
    let most = 0;
    on.scene.meanwhile = () => {
      for (const name of on.proofs()) begun.add(name);
      most = Math.max(most, new Set(on.proofs()).size);
    };
    on.cloud.set({ dnsDelayQueries: 2 });
    await on.stack.operate((provider) =>
      Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          const declared = { names: [`n${index}.example.com`], __provider: providerText("acmeCertificate") };
          await provider.create((await provider.check({}, declared)).inputs);
        }),
      ),
    );
    assert.equal(on.orders().length, 8);
    assert.ok(most > 1 && most <= 3, `${most} at once`);
  });

  describe("refresh", () => {
    it("finds it where it was uploaded, or makes another", async () => {
      await up();
      assert.deepEqual(await on.stack.refresh(), []);
      on.scene.fault({ operation: "GetUserCertificateDetail", status: 404, code: "NotFound" });
      assert.deepEqual(await on.stack.refresh(), ["cert"]);
      assert.equal(await up(), "create");
    });

    it("takes it for there where it may not look, and fails where the service is down", async () => {
      await up();
      on.scene.fault({ operation: "GetUserCertificateDetail", status: 403, code: "Forbidden.RAM" });
      assert.deepEqual(await on.stack.refresh(), []);
      assert.match(on.stack.printed.join("\n"), /whether certificate 10000001-cn-hangzhou is there still is not known/);
      on.scene.fault({ operation: "GetUserCertificateDetail", status: 500, code: "InternalError", times: 20 });
      await assert.rejects(on.stack.refresh(), /InternalError/);
    });
  });

  describe("that a domain has already", () => {
    const placed = { ...inputs, buckets: [{ bucket: "site" }] };
    const other = async (more: PropertyMap = {}) => {
      const steps = await on.stack.up({ renamed: ["acmeCertificate", { ...placed, ...more }] }, { skipPreview: true });
      assert.equal(steps.renamed, "create");
      return on.stack.output("renamed", "certId");
    };
    beforeEach(async () => {
      on.scene.inConsole.moveBinding("www.example.com", "site");
      await up(placed);
      on.scene.inConsole.replaceCertificate("www.example.com", { certId: "10000001-cn-hangzhou" });
    });

    it("is adopted by a resource of another name, and renewed in time", async () => {
      const before = [out("validTo"), out("covers"), out("fingerprint")];
      assert.equal(await other(), "10000001-cn-hangzhou");
      const now = ["validTo", "covers", "fingerprint"].map((key) => on.stack.output("renamed", key));
      assert.deepEqual(now, before);
      assert.equal(on.orders().length, 1);
      on.pass(62);
      await on.stack.up({ renamed: ["acmeCertificate", placed] });
      assert.deepEqual([on.orders().length, on.stack.output("renamed", "certId")], [2, "10000002-cn-hangzhou"]);
    });

    for (const [what, more] of [
      ["other names", { names: ["www.example.com", "shop.example.com"] }],
      ["another type of key", { keyType: "RSA-2048" }],
      ["a profile", { profile: "tlsserver" }],
    ] as const)
      it(`is not adopted for ${what}`, async () =>
        assert.equal(await other(more as PropertyMap), "10000002-cn-hangzhou"));

    it("is not adopted when it is time to renew it, nor one of somebody else", async () => {
      on.pass(61);
      assert.equal(await other(), "10000002-cn-hangzhou");
      await on.stack.destroy();
      on.scene.inConsole.replaceCertificate("www.example.com", { certId: "77-cn-hangzhou" });
      assert.equal(await other(), "10000003-cn-hangzhou");
    });
  });

  describe("with retire", () => {
    const retiring = { retire: true, buckets: [{ bucket: "site" }, { bucket: "other" }] };
    const put = (certId: string) => on.scene.inConsole.replaceCertificate("www.example.com", { certId });
    beforeEach(async () => {
      on.scene.inConsole.moveBinding("www.example.com", "site");
      await up(retiring);
      put("10000001-cn-hangzhou");
      on.pass(62);
      await up(retiring);
    });

    it("deletes what was replaced once no bucket lists it, and nothing else", async () => {
      assert.deepEqual([on.deleted(), out("superseded")], [[], ["10000001-cn-hangzhou"]]);
      assert.equal(await up(retiring), "update", "the domain has it still");
      assert.deepEqual([on.deleted(), out("superseded")], [[], ["10000001-cn-hangzhou"]]);
      put("10000002-cn-hangzhou");
      assert.equal(await up(retiring), "update");
      assert.deepEqual([on.deleted(), out("superseded")], [["10000001-cn-hangzhou"], []]);
      on.scene.forget();
      assert.equal(await up(retiring), "same");
      assert.deepEqual(on.scene.operations(), ["directory", "renewalInfo"]);
    });

    it("counts a bucket that is gone as one that lists nothing", async () => {
      on.scene.cloud.removeBucket("site");
      await up(retiring);
      assert.deepEqual(on.deleted(), ["10000001-cn-hangzhou"]);
    });

    it("deletes nothing where a bucket cannot be asked", async () => {
      put("10000002-cn-hangzhou");
      on.scene.fault({ operation: "ListCname", bucket: "other", status: 403, code: "AccessDenied" });
      await assert.rejects(up(retiring), /AccessDenied/);
      assert.deepEqual([on.deleted(), out("superseded")], [[], ["10000001-cn-hangzhou"]]);
    });

    it("deletes nothing without it", async () => {
      put("10000002-cn-hangzhou");
      assert.equal(await up({ buckets: retiring.buckets }), "same");
      assert.deepEqual(on.deleted(), []);
    });
  });

  it("stays where it was uploaded when it is destroyed", async () => {
    await up();
    await on.stack.destroy();
    assert.deepEqual(on.deleted(), []);
  });

  describe("check refuses, before anything is sent", () => {
    const many = Array.from({ length: 101 }, (_, index) => `n${index}.example.com`);
    for (const [what, more, message] of [
      ["no names", { names: [] }, /names: must be a list of at least one name/],
      ["more than a hundred names", { names: many }, /names: has 101 names: a certificate has at most 100/],
      ["what is not a domain", { names: ["https://www.example.com"] }, /is not a host name/],
      ["a wildcard inside", { names: ["www.*.example.com"] }, /names: /],
      [
        "a wildcard through the bucket",
        { names: ["*.example.com"], challenge: "http-01", buckets: [{ bucket: "site" }] },
        /can be proven by dns-01 only/,
      ],
      ["an unknown challenge", { challenge: "tls-alpn-01" }, /challenge: "tls-alpn-01" is not dns-01 or http-01/],
      ["an unknown type of key", { keyType: "P-384" }, /keyType: "P-384" is not P-256 or RSA-2048/],
      ["http-01 without a bucket", { challenge: "http-01" }, /buckets: is missing: http-01/],
      ["retire without buckets", { retire: true }, /buckets: is missing: retire/],
      ["a bucket that cannot be one", { buckets: [{ bucket: "My_Site" }] }, /buckets: bucket "My_Site" must be/],
      ["days that are none", { renewBefore: 0 }, /renewBefore: 0 is not a number of days/],
      [
        "two accounts for the zone",
        { dns: { profile: "a", environment: true } },
        /dns: profile and environment exclude/,
      ],
    ] as const)
      it(what, async () => {
        await assert.rejects(up(more as never), (error) => error instanceof CheckFailed && message.test(error.message));
        assert.deepEqual(on.scene.operations(), []);
      });

    it("more new certificates than Let's Encrypt gives a week, and none of those that renew", async () => {
      const directory = "https://acme-v02.api.letsencrypt.org/directory";
      const of = (count: number, domain: string) =>
        Array.from(
          { length: count },
          (_, index) => ["acmeCertificate", { names: [`n${index}.${domain}`], directory }] as const,
        );
      const refused = async (all: Parameters<typeof on.stack.refusals>[0]) =>
        (await on.stack.refusals(all)).flat().map(({ reason }) => reason);
      assert.deepEqual(
        await refused([...of(50, "example.com"), ...of(50, "example.com.cn"), ...of(50, "example.com")]),
        [],
      );
      const [first, ...more] = await refused(of(52, "example.com"));
      assert.match(
        String(first),
        /more than 50 new certificates under example\.com, and acme-v02\..* gives 50 a week: put domains together/,
      );
      assert.equal(more.length, 1);
    });
  });
});
