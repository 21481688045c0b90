import assert from "node:assert/strict";
import fs from "node:fs";
import type { PropertyMap } from "../../../../engine/property/value";
import { providerText } from "../../../../provider/resources/dynamicResource";
import { FleetScene } from "../../../support/fleetScene";
import { CheckFailed, type Program } from "../../../support/stack";

const DOMAINS = ["a.example.com", "b.example.com", "c.example.com"];
const [A = "", B = "", C = ""] = DOMAINS;

describe("BucketCnames", () => {
  let on: FleetScene;
  beforeEach(async () => {
    on = await FleetScene.start();
  });
  afterEach(() => on.close());

  it("binds all domains with one list and two writes each, and then sends nothing", async () => {
    assert.deepEqual(await on.sent(on.fleet(DOMAINS)), { ListCname: 1, CreateCnameToken: 3, PutCname: 3 });
    assert.deepEqual(on.bound(), { [A]: "site", [B]: "site", [C]: "site" });
    assert.deepEqual(await on.sent(on.fleet(DOMAINS)), {});
  });

  it("adopts what is bound already", async () => {
    for (const domain of DOMAINS) on.scene.inConsole.moveBinding(domain, "site");
    assert.deepEqual(await on.sent(on.fleet(DOMAINS)), { ListCname: 1 });
  });

  it("uploads the pair of all domains once, and a renewed one too", async () => {
    const certificate = await on.certificate();
    assert.deepEqual(await on.sent(on.fleet(DOMAINS, { certificate })), {
      ListCname: 1,
      CreateCnameToken: 3,
      PutCname: 6,
    });
    assert.equal(on.uploads(), 1);
    assert.deepEqual(await on.sent(on.fleet(DOMAINS, { certificate })), {});
    assert.equal((await on.sent(on.fleet(DOMAINS, { certificate: await on.certificate() }))).PutCname, 3);
    assert.equal(on.uploads(), 1);
  });

  it("reads the files of a pair once for each domain in a check", async () => {
    const { readFileSync } = fs;
    const certificate = await on.certificate();
    let reads = 0;
    fs.readFileSync = ((...given: Parameters<typeof readFileSync>) => {
      if (Object.values(certificate).includes(String(given[0]))) reads++;
      return readFileSync(...given);
    }) as typeof readFileSync;
    try {
      await on.scene.stack.refusals([on.fleet(DOMAINS, { certificate }).fleet ?? assert.fail()]);
    } finally {
      fs.readFileSync = readFileSync;
    }
    assert.equal(reads, 2 * DOMAINS.length);
  });

  it("gives one domain a certificate of its own", async () => {
    const certificate = { certId: "1-cn-hangzhou" };
    await on.up(on.fleet({ [A]: {}, [B]: { certificate: { certId: "2-cn-hangzhou" } } }, { certificate }));
    assert.deepEqual([on.certIdOf(A), on.certIdOf(B)], ["1-cn-hangzhou", "2-cn-hangzhou"]);
    await on.up(on.fleet({ [A]: {}, [B]: {} }, { certificate }));
    assert.equal(on.certIdOf(B), "1-cn-hangzhou");
    await on.up(on.fleet([A, B]));
    assert.deepEqual([on.certIdOf(A), on.certIdOf(B)], [undefined, undefined]);
    assert.deepEqual(on.bound(), { [A]: "site", [B]: "site" });
  });

  it("touches only the domain that is added, and only the one that is taken away", async () => {
    await on.up(on.fleet([A, B]));
    assert.deepEqual(await on.sent(on.fleet(DOMAINS)), { ListCname: 1, CreateCnameToken: 1, PutCname: 1 });
    assert.deepEqual(await on.sent(on.fleet([B, C])), { ListCname: 1, DeleteCname: 1 });
    assert.deepEqual(on.bound(), { [B]: "site", [C]: "site" });
    assert.deepEqual(await on.sent(on.fleet([B, C])), {});
  });

  it("moves a domain between its buckets", async () => {
    const certificate = await on.certificate();
    await on.up(on.fleet(DOMAINS, { certificate }));
    const moved = on.fleet({ [A]: {}, [B]: { bucket: "other" }, [C]: {} }, { certificate });
    const { DeleteCname, CreateCnameToken } = await on.sent(moved);
    assert.deepEqual([DeleteCname, CreateCnameToken], [1, 1]);
    assert.deepEqual(on.bound(), { [A]: "site", [B]: "other", [C]: "site" });
    assert.equal(on.certIdOf(B), on.certIdOf(A));
    assert.deepEqual(await on.sent(moved), {});
  });

  it("is moved to another bucket as a whole", async () => {
    await on.up(on.fleet(DOMAINS));
    await on.up(on.fleet(DOMAINS, { bucket: "other" }));
    assert.deepEqual(on.bound(), { [A]: "other", [B]: "other", [C]: "other" });
  });

  it("takes a domain from another of its kind in one up, whose update or replacement runs first or last", async () => {
    for (const [from, to] of [
      ["one", "two"],
      ["two", "one"],
    ] as const) {
      const declare = (domains: Readonly<Record<string, readonly string[]>>): Program => ({
        one: ["bucketCnames", { bucket: "site", domains: entries(domains.one ?? []) }],
        two: ["bucketCnames", { bucket: "other", domains: entries(domains.two ?? []) }],
      });
      await on.up(declare({ [from]: DOMAINS }));
      const moved = declare({ [from]: [B, C], [to]: [A] });
      const { DeleteCname } = await on.sent(moved);
      assert.equal(DeleteCname, 1);
      assert.equal(on.bound()[A], to === "one" ? "site" : "other");
      assert.deepEqual(await on.sent(moved), {});
      await on.up(declare({}));
      assert.deepEqual(on.bound(), {});
    }
  });

  it("waits for a moment to hear where a domain comes from", async () => {
    const [one, two] = [
      ["bucketCnames", { bucket: "site", domains: entries([B]) }],
      ["bucketCnames", { bucket: "other", domains: entries([A]) }],
    ] as const satisfies readonly Program[string][];
    await on.up({ one, two });
    const taking = { bucket: "site", domains: entries([A, B]), __provider: TEXT };
    await on.scene.stack.operate(async (provider) => {
      const entry = (name: string) => on.scene.stack.state.get(name) ?? assert.fail();
      const prove = on.scene.meanwhile;
      on.scene.meanwhile = () => {
        prove();
        const leaving = { bucket: "other", domains: {}, __provider: TEXT };
        void provider.diff(entry("two").id, entry("two").outputs, leaving);
      };
      await provider.update(entry("one").id, entry("one").outputs, taking);
    });
    assert.deepEqual(on.bound(), { [A]: "site", [B]: "site" });
  });

  it("goes on if a domain fails, says why, and tries only that one again", async () => {
    on.scene.inConsole.moveBinding(B, "other");
    await assert.rejects(on.up(on.fleet(DOMAINS)), (error: Error) => {
      assert.match(error.message, /^1 of 3 domains failed\. .*\n- b\.example\.com: .*CnameAlreadyExists/);
      return true;
    });
    assert.deepEqual(on.bound(), { [A]: "site", [B]: "other", [C]: "site" });
    on.scene.forget();
    await assert.rejects(on.up(on.fleet(DOMAINS)), /1 of 3 domains failed/);
    assert.deepEqual(on.domainsAsked(), [B]);
    on.scene.forget();
    await on.up(on.fleet({ ...entries(DOMAINS), [B]: { takeover: { bucket: "other" } } }));
    assert.deepEqual(on.domainsAsked(), [B]);
    assert.equal(on.bound()[B], "site");
  });

  it("is not in the state if nothing of it was made", async () => {
    on.scene.fault({ operation: "CreateCnameToken", status: 403, code: "AccessDenied", times: 100 });
    await assert.rejects(on.up(on.fleet(DOMAINS)), /3 of 3 domains failed/);
    assert.equal(on.scene.stack.state.size, 0);
  });

  it("waits for each domain by itself", async () => {
    on.scene.meanwhile = () => {};
    await on.up(on.fleet(DOMAINS, { unverified: "pending" }));
    assert.deepEqual(on.bound(), {});
    on.scene.cloud.addRecord({ name: `_dnsauth.${B}`, type: "TXT", value: on.scene.token("site", B) });
    await on.up(on.fleet(DOMAINS, { unverified: "pending" }));
    assert.deepEqual(on.bound(), { [B]: "site" });
    on.scene.prove();
    await on.up(on.fleet(DOMAINS, { unverified: "pending" }));
    assert.deepEqual(on.bound(), { [A]: "site", [B]: "site", [C]: "site" });
  });

  it("finds again what a refresh found gone", async () => {
    const certificate = await on.certificate();
    await on.up(on.fleet(DOMAINS, { certificate }));
    on.scene.inConsole.removeBinding(B);
    assert.deepEqual(await on.sending(() => on.scene.stack.refresh()), { ListCname: 3, GetCnameToken: 1 });
    on.scene.forget();
    await on.up(on.fleet(DOMAINS, { certificate }));
    assert.deepEqual(on.domainsAsked(), [B]);
    assert.deepEqual([on.bound()[B], on.certIdOf(B)], ["site", on.certIdOf(A)]);
  });

  it("refreshes with one list for each bucket", async () => {
    await on.up(on.fleet({ ...entries(DOMAINS), [C]: { bucket: "other" } }));
    assert.deepEqual(await on.sending(() => on.scene.stack.refresh()), { ListCname: 2 });
    assert.deepEqual(await on.sent(on.fleet({ ...entries(DOMAINS), [C]: { bucket: "other" } })), {});
  });

  it("is destroyed with one request for each domain", async () => {
    await on.up(on.fleet(DOMAINS, { certificate: await on.certificate() }));
    assert.deepEqual(await on.sending(() => on.scene.stack.destroy()), { ListCname: 1, DeleteCname: 3 });
    assert.deepEqual(on.bound(), {});
  });

  it("removes what it can if a domain cannot be removed, and the rest later", async () => {
    await on.up(on.fleet(DOMAINS));
    on.scene.fault({ operation: "DeleteCname", domain: B, status: 403, code: "AccessDenied" });
    await assert.rejects(on.scene.stack.destroy(), /1 of 3 domains failed\. .*\n- b\.example\.com: .*AccessDenied/);
    assert.deepEqual(on.bound(), { [B]: "site" });
    await on.scene.stack.destroy();
    assert.deepEqual(on.bound(), {});
  });

  it("leaves its domains to single resources and takes them back, with lists alone", async () => {
    const certificate = await on.certificate();
    const singles: Program = Object.fromEntries(
      DOMAINS.flatMap((domain): [string, Program[string]][] => {
        const site = { bucket: "site", domain };
        return [
          [`token-${domain}`, ["cnameToken", site]],
          [`binding-${domain}`, ["bucketCname", site]],
          [`certificate-${domain}`, ["cnameCertificate", { ...site, ...certificate }]],
        ];
      }),
    );
    await on.up(singles);
    const everything = JSON.stringify(on.scene.cloud.state().bindings);
    for (const program of [on.fleet(DOMAINS, { certificate }), singles, on.fleet(DOMAINS, { certificate })]) {
      assert.deepEqual(Object.keys(await on.sent(program)), ["ListCname"]);
      assert.equal(JSON.stringify(on.scene.cloud.state().bindings), everything);
    }
  });

  const mistakes: readonly [what: string, inputs: PropertyMap, reason: RegExp][] = [
    ["domains that are a list", { domains: DOMAINS as unknown as PropertyMap }, /domains: must be an object/],
    ["a domain twice", { domains: { "A.example.com": {}, [A]: {} } }, /a\.example\.com is given twice/],
    [
      "names that are no domains",
      { domains: { x: {}, y: {} } },
      /^: x: domain: "x" is a single label.*\n.*: y: domain/,
    ],
    [
      "a bucket for all of them",
      { bucket: "No", domains: entries(DOMAINS) },
      /a\.example\.com, b\.example\.com, c\.example\.com: bucket: /,
    ],
    ["a certificate", { domains: entries(DOMAINS), certificate: { certId: "x" } }, /certId is not a CertId/],
  ];
  for (const [what, inputs, reason] of mistakes)
    it(`refuses ${what} before anything is sent`, async () => {
      await assert.rejects(on.up({ fleet: ["bucketCnames", { bucket: "site", ...inputs }] }), (error: Error) => {
        assert.ok(error instanceof CheckFailed);
        assert.match(error.message, reason);
        return true;
      });
      assert.deepEqual(on.scene.operations(), []);
    });
});

const TEXT = providerText("bucketCnames");

function entries(domains: readonly string[]): PropertyMap {
  return Object.fromEntries(domains.map((domain) => [domain, {}]));
}
