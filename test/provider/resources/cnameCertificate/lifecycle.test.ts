import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PropertyMap } from "../../../../engine/property/value";
import { type Cloud, type Fault, type RequestEntry, type Switches, startCloud } from "../../../../local";
import { providerText } from "../../../../provider/resources/dynamicResource";
import { type Authority, createAuthority, type Issued } from "../../../support/certificates";
import { FakeTime } from "../../../support/inProcess";
import { configFor, type Host, type Program, Stack } from "../../../support/stack";

type Pair = Issued & { readonly chain: string };

/** What is not known of the service, each value of it in one of these. */
const settings: Readonly<Record<string, Partial<Switches>>> = {
  "most likely service": {},
  "service that masks, lags and refuses": {
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
  "service that drops and deduplicates": {
    barePut: "drop",
    fingerprint: "masked",
    uploadsDeduplicated: true,
    deleteCertificateDropsBinding: true,
  },
};

describe("CnameCertificate", () => {
  let cloud: Cloud;
  let stack: Stack;
  let authority: Authority;
  let keys: string[] = [];
  const site = { bucket: "site", domain: "www.example.com" };

  before(async () => {
    authority = await createAuthority();
  });
  afterEach(async () => {
    for (const line of keys.join("\n").split("\n"))
      if (line !== "" && !line.startsWith("-----"))
        assert.ok(!stack.printed.join("\n").includes(line), "a private key was printed");
    keys = [];
    stack.remove();
    await cloud.close();
  });

  const start = async (switches: Partial<Switches> = {}, domains: readonly string[] = [site.domain]) => {
    const clock = new FakeTime();
    cloud = await startCloud({ buckets: ["site", "other"], switches, now: () => new Date(clock.now()) });
    stack = new Stack(configFor(cloud), { clock });
    for (const domain of domains) bind(domain);
  };
  const bind = (domain: string, bucket = "site") => cloud.inConsole.moveBinding(domain, bucket);
  const issue = async (names: string[] = ["*.example.com"]): Promise<Pair> => {
    const pair = await authority.issue({ names });
    keys.push(pair.privateKey);
    return pair;
  };
  const texts = ({ chain, privateKey }: Pair) => ({ certificate: chain, privateKey });
  const inFiles = ({ chain, privateKey }: Pair) => {
    const [certificateFile, privateKeyFile] = ["chain.pem", "key.pem"].map((file) => join(stack.directory, file));
    writeFileSync(String(certificateFile), chain);
    writeFileSync(String(privateKeyFile), privateKey);
    return { certificateFile, privateKeyFile } as { certificateFile: string; privateKeyFile: string };
  };
  const program = (inputs: PropertyMap, domain = site.domain): Program => ({
    certificate: ["cnameCertificate", { bucket: "site", domain, ...inputs }],
  });
  const up = async (inputs: PropertyMap) => (await stack.up(program(inputs), { skipPreview: true })).certificate;
  const puts = (domain?: string) =>
    cloud
      .requests()
      .filter((request) => request.operation === "PutCname" && (domain === undefined || request.domain === domain));
  const lastPut = (): RequestEntry["certificate"] => puts().at(-1)?.certificate;
  const certIdOf = (domain = site.domain) => cloud.state().bindings.find((each) => each.domain === domain)?.certId;
  const fault = (fault: Omit<Fault, "operation">) => cloud.fail({ operation: "PutCname", ...fault });
  /** What somebody else did, long enough ago for every list to show it. */
  const change = (act: (user: Cloud["inConsole"]) => void) => {
    const { listLagLists } = cloud.switches;
    cloud.set({ listLagLists: 0 });
    act(cloud.inConsole);
    cloud.set({ listLagLists });
  };
  const sentNothing = async (work: () => Promise<unknown>) => {
    const before = puts().length;
    await work();
    assert.equal(puts().length, before, "something was written");
  };
  const fingerprintOf = (certId: string | undefined) =>
    cloud.state().certificates.find((each) => each.certId === certId)?.fingerprint ?? "none";
  /** As the emulator notes a text of the body, which it trims. */
  const sha256 = (text: string) => createHash("sha256").update(text.trim()).digest("hex");
  /** Operations side by side in one process, as in a run of the engine. */
  const together = <T>(work: (host: Host) => Promise<T>): Promise<T> => stack.operate(work);
  /** Makes the process list the bucket, so that what is done to the domain next comes after its list. */
  const listBefore = (host: Host, domain: string) =>
    host.read(domain, {
      bucket: "site",
      domain,
      status: "Pending",
      certId: "",
      __provider: providerText("cnameCertificate"),
    });
  const check = async (host: Host, domain: string, inputs: PropertyMap) => {
    const news = { bucket: "site", domain, ...inputs, __provider: providerText("cnameCertificate") };
    const checked = await host.check({}, news);
    assert.deepEqual(checked.failures, []);
    return checked.inputs;
  };
  const create = async (host: Host, domain: string, inputs: PropertyMap) =>
    (await host.create(await check(host, domain, inputs))).properties;

  for (const [name, switches] of Object.entries(settings))
    it(`keeps a certificate through its life on the ${name}`, async () => {
      await start(switches);
      const first = await issue();
      await up(inFiles(first));
      assert.equal(puts().length, 1);
      assert.deepEqual(lastPut(), {
        certificateDigest: sha256(first.chain),
        privateKeyDigest: sha256(first.privateKey),
      });
      const firstId = certIdOf();
      assert.equal(stack.output("certificate", "certId"), firstId);

      // Nothing changed: nothing is asked either. Refreshed: nothing drifted.
      const asked = cloud.requests().length;
      assert.deepEqual(await stack.up(program(inFiles(first))), { certificate: "same" });
      assert.equal(cloud.requests().length, asked);
      const outputs = stack.state.get("certificate")?.outputs;
      assert.deepEqual(await stack.refresh(), []);
      assert.deepEqual(stack.state.get("certificate")?.outputs, outputs);

      // A new pair, against the one on record and without its id.
      const second = await issue();
      assert.equal(await up(inFiles(second)), "update");
      assert.deepEqual(lastPut(), {
        certificateDigest: sha256(second.chain),
        privateKeyDigest: sha256(second.privateKey),
        previousCertId: firstId,
      });
      // The same leaf with another intermediate.
      const secondId = certIdOf();
      const again = { ...second, chain: `${second.chain}${authority.root.certificate}\n` };
      assert.equal(await up(inFiles(again)), "update");
      assert.deepEqual(lastPut(), {
        certificateDigest: sha256(again.chain),
        privateKeyDigest: sha256(second.privateKey),
        previousCertId: secondId,
      });
      assert.equal(puts().length, 3);

      // Taken away by somebody.
      change((user) => user.removeCertificate(site.domain));
      assert.deepEqual(await stack.refresh(), []);
      assert.equal(stack.output("certificate", "status"), "Removed");
      assert.equal(stack.output("certificate", "fingerprint"), "");
      assert.equal(await up(inFiles(again)), "update");
      assert.equal(lastPut()?.previousCertId, undefined);
      assert.equal(fingerprintOf(certIdOf()), stack.output("certificate", "fingerprint"));
      assert.equal(puts().length, 4);

      // Replaced by somebody.
      const foreign = await issue();
      change((user) => user.replaceCertificate(site.domain, { certificate: foreign.chain }));
      const foreignId = certIdOf();
      const third = await issue();
      await sentNothing(() => assert.rejects(up(inFiles(third)), /neither recorded nor declared/));
      await stack.refresh();
      assert.equal(stack.output("certificate", "certId"), foreignId);
      assert.equal(await up(inFiles(third)), "update");
      assert.equal(lastPut()?.previousCertId, foreignId);
      assert.equal(puts().length, 5);

      // Taken off: the request says nothing else, and the binding stays where the service lets it.
      const thirdId = certIdOf();
      await stack.up({}, { skipPreview: true });
      const removals = puts()
        .slice(5)
        .map(({ certificate }) => certificate);
      const refusesAlone = switches.deleteCertificateNeedsPreviousCertId === true;
      assert.deepEqual(removals, [
        { deleteCertificate: true },
        ...(refusesAlone ? [{ deleteCertificate: true, previousCertId: thirdId }] : []),
      ]);
      assert.equal(certIdOf(), undefined);
      assert.equal(cloud.state().bindings.length, switches.deleteCertificateDropsBinding ? 0 : 1);
    });

  it("is the same certificate as texts, in files and by CertId", async () => {
    await start({ fingerprint: "masked" });
    const pair = await issue();
    cloud.addCertificate({ certId: "555-cn-hangzhou", certificate: pair.chain });
    await up({ certId: "555-cn-hangzhou" });
    await sentNothing(async () => {
      // Only now is its chain known.
      assert.equal(await up(inFiles(pair)), "update");
      assert.equal(stack.output("certificate", "fingerprint"), fingerprintOf("555-cn-hangzhou"));
      assert.equal(await up(texts(pair)), "same");
      assert.equal(await up({ certId: "555-cn-hangzhou" }), "same");
      assert.equal(await up(inFiles(pair)), "same");
    });
  });

  it("fails with both fingerprints at a foreign certificate, unless forced", async () => {
    await start();
    const [first, foreign, second] = [await issue(), await issue(), await issue()];
    await up(inFiles(first));
    change((user) => user.replaceCertificate(site.domain, { certificate: foreign.chain }));
    const found = fingerprintOf(certIdOf());
    await sentNothing(() =>
      assert.rejects(up(inFiles(second)), ({ message }: Error) => {
        for (const text of [found, String(certIdOf()), String(stack.output("certificate", "certId")), "pulumi refresh"])
          assert.ok(message.includes(text), `${text} is not in: ${message}`);
        assert.match(message, /Declared: SHA-1 ([0-9A-F]{2}:){19}/);
        assert.ok(!message.includes(`Declared: SHA-1 ${found}`));
        return true;
      }),
    );
    assert.equal(await up({ ...inFiles(second), force: true }), "update");
    assert.equal(lastPut()?.force, true);
    assert.equal(lastPut()?.previousCertId, undefined);
    assert.equal(fingerprintOf(certIdOf()), stack.output("certificate", "fingerprint"));
  });

  it("puts what is declared in the place of what it finds when it is created", async () => {
    await start();
    const foreign = await issue();
    change((user) => user.replaceCertificate(site.domain, { certificate: foreign.chain }));
    const found = certIdOf();
    assert.equal(await up({ certId: "777-cn-hangzhou" }), "create");
    assert.deepEqual(lastPut(), { certId: "777-cn-hangzhou", previousCertId: found });
    assert.equal(stack.output("certificate", "fingerprint"), fingerprintOf("777-cn-hangzhou"));
    assert.match(String(stack.output("certificate", "validTo")), /^\d{4}-\d\d-\d\dT/);
    // Adopted: what is there is what is declared.
    stack.state.clear();
    await sentNothing(() => up({ certId: "777-cn-hangzhou" }));
    // Force, days and a new provider text alone change nothing.
    await sentNothing(async () =>
      assert.equal(await up({ certId: "777-cn-hangzhou", force: true, expiryWarningDays: 5 }), "same"),
    );
  });

  it("finds out what became of a write whose reply was lost", async () => {
    const domains = ["after", "before", "id", "taken"].map((name) => `${name}.example.com`);
    const [after, before, id, taken] = domains as [string, string, string, string];
    await start({}, domains);
    await together(async (host) => {
      fault({ domain: after, reset: true, after: true });
      fault({ domain: before, reset: true });
      fault({ domain: id, status: 500, after: true });
      fault({ domain: taken, reset: true, after: true });
      const made = await Promise.all([
        create(host, after, texts(await issue([after]))),
        create(host, before, texts(await issue([before]))),
        create(host, id, { certId: "555-cn-hangzhou" }),
        create(host, taken, texts(await issue([taken]))),
      ]);
      assert.deepEqual(
        made.map(({ certId }) => certId),
        domains.map((domain) => certIdOf(domain)),
      );
    });
    assert.deepEqual(
      domains.map((domain) => puts(domain).length),
      [1, 2, 1, 1],
    );
    assert.equal(cloud.state().certificates.filter(({ uploaded }) => uploaded).length, 3);
  });

  it("finds out what became of a removal whose reply was lost", async () => {
    await start();
    await up({ certId: "555-cn-hangzhou" });
    fault({ reset: true, after: true });
    await stack.destroy();
    assert.equal(certIdOf(), undefined);
    assert.equal(puts().length, 2);
    await up({ certId: "555-cn-hangzhou" });
    fault({ reset: true });
    await stack.destroy();
    assert.equal(certIdOf(), undefined);
    assert.equal(puts().length, 5);
  });

  it("loses a race with a foreign certificate and says so, and wins one with its own", async () => {
    await start();
    const foreign = await issue();
    // Between our list and our write somebody is quicker. The emulator answers what it would then.
    for (const [index, conflict] of [
      { status: 400, code: "InvalidArgument", ec: "0018-00000209" },
      { status: 400, code: "InvalidArgument" },
      { status: 409, code: "CasRenewCertificateConflict" },
    ].entries()) {
      const domain = `race${index}.example.com`;
      bind(domain);
      await together(async (host) => {
        await listBefore(host, domain);
        cloud.inConsole.replaceCertificate(domain, { certificate: foreign.chain });
        fault({ domain, ...conflict });
        await assert.rejects(create(host, domain, texts(await issue())), ({ message }: Error) => {
          assert.match(message, new RegExp(conflict.ec ?? conflict.code));
          assert.ok(message.includes(fingerprintOf(certIdOf(domain))), message);
          return true;
        });
      });
      assert.equal(puts(domain).length, 1);
      assert.equal(fingerprintOf(certIdOf(domain)), fingerprintOf(cloud.state().certificates.at(-1)?.certId));
    }
    const own = await issue();
    const domain = "own.example.com";
    bind(domain);
    await together(async (host) => {
      await listBefore(host, domain);
      cloud.inConsole.replaceCertificate(domain, { certificate: own.chain });
      fault({ domain, status: 409, code: "CasRenewCertificateConflict" });
      assert.equal((await create(host, domain, texts(own))).certId, certIdOf(domain));
    });
    assert.equal(puts(domain).length, 1);
  });

  it("uploads a pair for many domains once, whichever of them fails, and reuses it in a later run", async () => {
    const domains = ["a", "b", "c", "d", "e"].map((name) => `${name}.example.com`);
    await start({ fingerprint: "masked" }, [...domains, "late.example.com"]);
    const pair = await issue();
    await together(async (host) => {
      fault({ domain: "a.example.com", status: 403, code: "AccessDenied", message: pair.privateKey, delayMs: 300 });
      const first = create(host, "a.example.com", texts(pair));
      first.catch(() => {});
      while (puts().length === 0) await new Promise(setImmediate);
      const others = domains.slice(1).map((domain) => create(host, domain, texts(pair)));
      const made = await Promise.allSettled([first, ...others]);
      assert.deepEqual(
        made.map(({ status }) => status),
        ["rejected", "fulfilled", "fulfilled", "fulfilled", "fulfilled"],
      );
      // The service repeats the key, we do not.
      const reason = made[0]?.status === "rejected" ? (made[0].reason as Error).message : "";
      assert.match(reason, /AccessDenied/);
      for (const line of pair.privateKey.split("\n"))
        assert.ok(line === "" || line.startsWith("-----") || !reason.includes(line), reason);
      assert.equal((await create(host, "a.example.com", texts(pair))).certId, certIdOf("a.example.com"));
    });
    const uploads = () => puts().filter(({ certificate }) => certificate?.certificateDigest !== undefined);
    assert.equal(uploads().length, 2);
    assert.equal(uploads().filter(({ status }) => status === 200).length, 1);
    assert.equal(new Set(domains.map((domain) => certIdOf(domain))).size, 1);
    const late = await together((host) => create(host, "late.example.com", texts(pair)));
    assert.equal(uploads().length, 2);
    assert.equal(late.certId, certIdOf("a.example.com"));
    assert.equal(late.fingerprint, fingerprintOf(certIdOf("a.example.com")));
  });

  it("sends a changed intermediate once for all domains that share the pair", async () => {
    const domains = ["a.example.com", "b.example.com", "c.example.com"];
    await start({}, domains);
    const pair = await issue();
    const all = (inputs: PropertyMap): Program =>
      Object.fromEntries(
        domains.map((domain) => [domain, ["cnameCertificate", { bucket: "site", domain, ...inputs }]]),
      );
    await stack.up(all(inFiles(pair)), { skipPreview: true });
    await stack.up(all(inFiles({ ...pair, chain: pair.chain + authority.root.certificate })), { skipPreview: true });
    assert.deepEqual(
      puts().map(({ certificate }) => (certificate?.certId ? "id" : "pair")),
      ["pair", "id", "id", "pair", "id", "id"],
    );
    assert.equal(new Set(domains.map((domain) => certIdOf(domain))).size, 1);
    assert.equal(certIdOf("a.example.com"), stack.output("c.example.com", "certId"));
  });

  it("does not take a certificate with the same leaf for one with the changed intermediate", async () => {
    await start({}, [site.domain, "new.example.com"]);
    const pair = await issue();
    const changed = { ...pair, chain: pair.chain + authority.root.certificate };
    await up(texts(pair));
    // Another domain, while the first still has the old chain.
    const { id, outputs, inputs } = stack.state.get("certificate") ?? assert.fail();
    await together(async (host) => {
      await host.diff(id, outputs, inputs);
      await create(host, "new.example.com", texts(changed));
    });
    assert.equal(lastPut()?.certificateDigest, sha256(changed.chain));
    // The first again, after somebody uploaded its leaf anew: nobody knows with which chain.
    change((user) => user.replaceCertificate(site.domain, { certificate: pair.certificate }));
    const found = certIdOf();
    cloud.inConsole.removeBinding("new.example.com");
    await up(texts(changed));
    assert.deepEqual(lastPut(), {
      certificateDigest: sha256(changed.chain),
      privateKeyDigest: sha256(pair.privateKey),
      previousCertId: found,
    });
    assert.equal(puts().length, 3);
  });

  it("uploads again when the service does not take the CertId that it knows", async () => {
    await start({}, [site.domain, "b.example.com"]);
    const pair = await issue();
    await up(texts(pair));
    fault({ domain: "b.example.com", status: 404, code: "SomethingNew" });
    const made = await together((host) => create(host, "b.example.com", texts(pair)));
    assert.deepEqual(
      puts("b.example.com").map(({ certificate }) => certificate?.certId !== undefined),
      [true, false],
    );
    assert.equal(made.certId, certIdOf("b.example.com"));
  });

  it("uploads where the certificate has gone meanwhile, though the service does not say what it takes amiss", async () => {
    await start({}, [site.domain, "b.example.com"]);
    const pair = await issue();
    await up(texts(pair));
    cloud.inConsole.replaceCertificate("b.example.com", { certId: "1-cn-hangzhou" });
    const made = await together(async (host) => {
      await listBefore(host, "b.example.com");
      cloud.inConsole.removeCertificate("b.example.com");
      fault({ domain: "b.example.com", status: 404, code: "SomethingNew" });
      fault({ domain: "b.example.com", status: 400, code: "InvalidArgument" });
      return create(host, "b.example.com", texts(pair));
    });
    assert.equal(made.certId, certIdOf("b.example.com"));
    assert.deepEqual(
      puts("b.example.com").map(({ certificate }) => certificate?.previousCertId),
      ["1-cn-hangzhou", "1-cn-hangzhou", undefined],
    );
  });

  it("passes on what is refused for another reason, and looks before it does", async () => {
    await start();
    fault({ status: 400, code: "InvalidArgument", message: "The chain is odd." });
    await assert.rejects(up(texts(await issue())), /InvalidArgument \(HTTP 400.*The chain is odd/);
    assert.equal(puts().length, 1);
  });

  it("refreshes and destroys without its files", async () => {
    await start();
    await up(inFiles(await issue()));
    const stored = stack.state.get("certificate");
    assert.ok(stored);
    stack.state.set("certificate", {
      ...stored,
      inputs: { ...stored.inputs, certificateFile: "gone.pem", privateKeyFile: "gone.pem" },
    });
    assert.deepEqual(await stack.refresh(), []);
    await stack.destroy();
    assert.equal(certIdOf(), undefined);
  });

  it("stays when its resource is renamed or replaced, and goes with destroy", async () => {
    await start();
    const inputs = inFiles(await issue());
    await up(inputs);
    const certId = certIdOf();
    await sentNothing(async () => {
      assert.deepEqual(await stack.up({ renamed: ["cnameCertificate", { ...site, ...inputs }] }), {
        renamed: "create",
        certificate: "delete",
      });
      await stack.up({ renamed: ["cnameCertificate", { ...site, ...inputs }] }, { replace: ["renamed"] });
    });
    assert.equal(certIdOf(), certId);
    await sentNothing(() => stack.destroy({ renamed: "binding" }));
    assert.equal(certIdOf(), certId);
    await up(inputs);
    await stack.destroy();
    assert.equal(certIdOf(), undefined);
    assert.equal(cloud.state().bindings.length, 1);
  });

  it("leaves a certificate alone that is not the one on record any more, and a domain that moved away", async () => {
    await start();
    await up({ certId: "555-cn-hangzhou" });
    change((user) => user.replaceCertificate(site.domain, { certId: "666-cn-hangzhou" }));
    await sentNothing(() => stack.destroy());
    assert.equal(certIdOf(), "666-cn-hangzhou");
    assert.match(stack.printed.join(), /666-cn-hangzhou/);
    await up({ certId: "666-cn-hangzhou" });
    bind(site.domain, "other");
    assert.deepEqual(await stack.refresh(), ["certificate"]);
    await sentNothing(() => assert.rejects(up({ certId: "666-cn-hangzhou" }), /not bound to bucket site/));
  });

  it("says so when the service ends a declared binding together with its certificate", async () => {
    await start({ deleteCertificateDropsBinding: true });
    const binding: Program = { binding: ["bucketCname", site] };
    await stack.up({ ...binding, ...program({ certId: "555-cn-hangzhou" }) }, { skipPreview: true });
    await assert.rejects(stack.up(binding, { skipPreview: true }), /ended its binding to bucket site.*pulumi refresh/);
    assert.deepEqual(cloud.state().bindings, []);
    assert.deepEqual((await stack.refresh()).sort(), ["binding", "certificate"]);
  });

  it("is replaced with its domain: the old one loses its certificate", async () => {
    await start({}, [site.domain, "new.example.com"]);
    const inputs = inFiles(await issue());
    await up(inputs);
    assert.deepEqual(await stack.up(program(inputs, "new.example.com"), { skipPreview: true }), {
      certificate: "replace",
    });
    assert.equal(certIdOf(), undefined);
    assert.equal(certIdOf("new.example.com"), stack.output("certificate", "certId"));
    assert.equal(cloud.state().certificates.length, 1);
  });

  it("is Pending with its binding, follows it, and follows it to another bucket with its CertId", async () => {
    await start({}, []);
    const inputs = inFiles(await issue());
    const declare = (bucket: string): Program => ({
      token: ["cnameToken", { ...site, bucket }],
      binding: ["bucketCname", { ...site, bucket, unverified: "pending" }],
      certificate: ["cnameCertificate", { ...site, bucket, ...inputs }],
    });
    const prove = () => {
      for (const { domain, token } of cloud.state().tokens)
        cloud.addRecord({ name: `_dnsauth.${domain}`, type: "TXT", value: token });
    };
    const run = (bucket: string) => stack.up(declare(bucket), { skipPreview: true });
    await run("site");
    assert.equal(stack.output("certificate", "status"), "Pending");
    assert.equal(puts().length, 0);
    assert.deepEqual(await stack.refresh(), []);
    assert.equal(stack.output("certificate", "status"), "Pending");
    prove();
    assert.equal((await run("site")).certificate, "update");
    const certId = certIdOf();
    assert.equal(stack.output("certificate", "certId"), certId);
    assert.equal(stack.output("certificate", "status"), "Enabled");

    // The move waits for the record of the new bucket, and the certificate stays where it is until then.
    await run("other");
    assert.equal(stack.output("certificate", "status"), "Pending");
    assert.deepEqual([cloud.state().bindings[0]?.bucket, certIdOf()], ["site", certId]);
    prove();
    await run("other");
    assert.deepEqual([cloud.state().bindings[0]?.bucket, certIdOf()], ["other", certId]);
    assert.equal(stack.output("certificate", "status"), "Enabled");
    assert.equal(cloud.state().certificates.length, 1);
    assert.equal((await run("other")).certificate, "same");
  });

  it("gets what is there, and fails at what is not", async () => {
    await start();
    change((user) => user.replaceCertificate(site.domain, { certId: "555-cn-hangzhou" }));
    const found = await stack.get("cnameCertificate", site.domain, { bucket: "site", domain: site.domain });
    assert.equal(found.certId, "555-cn-hangzhou");
    assert.equal(found.fingerprint, fingerprintOf("555-cn-hangzhou"));
    assert.equal(found.status, "Enabled");
    for (const domain of ["none.example.com", "gone.example.com"]) {
      if (domain.startsWith("none")) bind(domain);
      await assert.rejects(
        stack.get("cnameCertificate", domain, { bucket: "site", domain }),
        /No CnameCertificate .*example\.com: bucket site lists no certificate/,
      );
    }
    assert.deepEqual(puts(), []);
  });

  it("has nothing of a key in outputs, and nothing undefined", async () => {
    await start();
    await up(texts(await issue()));
    const { outputs, inputs } = stack.state.get("certificate") ?? {};
    assert.deepEqual(Object.keys(outputs ?? {}).sort(), [
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
    assert.ok(!JSON.stringify(outputs).includes("PRIVATE"));
    await up(inFiles(await issue()));
    assert.ok(JSON.stringify(inputs).includes("PRIVATE KEY"));
    assert.ok(!JSON.stringify(stack.state.get("certificate")).includes("PRIVATE"));
  });
});
