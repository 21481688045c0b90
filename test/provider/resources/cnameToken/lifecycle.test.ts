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

  it("makes a token, sends nothing in a second up, and only reads in a refresh", async () => {
    await start();
    await scene.stack.up(www);
    assert.deepEqual(scene.operations(), ["ListCname", "CreateCnameToken"]);
    const token = scene.token("site", site.domain);
    const made = outputs();
    assert.equal(made?.token, token);
    assert.deepEqual(made?.txtRecord, { name: "_dnsauth.www.example.com", type: "TXT", value: token, ttl: 600 });
    scene.forget();
    assert.deepEqual(await scene.stack.up(www), { www: "same" });
    assert.deepEqual(scene.operations(), []);
    await scene.stack.refresh();
    assert.deepEqual(outputs(), made);
    assert.deepEqual(scene.operations(), ["ListCname", "GetCnameToken"]);
  });

  it("adopts a domain that is bound here by one list, with a record that any DNS host takes", async () => {
    await start();
    scene.inConsole.moveBinding(site.domain, "site");
    await scene.stack.up(www);
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

      it("keeps its value while valid, and renews it by up, never by refresh, once it ends while unbound", async () => {
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

      it("keeps its value for ever once bound, whatever OSS says of the token", async () => {
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

  it("gets a token of the new bucket, and a renewed one after an unbinding that refresh saw", async () => {
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

  it("says that OSS gives no token for a domain bound to another bucket, and changes nothing", async () => {
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

  it("refuses a name that OSS would refuse, before any request", async () => {
    await start();
    const bad: Record<string, RegExp> = {
      "": /empty/,
      "*.example.com": /wildcard/,
      "bücher.example.com": /ASCII.*xn--/,
      "例子.com": /ASCII/,
      "https://www.example.com": /scheme/,
      "www.example.com/a": /path/,
      "www.example.com:443": /port/,
      "www example.com": /host name/,
      localhost: /single label/,
      "www..example.com": /empty label/,
      "-a.example.com": /"-a"/,
      "a_b.example.com": /"a_b"/,
      [`${"a".repeat(64)}.example.com`]: /63/,
      [`${"a.".repeat(130)}com`]: /253/,
      "192.168.1.1": /IP address/,
      "a.b": /more than three/,
      "x.oss-cn-hangzhou.aliyuncs.com": /aliyuncs\.com/,
      "www.aliyun.com": /aliyun\.com/,
      "x.aliyun-inc.com": /aliyun-inc\.com/,
      "x.taobaocdn.com": /taobaocdn\.com/,
      "taobao.com": /taobao\.com/,
    };
    const failures = await scene.stack.refusals(
      Object.keys(bad).flatMap((domain) =>
        (["cnameToken", "bucketCname"] as const).map((kind) => [kind, { ...site, domain }] as const),
      ),
    );
    Object.entries(bad).forEach(([domain, reason], index) => {
      for (const refused of failures.slice(2 * index, 2 * index + 2)) {
        assert.deepEqual(
          refused.map(({ property }) => property),
          ["domain"],
          domain,
        );
        assert.match(refused[0]?.reason ?? "", reason);
      }
    });
    assert.deepEqual(scene.operations(), []);
  });

  it("takes a name as people write it, and the longest that is one", async () => {
    await start();
    const good = [" WWW.Example.COM. ", "xn--bcher-kva.example.com", "notaliyun.com", `${"a".repeat(63)}.example.com`];
    assert.deepEqual(await scene.stack.refusals(good.map((domain) => ["cnameToken", { ...site, domain }])), [
      [],
      [],
      [],
      [],
    ]);
    await scene.stack.up({ www: ["cnameToken", { ...site, domain: " WWW.Example.COM. " }] });
    assert.equal(outputs()?.domain, "www.example.com");
    scene.forget();
    assert.deepEqual(await scene.stack.up(www), { www: "same" });
  });

  it("refuses a bucket, region or endpoint that cannot be, naming the property", async () => {
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

  it("lets unknown values pass in a preview: a change, never a replacement", async () => {
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
    await assert.rejects(scene.stack.get("cnameToken", "www.example.com", site), /must be bucket\/domain/);
    assert.ok(scene.operations().every((operation) => ["ListCname", "GetCnameToken"].includes(operation)));
  });

  it("is gone with its bucket, and made anew by the up that makes the bucket anew", async () => {
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
