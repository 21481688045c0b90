import assert from "node:assert/strict";
import { Scene } from "../../../support/scene";
import type { Program } from "../../../support/stack";

const target = "site.oss-cn-hangzhou.aliyuncs.com";
const recordTo = (to: string, name = "www.example.com"): Program => ({ cname: ["manualRecord", { name, target: to }] });
const program = recordTo(target);

describe("ManualRecord", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.start();
  });
  afterEach(() => scene.close());
  const missing = () => scene.stack.output("cname", "missing");
  const add = (value = target, name = "www.example.com") => scene.cloud.addRecord({ name, type: "CNAME", value });

  it("is no failure while it is missing, and every up looks again", async () => {
    for (const step of ["create", "update", "update"]) {
      assert.deepEqual(await scene.stack.up(program), { cname: step });
      assert.equal(missing(), "missing");
    }
    add();
    assert.deepEqual(await scene.stack.up(program), { cname: "update" });
    assert.equal(missing(), "");
  });

  it("is not looked at any more once it was seen", async () => {
    add();
    await scene.stack.up(program);
    // Neither preview nor up could ask this server.
    Object.assign(scene.stack.config, { "oss-cname:dnsServers": "127.0.0.1:1" });
    assert.deepEqual(await scene.stack.up(program), { cname: "same" });
    assert.equal(missing(), "");
  });

  it("is looked at again when its target changes", async () => {
    add();
    await scene.stack.up(program);
    assert.deepEqual(await scene.stack.up(recordTo("other.oss-cn-hangzhou.aliyuncs.com")), { cname: "update" });
    assert.equal(missing(), "leads elsewhere");
  });

  it("is another one with another name", async () => {
    await scene.stack.up(program);
    assert.deepEqual(await scene.stack.up(recordTo(target, "shop.example.com")), { cname: "replace" });
  });

  it("that somebody has removed is found missing by refresh", async () => {
    add();
    await scene.stack.up(program);
    scene.cloud.removeRecords({ name: "www.example.com" });
    assert.deepEqual(await scene.stack.refresh(), []);
    assert.equal(missing(), "missing");
  });

  it("that cannot be looked at is said so, and no failure", async () => {
    Object.assign(scene.stack.config, { "oss-cname:dnsServers": "127.0.0.1:1" });
    await scene.stack.up(program);
    assert.equal(missing(), "cannot be looked at from here");
  });

  it("asks nothing of OSS, and leaves the record when it is destroyed", async () => {
    add();
    await scene.stack.up(program);
    await scene.stack.destroy();
    assert.deepEqual(scene.operations(), []);
    assert.equal(scene.cloud.state().records.length, 1);
  });

  it("cannot be imported", async () =>
    assert.rejects(
      scene.stack.get("manualRecord", "www.example.com", { name: "www.example.com", target }),
      /cannot be imported/,
    ));
});
