import * as assert from "node:assert/strict";
import { type Cloud, type CloudOptions, startCloud } from "../../../../local";
import { remove } from "../../../support/call";

describe("DeleteCname", () => {
  let cloud: Cloud;

  const start = async (options: CloudOptions = {}) => {
    cloud = await startCloud({ buckets: ["site1", "site2"], ...options });
  };
  afterEach(() => cloud.close());

  beforeEach(async () => {
    await start();
    cloud.inConsole.moveBinding("one.example.com", "site1");
  });

  it("unbinds a domain", async () => {
    assert.equal((await remove(cloud, "site1", "one.example.com")).status, 200);
    assert.equal(cloud.state().bindings.length, 0);
  });

  it("leaves a domain bound to another bucket", async () => {
    assert.equal((await remove(cloud, "site2", "one.example.com")).status, 200);
    assert.equal(cloud.state().bindings.length, 1);
  });

  it("succeeds again and again", async () => {
    await remove(cloud, "site1", "one.example.com");
    assert.equal((await remove(cloud, "site1", "one.example.com")).status, 200);
  });
});
