import assert from "node:assert/strict";
import { Scene, type SceneOptions } from "../../../support/scene";
import type { Program } from "../../../support/stack";

const domain = "www.example.com";
const taking = (more: object = {}): Program => ({
  token: ["cnameToken", { bucket: "site", domain }],
  binding: ["bucketCname", { bucket: "site", domain, takeover: { bucket: "other" }, ...more }],
});

describe("a takeover", () => {
  let scene: Scene;
  afterEach(() => scene.close());
  /** Bound to `other` by somebody else, with a token of `site`. */
  const start = async (options: SceneOptions = {}) => {
    scene = await Scene.start({ ...options });
    scene.inConsole.moveBinding(domain, "other");
    await scene.stack.up({ token: ["cnameToken", { bucket: "site", domain }] });
    scene.forget();
  };

  /** OSS refuses the domain only after it was unbound. */
  const refuseMidway = () => {
    scene.fault({ operation: "PutCname", bucket: "site", status: 409, code: "CnameAlreadyExists" });
    scene.fault({ operation: "PutCname", bucket: "site", status: 403, code: "CnameIsRisk" });
  };

  it("takes the domain over once the record is there", async () => {
    await start();
    scene.prove("site", 5);
    await scene.stack.up(taking());
    assert.equal(scene.boundTo(domain), "site");
    assert.deepEqual(scene.moves(), ["PutCname site", "DeleteCname other", "PutCname site"]);
  });

  it("sends nothing in the ups after it", async () => {
    await start();
    scene.prove();
    await scene.stack.up(taking());
    scene.forget();
    assert.deepEqual(await scene.stack.up(taking()), { token: "same", binding: "same" });
    assert.deepEqual(scene.operations(), []);
  });

  it("unbinds nothing when the record does not come in time", async () => {
    await start();
    await assert.rejects(scene.stack.up(taking({ dnsTimeoutSeconds: 60 })), /still bound to bucket other/);
    assert.deepEqual(scene.moves(), []);
  });

  it("leaves the other bucket's binding alone when it is destroyed while pending", async () => {
    await start();
    await scene.stack.up(taking({ unverified: "pending" }));
    assert.equal(scene.stack.output("binding", "status"), "Pending");
    await scene.stack.destroy();
    assert.deepEqual(scene.moves(), []);
    assert.equal(scene.boundTo(domain), "other");
  });

  for (const [title, bucket] of [
    ["does not list the domain", "other"],
    ["does not exist", "nowhere"],
  ] as const)
    it(`is refused when the named bucket ${title}`, async () => {
      await start();
      scene.inConsole.removeBinding(domain);
      scene.prove();
      await assert.rejects(
        scene.stack.up(taking({ takeover: { bucket } })),
        new RegExp(`from bucket ${bucket}: that bucket does not list it.*Nothing was changed`, "s"),
      );
      assert.deepEqual(scene.moves(), []);
    });

  const invalid = [
    { bucket: "site" },
    { bucket: "B" },
    {},
    "other",
    { bucket: "other", region: "Mars" },
    { bucket: "other", endpoint: "a b" },
  ];
  for (const takeover of invalid)
    it(`is refused as ${JSON.stringify(takeover)}`, async () => {
      await start();
      const [failures] = await scene.stack.refusals([["bucketCname", { bucket: "site", domain, takeover }]]);
      assert.deepEqual(
        failures?.map(({ property }) => property),
        ["takeover"],
      );
    });

  it("explains that OSS gives no token while the domain is bound elsewhere", async () => {
    scene = await Scene.start({ switches: { tokenWhileBoundElsewhere: "refuse" } });
    scene.inConsole.moveBinding(domain, "other");
    await assert.rejects(
      scene.stack.up(taking()),
      /NoNeedCreateCnameToken.*Nothing was changed.*unbind the domain there/s,
    );
    assert.deepEqual(scene.moves(), []);
  });

  it("binds back when it cannot bind", async () => {
    await start({ switches: { bindsUnverified: true } });
    scene.prove();
    refuseMidway();
    await assert.rejects(scene.stack.up(taking()), /CnameIsRisk.*bound back to bucket other/s);
    assert.equal(scene.boundTo(domain), "other");
    assert.ok(!scene.stack.state.has("binding"));
    await scene.stack.up(taking());
    assert.equal(scene.boundTo(domain), "site");
  });

  describe("that left the domain bound nowhere", () => {
    beforeEach(async () => {
      await start();
      scene.prove();
      refuseMidway();
      await assert.rejects(
        scene.stack.up(taking()),
        /CnameIsRisk.*Binding it back failed.*bound nowhere now.*tries again/s,
      );
      assert.equal(scene.boundTo(domain), undefined);
    });

    it("is kept as Pending, through a refresh too", async () => {
      assert.equal(scene.stack.output("binding", "status"), "Pending");
      assert.deepEqual(await scene.stack.refresh(), []);
    });

    it("is finished by the next up", async () => {
      assert.deepEqual(await scene.stack.up(taking()), { token: "same", binding: "update" });
      assert.equal(scene.boundTo(domain), "site");
      assert.equal(scene.stack.output("binding", "status"), "Enabled");
    });
  });

  it("says which permission is missing on the other bucket", async () => {
    await start();
    scene.prove();
    scene.fault({
      operation: "DeleteCname",
      bucket: "other",
      status: 403,
      code: "AccessDenied",
      ec: "0003-00000001",
    });
    await assert.rejects(
      scene.stack.up(taking()),
      /DeleteCname www\.example\.com on bucket other.*acs:oss:\*:\*:other/s,
    );
    assert.deepEqual(scene.moves(), ["PutCname site", "DeleteCname other"]);
    assert.equal(scene.boundTo(domain), "other");
  });

  it("unbinds nothing when OSS refuses the domain anyway", async () => {
    await start();
    scene.prove();
    scene.fault({ operation: "PutCname", bucket: "site", status: 403, code: "CnameIsRisk" });
    await assert.rejects(scene.stack.up(taking()), /CnameIsRisk/);
    assert.deepEqual(scene.moves(), ["PutCname site"]);
    assert.equal(scene.boundTo(domain), "other");
  });

  it("takes the domain although OSS says that another user has it, as of a bucket whose policy lets us in", async () => {
    await start();
    scene.prove();
    scene.fault({ operation: "PutCname", bucket: "site", status: 403, code: "CnameDenied" });
    await scene.stack.up(taking());
    assert.equal(scene.boundTo(domain), "site");
  });

  it("that only the user can vouch for waits for that, and unbinds nothing before", async () => {
    await start({ config: { "oss-cname:verification": "none" } });
    scene.prove();
    await assert.rejects(scene.stack.up(taking()), /still bound to bucket other.*confirmedToken/s);
    assert.deepEqual(scene.moves(), ["PutCname site"]);
    await scene.stack.up(taking({ confirmedToken: scene.token("site", domain) }));
    assert.equal(scene.boundTo(domain), "site");
  });
});
