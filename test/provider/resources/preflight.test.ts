import assert from "node:assert/strict";
import type { ProviderName } from "../../../provider/resources/dynamicResource";
import { Scene } from "../../support/scene";
import { type Program, Stack } from "../../support/stack";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const www = { bucket: "site", domain: "www.example.com" };
const KINDS: readonly ProviderName[] = ["cnameToken", "bucketCname"];

describe("the preview of a new domain", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.start();
  });
  afterEach(() => scene.close());
  const both = (inputs: object = {}): Program => ({
    token: ["cnameToken", { ...www, ...inputs }],
    binding: ["bucketCname", { ...www, ...inputs }],
  });
  const printed = () => scene.stack.printed.join("\n");
  const without = (...keys: string[]) =>
    new Stack(
      Object.fromEntries(Object.entries(scene.stack.config).filter(([key]) => !keys.includes(key))),
      scene.clock,
    );

  describe("without what it needs", () => {
    const names = Object.keys(process.env).filter((name) => /^(ALICLOUD|ALIBABA|OSS_)/.test(name));
    const before = names.map((name) => [name, process.env[name]] as const);
    beforeEach(() => {
      for (const name of names) delete process.env[name];
      // The chain ends with the metadata of a virtual machine, which need not be asked.
      process.env.ALIBABA_CLOUD_ECS_METADATA_DISABLED = "true";
    });
    afterEach(() => {
      delete process.env.ALIBABA_CLOUD_ECS_METADATA_DISABLED;
      for (const [name, value] of before) process.env[name] = value;
    });

    for (const kind of KINDS) {
      it(`fails for ${kind} without a region, and says how to set it`, async () => {
        await assert.rejects(
          without("alicloud:region").preview({ it: [kind, www] }),
          /The region of bucket site is not known.*pulumi config set alicloud:region/,
        );
        assert.deepEqual(scene.operations(), []);
      });

      it(`fails for ${kind} without a key, and says how to set it`, async () => {
        const config = { "alicloud:accessKey": "ak" };
        const half = new Stack(
          { ...without("alicloud:secretKey", "alicloud:accessKey").config, ...config },
          scene.clock,
        );
        await assert.rejects(half.preview({ it: [kind, www] }), /No usable credentials.*alicloud:secretKey/s);
        assert.deepEqual(scene.operations(), []);
      });
    }
  });

  const refusals: [code: string, status: number, said: RegExp][] = [
    ["InvalidAccessKeyId", 403, /ListCname on bucket site failed: InvalidAccessKeyId.*Next: check that the access key/],
    ["AccessDenied", 403, /ListCname on bucket site failed: AccessDenied.*oss:ListCname/s],
  ];
  for (const [code, status, said] of refusals)
    it(`fails with ${code}`, async () => {
      scene.fault({ operation: "ListCname", status, code });
      await assert.rejects(scene.stack.preview(both()), said);
    });

  it("sends one list for all resources of a bucket, and nothing else", async () => {
    const domains = Array.from({ length: 5 }, (_, index) => `d${index}.example.com`);
    const many = domains.flatMap((domain) =>
      KINDS.map((kind) => [`${kind} ${domain}`, [kind, { ...www, domain }]] as const),
    );
    await scene.stack.preview(Object.fromEntries(many));
    assert.deepEqual(scene.operations(), ["ListCname"]);
  });

  it("tells what will be adopted, and so does up", async () => {
    scene.inConsole.moveBinding(www.domain, "site");
    await scene.stack.preview(both());
    assert.match(printed(), /www\.example\.com is bound to bucket site already and is not bound again/);
    assert.deepEqual(scene.operations(), ["ListCname"]);
  });

  it("succeeds for a bucket that does not exist yet, says so once, and looks once", async () => {
    const other = { bucket: "new", domain: "other.example.com" };
    await scene.stack.preview({ ...both({ bucket: "new" }), other: ["bucketCname", other] });
    assert.equal(printed().match(/bucket new does not exist/g)?.length, 1);
    assert.deepEqual(scene.operations(), ["ListCname"]);
  });

  it("does not look where the place is not known yet", async () => {
    for (const key of ["bucket", "domain", "region", "endpoint"])
      for (const kind of KINDS) await scene.stack.preview({ it: [kind, { ...www, [key]: UNKNOWN }] });
    assert.deepEqual(scene.operations(), []);
  });

  describe("of a domain that another bucket has", () => {
    const takeover = (bucket: string): Program => ({ binding: ["bucketCname", { ...www, takeover: { bucket } }] });
    beforeEach(() => scene.inConsole.moveBinding(www.domain, "other"));

    it("fails where the program has domains on that bucket, and names it", async () => {
      const program: Program = { elsewhere: ["cnameToken", { bucket: "other", domain: "a.example.com" }], ...both() };
      await assert.rejects(
        scene.stack.preview(program),
        /Cannot bind www\.example\.com to bucket site: bucket other has it.*takeover: \{ bucket: "other" \}/,
      );
      assert.deepEqual(scene.operations(), ["ListCname", "ListCname"]);
    });

    it("tells of a takeover", async () => {
      await scene.stack.preview(takeover("other"));
      assert.match(printed(), /www\.example\.com is taken over from bucket other/);
      assert.ok(scene.operations().every((operation) => operation === "ListCname"));
    });

    it("fails where takeover names another bucket than that", async () => {
      scene.cloud.addBucket({ name: "third" });
      await assert.rejects(
        scene.stack.preview(takeover("third")),
        /Cannot take www\.example\.com over from bucket third/,
      );
    });

    it("waits for a takeover whose bucket is not known yet", async () => {
      await scene.stack.preview(takeover(UNKNOWN));
      assert.deepEqual(scene.operations(), ["ListCname"]);
    });
  });

  it("needs nothing once the domain is in the state", async () => {
    scene.inConsole.moveBinding(www.domain, "site");
    await scene.stack.up(both());
    scene.forget();
    scene.stack.printed.length = 0;
    await scene.stack.preview(both());
    assert.deepEqual([scene.operations(), printed()], [[], ""]);
  });
});
