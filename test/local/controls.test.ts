import * as assert from "node:assert/strict";
import { Controls } from "../../local/controls";
import { World } from "../../local/world";

const domain = "www.example.com";

describe("controls", () => {
  let world: World;
  let controls: Controls;
  beforeEach(() => {
    world = new World({});
    controls = new Controls(world);
    for (const name of ["site1", "site2"]) controls.addBucket({ name });
  });

  it("add a bucket, with the account and region of the cloud unless given", () => {
    controls.addBucket({ name: "third", owner: "42", region: "cn-beijing" });
    assert.deepEqual(controls.state().buckets.slice(1), [
      { name: "site2", owner: "1234567890123456", region: "cn-hangzhou" },
      { name: "third", owner: "42", region: "cn-beijing" },
    ]);
  });

  it("refuse an invalid bucket name", () => {
    assert.throws(() => controls.addBucket({ name: "No" }), /not a valid bucket name/);
  });

  it("remove a bucket with its bindings and tokens", () => {
    world.issueToken("site1", domain);
    controls.inConsole.moveBinding(domain, "site1");
    assert.equal(controls.removeBucket("site1"), true);
    const { bindings, tokens } = controls.state();
    assert.deepEqual([bindings, tokens], [[], []]);
  });

  it("add a zone", () => {
    controls.addZone("Example.org.");
    assert.deepEqual(controls.state().zones, ["example.com", "example.org"]);
  });

  describe("remove records", () => {
    beforeEach(() => {
      controls.addRecord({ name: "a.example.com", type: "txt", value: "one" });
      controls.addRecord({ name: "a.example.com", type: "TXT", value: ["t", "wo"] });
      controls.addRecord({ name: "a.example.com", type: "A", value: "192.0.2.1" });
      controls.addRecord({ name: "b.example.com", type: "TXT", value: "one" });
    });
    it("by name", () => assert.equal(controls.removeRecords({ name: "A.example.com." }), 3));
    it("by type", () => assert.equal(controls.removeRecords({ name: "a.example.com", type: "txt" }), 2));
    it("by value", () => assert.equal(controls.removeRecords({ name: "a.example.com", value: "two" }), 1));
  });

  it("set some switches, and leave the others", () => {
    controls.set({ barePut: "drop" });
    const { barePut, fingerprint } = controls.switches;
    assert.deepEqual([barePut, fingerprint], ["drop", "plain"]);
  });

  describe("in the console", () => {
    const binding = () => controls.state().bindings[0];
    beforeEach(() => controls.inConsole.moveBinding(domain, "site1"));

    it("move a binding", () => {
      controls.inConsole.moveBinding(domain.toUpperCase(), "site2");
      assert.equal(binding()?.bucket, "site2");
    });

    it("do not move a binding to a bucket that does not exist", () => {
      assert.throws(() => controls.inConsole.moveBinding(domain, "site3"), /no bucket site3/);
    });

    it("remove a binding", () => {
      controls.inConsole.removeBinding(domain);
      assert.equal(binding(), undefined);
    });

    it("do not remove a binding twice", () => {
      controls.inConsole.removeBinding(domain);
      assert.throws(() => controls.inConsole.removeBinding(domain), /www.example.com is not bound/);
    });

    it("disable and enable a binding", () => {
      controls.inConsole.disable(domain);
      assert.equal(binding()?.status, "Disabled");
      controls.inConsole.enable(domain);
      assert.equal(binding()?.status, "Enabled");
    });

    it("replace and remove a certificate", () => {
      controls.inConsole.replaceCertificate(domain, { certId: "2-cn-hangzhou" });
      assert.equal(binding()?.certId, "2-cn-hangzhou");
      controls.inConsole.removeCertificate(domain);
      assert.equal(binding()?.certId, undefined);
    });

    it("expire a token", () => {
      world.issueToken("site1", domain);
      controls.inConsole.expireToken("site1", domain);
      assert.deepEqual(controls.state().tokens, []);
    });
  });
});
