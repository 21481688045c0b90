import assert from "node:assert/strict";
import type { Switches } from "../../../../local/switches";
import { Scene, type SceneOptions } from "../../../support/scene";
import { CheckFailed, type Program } from "../../../support/stack";

const HOUR = 3_600_000;
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("CnameToken", () => {
  const site = { bucket: "site", domain: "www.example.com" };
  const www: Program = { www: ["cnameToken", site] };
  let scene: Scene;
  const start = async (options: SceneOptions = {}) => {
    scene = await Scene.start(options);
  };
  afterEach(() => scene.close());
  const outputs = () => scene.stack.state.get("www")?.outputs;
  const txtValue = () => (outputs()?.txtRecord as { readonly value: string } | undefined)?.value;

  describe("of an unbound domain", () => {
    let token: string;
    beforeEach(async () => {
      await start();
      await scene.stack.up(www);
      token = scene.token("site", site.domain);
    });

    it("is made after one list, and one of its preview", () =>
      assert.deepEqual(scene.operations(), ["ListCname", "ListCname", "CreateCnameToken"]));

    it("comes with the TXT record to make", () => {
      assert.equal(outputs()?.token, token);
      const record = { name: "_dnsauth.www.example.com", type: "TXT", value: token, ttl: 600 };
      assert.deepEqual(outputs()?.txtRecord, record);
    });

    it("costs no request in a second up", async () => {
      scene.forget();
      assert.deepEqual(await scene.stack.up(www), { www: "same" });
      assert.deepEqual(scene.operations(), []);
    });

    it("is only read by a refresh", async () => {
      const made = outputs();
      scene.forget();
      await scene.stack.refresh();
      assert.deepEqual(outputs(), made);
      assert.deepEqual(scene.operations(), ["ListCname", "GetCnameToken"]);
    });
  });

  it("adopts a bound domain by one list, with a record that any DNS host takes", async () => {
    await start();
    scene.inConsole.moveBinding(site.domain, "site");
    await scene.stack.up(www, { skipPreview: true });
    assert.deepEqual(scene.operations(), ["ListCname"]);
    assert.equal(outputs()?.bound, true);
    assert.equal(outputs()?.token, "");
    assert.match(txtValue() ?? "", /^\S+$/);
    scene.forget();
    assert.deepEqual(await scene.stack.up(www), { www: "same" });
    assert.deepEqual(scene.operations(), []);
    await scene.stack.destroy();
    assert.equal(scene.boundTo(site.domain), "site");
  });

  const settings: Partial<Switches>[] = [
    {},
    { tokenAfterBinding: "notFound" },
    { listLagLists: 1 },
    { tokenRenewalSeconds: 7200 },
    { tokenAfterBinding: "notFound", listLagLists: 1 },
  ];
  for (const switches of settings)
    describe(`with ${JSON.stringify(switches)}`, () => {
      beforeEach(() => start({ switches }));

      it("keeps its value while it is valid, and is renewed by up alone", async () => {
        await scene.stack.up(www);
        const first = outputs()?.token;
        scene.clock.pass(70 * HOUR);
        scene.forget();
        assert.deepEqual(await scene.stack.up(www), { www: "same" });
        assert.deepEqual(scene.operations(), []);
        scene.clock.pass(1.5 * HOUR);
        await scene.stack.refresh();
        assert.equal(outputs()?.token, first);
        assert.deepEqual(await scene.stack.preview(www), { www: "update" });
        assert.ok(!scene.operations().includes("CreateCnameToken"));
        // Within the last hour the service may give the same token again; then nothing is lost.
        await scene.stack.up(www);
        assert.equal(outputs()?.token, scene.token("site", site.domain));
        scene.clock.pass(73 * HOUR);
        await scene.stack.refresh();
        await scene.stack.up(www);
        assert.notEqual(outputs()?.token, first);
        assert.equal(outputs()?.token, scene.token("site", site.domain));
        assert.equal(txtValue(), outputs()?.token);
        scene.forget();
        assert.deepEqual(await scene.stack.up(www), { www: "same" });
        assert.deepEqual(scene.operations(), []);
      });

      it("keeps its value for ever once its domain is bound", async () => {
        const bound: Program = { ...www, binding: ["bucketCname", site] };
        await scene.stack.up(www);
        const first = outputs()?.token;
        scene.prove();
        await scene.stack.up(bound);
        for (const hours of [1, 80, 2000]) {
          scene.clock.pass(hours * HOUR);
          scene.forget();
          assert.deepEqual(await scene.stack.up(bound), { www: "same", binding: "same" });
          // One list in the preview and one in the up, for all domains of the bucket.
          assert.ok(scene.operations().length <= (hours === 1 ? 0 : 2));
          assert.ok(scene.operations().every((operation) => operation === "ListCname"));
          await scene.stack.refresh();
          assert.deepEqual(await scene.stack.preview(bound), { www: "same", binding: "same" });
          assert.equal(outputs()?.token, first);
          assert.equal(txtValue(), first);
          assert.ok(!scene.operations().includes("CreateCnameToken"));
        }
      });
    });

  it("asks once for all domains of a bucket when their tokens have ended", async () => {
    await start();
    const names = ["a", "b", "c", "d"];
    const many: Program = Object.fromEntries(
      names.map((name) => [name, ["cnameToken", { bucket: "site", domain: `${name}.example.com` }]]),
    );
    await scene.stack.up(many);
    for (const name of names) scene.inConsole.moveBinding(`${name}.example.com`, "site");
    scene.clock.pass(100 * HOUR);
    scene.forget();
    await scene.stack.preview(many);
    assert.deepEqual(scene.operations(), ["ListCname"]);
  });

  it("is another one when the bucket changes, and after a refresh that found the domain unbound", async () => {
    await start();
    await scene.stack.up(www);
    const first = outputs()?.token;
    await scene.stack.up({ www: ["cnameToken", { ...site, bucket: "other" }] });
    assert.equal(outputs()?.token, scene.token("other", site.domain));
    assert.notEqual(outputs()?.token, first);
    await scene.stack.refresh();
    assert.equal(outputs()?.bucket, "other");
    scene.inConsole.moveBinding(site.domain, "other");
    await scene.stack.refresh();
    assert.equal(outputs()?.bound, true);
    scene.inConsole.removeBinding(site.domain);
    scene.clock.pass(100 * HOUR);
    await scene.stack.refresh();
    assert.equal(outputs()?.bound, false);
    await scene.stack.up({ www: ["cnameToken", { ...site, bucket: "other" }] });
    assert.equal(outputs()?.token, scene.token("other", site.domain));
  });

  it("says that OSS gives no token for a domain that another bucket has", async () => {
    await start({ switches: { tokenWhileBoundElsewhere: "refuse" } });
    scene.inConsole.moveBinding(site.domain, "other");
    await assert.rejects(scene.stack.up(www), /NoNeedCreateCnameToken.*bound to another bucket.*Next: unbind/s);
    assert.equal(scene.boundTo(site.domain), "other");
  });

  it("adopts a binding that a list was behind on", async () => {
    await start({ switches: { listLagLists: 2 } });
    scene.inConsole.moveBinding(site.domain, "site");
    await scene.stack.up(www);
    assert.equal(outputs()?.bound, true);
  });

  it("passes TooManyCnameToken on with what to do", async () => {
    await start({ switches: { tokensPerBucket: 0 } });
    await assert.rejects(scene.stack.up(www), /TooManyCnameToken.*HTTP 400.*Next: wait.*72 hours/s);
    assert.equal(scene.operations("CreateCnameToken").length, 1);
  });

  it("refuses a domain that OSS would refuse, before any request", async () => {
    await start();
    const [failures = []] = await scene.stack.refusals([["cnameToken", { ...site, domain: "*.example.com" }]]);
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["domain"],
    );
    assert.match(failures[0]?.reason ?? "", /wildcard/);
    assert.deepEqual(scene.operations(), []);
  });

  it("takes a domain as people write it, and keeps it in lower case", async () => {
    await start();
    await scene.stack.up({ www: ["cnameToken", { ...site, domain: " WWW.Example.COM. " }] });
    assert.equal(outputs()?.domain, "www.example.com");
    scene.forget();
    assert.deepEqual(await scene.stack.up(www), { www: "same" });
  });

  it("refuses an invalid bucket, region or endpoint, naming the property", async () => {
    await start();
    const refused = await scene.stack.refusals([
      ["cnameToken", { domain: site.domain }],
      ["cnameToken", { ...site, bucket: "Site" }],
      ["cnameToken", { ...site, region: "oss-cn-hangzhou" }],
      ["cnameToken", { ...site, endpoint: "https://site.oss-cn-hangzhou.aliyuncs.com" }],
    ]);
    assert.deepEqual(
      refused.map((failures) => failures.map(({ property }) => property)),
      [["bucket"], ["bucket"], ["region"], ["endpoint"]],
    );
    assert.deepEqual(scene.operations(), []);
    await assert.rejects(scene.stack.up({ www: ["cnameToken", { bucket: "site" }] }), CheckFailed);
  });

  it("takes values that are not known yet for a change, never a replacement", async () => {
    await start();
    await scene.stack.up(www);
    scene.forget();
    for (const key of ["bucket", "domain", "region", "endpoint"])
      assert.deepEqual(await scene.stack.preview({ www: ["cnameToken", { ...site, [key]: UNKNOWN }] }), {
        www: "update",
      });
    assert.deepEqual(scene.operations(), []);
    assert.deepEqual(await scene.stack.preview({ www: ["cnameToken", { ...site, domain: "new.example.com" }] }), {
      www: "replace",
    });
  });

  it("gets an existing token and fails on a missing one, writing nothing", async () => {
    await start();
    await scene.stack.up(www);
    scene.forget();
    const got = await scene.stack.get("cnameToken", "site/www.example.com", site);
    assert.equal(got.token, scene.token("site", site.domain));
    await assert.rejects(
      scene.stack.get("cnameToken", "site/none.example.com", { ...site, domain: "none.example.com" }),
      /No CnameToken site\/none\.example\.com/,
    );
    await assert.rejects(scene.stack.get("cnameToken", "a/site/www.example.com", site), /an id is bucket\/domain/);
    assert.ok(scene.operations().every((operation) => ["ListCname", "GetCnameToken"].includes(operation)));
  });

  it("is gone with its bucket, and made again with it", async () => {
    await start();
    await scene.stack.up(www);
    scene.cloud.removeBucket("site");
    scene.clock.pass(100 * HOUR);
    assert.deepEqual(await scene.stack.preview(www), { www: "update" });
    assert.deepEqual(await scene.stack.refresh(), ["www"]);
    await assert.rejects(scene.stack.up(www), /NoSuchBucket.*Next: check the bucket's name/s);
    scene.cloud.addBucket({ name: "site" });
    await scene.stack.up(www);
    assert.equal(outputs()?.token, scene.token("site", site.domain));
  });
});
