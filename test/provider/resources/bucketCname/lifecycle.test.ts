import assert from "node:assert/strict";
import { providerText } from "../../../../provider/resources/dynamicResource";
import { Scene, type SceneOptions } from "../../../support/scene";
import type { Program } from "../../../support/stack";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("BucketCname", () => {
  const site = { bucket: "site", domain: "www.example.com" };
  const token: Program = { token: ["cnameToken", site] };
  const bound: Program = { ...token, binding: ["bucketCname", site] };
  let scene: Scene;
  const start = async (options: SceneOptions = {}) => {
    scene = await Scene.start(options);
  };
  /** With the domain bound by the stack. */
  const startBound = async (options?: SceneOptions) => {
    await start(options);
    await scene.stack.up(token);
    scene.prove();
    await scene.stack.up(bound);
    scene.forget();
  };
  afterEach(() => scene.close());
  const status = () => scene.stack.output("binding", "status");

  describe("of a domain whose TXT record exists", () => {
    beforeEach(async () => {
      await start();
      await scene.stack.up(token);
      scene.prove();
      scene.forget();
      await scene.stack.up(bound);
    });

    it("is bound by one PutCname", () => {
      assert.equal(scene.boundTo(site.domain), "site");
      assert.equal(scene.operations("PutCname").length, 1);
    });

    it("has status and target of the CNAME record as outputs", () =>
      assert.deepEqual(scene.stack.state.get("binding")?.outputs, {
        ...site,
        status: "Enabled",
        pendingReason: "",
        recordState: "",
        cnameTarget: "site.oss-cn-hangzhou.aliyuncs.com",
        __provider: providerText("bucketCname"),
      }));

    it("lets a preview know the target of the CNAME record, unless it depends on what is not known", () =>
      scene.stack.operate(async (provider) => {
        const __provider = providerText("bucketCname");
        const targetOf = async (more: object) =>
          (await provider.check({}, { ...site, ...more, __provider })).inputs.cnameTarget;
        assert.equal(await targetOf({ region: "cn-beijing" }), "site.oss-cn-beijing.aliyuncs.com");
        assert.equal(await targetOf({}), "site.oss-cn-hangzhou.aliyuncs.com");
        for (const field of ["bucket", "region", "endpoint"])
          assert.equal(await targetOf({ [field]: UNKNOWN }), undefined);
      }));

    it("costs no request in a second up", async () => {
      scene.forget();
      assert.deepEqual(await scene.stack.up(bound), { token: "same", binding: "same" });
      assert.deepEqual(scene.operations(), []);
    });

    it("is unbound by destroy", async () => {
      await scene.stack.destroy();
      assert.equal(scene.boundTo(site.domain), undefined);
      assert.equal(scene.operations("DeleteCname").length, 1);
    });
  });

  it("becomes Pending without failing, and is bound by a later up", async () => {
    await start({});
    const pending: Program = { ...token, binding: ["bucketCname", { ...site, unverified: "pending" }] };
    await scene.stack.up(pending);
    assert.equal(status(), "Pending");
    assert.equal(scene.operations("PutCname").length, 0);
    scene.prove();
    assert.deepEqual(await scene.stack.up(pending), { token: "same", binding: "update" });
    assert.equal(status(), "Enabled");
  });

  it("adopts a domain that is bound already, without a write, and says so", async () => {
    await start({});
    scene.inConsole.moveBinding(site.domain, "site");
    await scene.stack.up(bound, { skipPreview: true });
    assert.deepEqual(scene.operations(), ["ListCname"]);
    assert.match(
      scene.stack.printed.join("\n"),
      /www\.example\.com is bound to bucket site already and is not bound again/,
    );
  });

  it("names the public host of a finance region as target of the CNAME record", async () => {
    await start();
    scene.cloud.addBucket({ name: "bank", region: "cn-hangzhou-finance" });
    const bank = { bucket: "bank", domain: "bank.example.com", region: "cn-hangzhou-finance" };
    scene.inConsole.moveBinding(bank.domain, "bank");
    await scene.stack.up({ binding: ["bucketCname", bank] });
    assert.equal(scene.stack.output("binding", "cnameTarget"), "bank.oss-cn-hzfinance.aliyuncs.com");
  });

  it("costs one list for all domains of a bucket that are bound at once", async () => {
    await start({ switches: { bindsUnverified: true }, config: { "oss-cname:verification": "none" } });
    const domains = Array.from({ length: 25 }, (_, index) => `d${index}.example.com`);
    await scene.stack.operate(async (provider) => {
      for (const kind of ["cnameToken", "bucketCname"] as const)
        await Promise.all(
          domains.map((domain) => provider.create({ bucket: "site", domain, __provider: providerText(kind) })),
        );
    });
    assert.equal(scene.cloud.state().bindings.length, 25);
    assert.deepEqual(
      ["ListCname", "CreateCnameToken", "PutCname", "GetCnameToken"].map((each) => scene.operations(each).length),
      [1, 25, 25, 0],
    );
  });

  it("shows after a refresh that somebody has disabled it, and changes nothing", async () => {
    await startBound();
    scene.inConsole.disable(site.domain);
    assert.deepEqual(await scene.stack.refresh(), []);
    assert.equal(status(), "Disabled");
    scene.forget();
    assert.deepEqual(await scene.stack.up(bound), { token: "same", binding: "same" });
    assert.deepEqual(scene.operations(), []);
  });

  it("is gone after a refresh when somebody has unbound it, and bound again by up", async () => {
    await startBound();
    scene.inConsole.removeBinding(site.domain);
    assert.deepEqual(await scene.stack.refresh(), ["binding"]);
    assert.deepEqual(await scene.stack.up(bound), { token: "same", binding: "create" });
    assert.equal(scene.boundTo(site.domain), "site");
  });

  it("leaves a domain alone that somebody has moved to another bucket", async () => {
    await startBound();
    scene.inConsole.moveBinding(site.domain, "other");
    const kept = new Map(scene.stack.state);
    assert.deepEqual(await scene.stack.refresh(), ["binding"]);
    for (const [name, entry] of kept) scene.stack.state.set(name, entry);
    await scene.stack.destroy();
    assert.equal(scene.operations("DeleteCname").length, 0);
    assert.equal(scene.boundTo(site.domain), "other");
  });

  it("is gone and can be destroyed when its bucket is gone", async () => {
    await startBound();
    scene.cloud.removeBucket("site");
    const kept = new Map(scene.stack.state);
    assert.deepEqual(await scene.stack.refresh(), ["token", "binding"]);
    for (const [name, entry] of kept) scene.stack.state.set(name, entry);
    await scene.stack.destroy();
    assert.equal(scene.operations("DeleteCname").length, 0);
  });

  it("stays in the state when it cannot be unbound", async () => {
    await startBound();
    scene.fault({ operation: "DeleteCname", status: 403, code: "AccessDenied", ec: "0003-00000001" });
    await assert.rejects(scene.stack.destroy(), /AccessDenied.*oss:DeleteCname/s);
    assert.ok(scene.stack.state.has("binding"));
    await scene.stack.destroy();
    assert.equal(scene.boundTo(site.domain), undefined);
  });

  it("is replaced when its domain changes: the new one is bound before the old one goes", async () => {
    await startBound();
    const next = { ...site, domain: "new.example.com" };
    await scene.stack.up({ ...bound, next: ["cnameToken", next] });
    scene.prove();
    scene.forget();
    const program: Program = { token: ["cnameToken", next], binding: ["bucketCname", next] };
    assert.deepEqual(await scene.stack.up(program), { token: "replace", binding: "replace", next: "delete" });
    const writes = scene.cloud.requests().filter(({ operation }) => /Put|Delete/.test(operation));
    assert.deepEqual(
      writes.map(({ operation, domain }) => `${operation} ${domain}`),
      ["PutCname new.example.com", "DeleteCname www.example.com"],
    );
  });

  it("takes values that are not known yet for changes, never replacements", async () => {
    await startBound();
    const plan = async (more: object) =>
      (await scene.stack.preview({ ...token, binding: ["bucketCname", { ...site, ...more }] })).binding;
    for (const key of ["bucket", "domain", "region", "endpoint"])
      assert.equal(await plan({ [key]: UNKNOWN }), "update", key);
    for (const key of ["token", "verification", "unverified", "dnsTimeoutSeconds", "takeover"])
      assert.equal(await plan({ [key]: UNKNOWN }), "same", key);
    assert.equal(await plan({ takeover: { bucket: UNKNOWN, region: UNKNOWN } }), "same");
    assert.deepEqual(scene.operations(), []);
  });

  it("is not changed by operational options or another provider text alone", async () => {
    await startBound();
    const options = {
      token: "0".repeat(32),
      verification: "none",
      unverified: "pending",
      dnsTimeoutSeconds: 5,
      createTimeoutSeconds: 7,
      updateTimeoutSeconds: 7,
      takeover: { bucket: "other" },
    };
    const binding = scene.stack.state.get("binding");
    assert.ok(binding);
    const outputs = { ...binding.outputs, __provider: 'exports.handler = () => require("x").bucketCname;' };
    scene.stack.state.set("binding", { ...binding, outputs });
    assert.deepEqual(await scene.stack.up({ ...token, binding: ["bucketCname", { ...site, ...options }] }), {
      token: "same",
      binding: "same",
    });
    assert.deepEqual(scene.operations(), []);
  });

  const invalid: Record<string, unknown> = {
    verification: "dns",
    unverified: "ignore",
    dnsTimeoutSeconds: -1,
    takeover: { bucket: "site" },
  };
  for (const [option, value] of Object.entries(invalid))
    it(`refuses ${option} ${JSON.stringify(value)}`, async () => {
      await start();
      const [failures] = await scene.stack.refusals([["bucketCname", { ...site, [option]: value } as typeof site]]);
      assert.deepEqual(
        failures?.map(({ property }) => property),
        [option],
      );
    });

  it("gets an existing binding and fails on a missing one", async () => {
    await startBound();
    assert.equal((await scene.stack.get("bucketCname", "www.example.com", site)).status, "Enabled");
    await assert.rejects(
      scene.stack.get("bucketCname", "none.example.com", { ...site, domain: "none.example.com" }),
      /No BucketCname none\.example\.com: bucket site does not list/,
    );
    await assert.rejects(
      scene.stack.get("bucketCname", "www.example.com", { ...site, bucket: "other" }),
      /does not list/,
    );
  });
});
