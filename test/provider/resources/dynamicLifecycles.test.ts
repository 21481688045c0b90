import assert from "node:assert/strict";
import type { PropertyMap } from "../../../engine/property/value";
import { providerText } from "../../../provider/resources/dynamicResource";
import { Scene } from "../../support/scene";
import type { Program } from "../../support/stack";

const binding = { bucket: "site", domain: "www.example.com" };
const program: Program = {
  token: ["cnameToken", binding],
  binding: ["bucketCname", binding],
  certificate: ["cnameCertificate", { ...binding, certId: "12345-cn-hangzhou" }],
  record: ["alidnsRecord", { name: "www.example.com", type: "CNAME", value: "site.example.net" }],
  many: ["bucketCnames", { bucket: "site", domains: { "img.example.com": {} } }],
  guard: ["removalGuard", { domains: ["www.example.com"] }],
};

describe("dynamic resources that the plugin made", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.start({ switches: { bindsUnverified: true }, config: { "oss-cname:verification": "none" } });
    await scene.stack.up(program);
    for (const [name, { inputs, outputs, ...entry }] of scene.stack.state) {
      const without = ({ __provider: _, ...others }: PropertyMap) => others;
      scene.stack.state.set(name, { ...entry, inputs: without(inputs), outputs: without(outputs) });
    }
    scene.forget();
  });
  afterEach(() => scene.close());

  it("get the provider's text by an update that sends nothing, once", async () => {
    const before = new Map(scene.stack.state);
    const steps = await scene.stack.up(program);
    assert.deepEqual(new Set(Object.values(steps)), new Set(["update"]));
    for (const [name, [kind]] of Object.entries(program)) {
      const { id, outputs } = scene.stack.state.get(name) ?? assert.fail();
      const old = before.get(name) ?? assert.fail();
      assert.deepEqual([id, outputs], [old.id, { ...old.outputs, __provider: providerText(kind) }]);
    }
    assert.deepEqual(new Set(Object.values(await scene.stack.up(program))), new Set(["same"]));
    assert.deepEqual(scene.operations(), []);
  });

  it("are changed in the same up as well", async () => {
    const record = { name: "www.example.com", type: "CNAME", value: "other.example.net" };
    await scene.stack.up({ ...program, record: ["alidnsRecord", record] });
    assert.equal(scene.stack.output("record", "value"), "other.example.net");
    assert.equal(scene.operations("UpdateDomainRecord").length, 1);
  });
});
