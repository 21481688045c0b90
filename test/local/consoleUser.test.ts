import * as assert from "node:assert/strict";
import { World } from "../../local/world";

const domain = "www.example.com";

describe("somebody in the console", () => {
  let world: World;
  beforeEach(() => {
    world = new World({});
    for (const name of ["site1", "site2"]) world.addBucket({ name });
    world.inConsole.moveBinding(domain, "site1");
  });

  const binding = () => world.state().bindings[0];

  it("moves a binding", () => {
    world.inConsole.moveBinding(domain.toUpperCase(), "site2");
    assert.equal(binding()?.bucket, "site2");
  });

  it("does not move a binding to a bucket that does not exist", () => {
    assert.throws(() => world.inConsole.moveBinding(domain, "site3"), /no bucket site3/);
  });

  it("removes a binding", () => {
    world.inConsole.removeBinding(domain);
    assert.equal(binding(), undefined);
  });

  it("does not remove a binding twice", () => {
    world.inConsole.removeBinding(domain);
    assert.throws(() => world.inConsole.removeBinding(domain), /www.example.com is not bound/);
  });

  it("disables and enables a binding", () => {
    world.inConsole.disable(domain);
    assert.equal(binding()?.status, "Disabled");
    world.inConsole.enable(domain);
    assert.equal(binding()?.status, "Enabled");
  });

  it("replaces and removes a certificate", () => {
    world.inConsole.replaceCertificate(domain, { certId: "2-cn-hangzhou" });
    assert.equal(binding()?.certId, "2-cn-hangzhou");
    world.inConsole.removeCertificate(domain);
    assert.equal(binding()?.certId, undefined);
  });

  it("expires a token", () => {
    world.issueToken("site1", domain);
    world.inConsole.expireToken("site1", domain);
    assert.deepEqual(world.state().tokens, []);
  });
});
