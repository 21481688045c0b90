import * as assert from "node:assert/strict";
import { World, type WorldOptions } from "../../local/world";

const DOMAIN = "www.example.com";

describe("world", () => {
  let time: Date;
  const create = (options: WorldOptions = {}) => new World({ now: () => time, ...options });
  beforeEach(() => {
    time = new Date("2026-11-22T10:00:00Z");
  });

  it("refuses a wrong value of a switch", () => {
    assert.throws(() => create({ switches: { fingerprint: "none" as never } }), /no switch fingerprint/);
  });

  it("carries on from the state of another world", () => {
    const before = create({ zones: ["example.org"] });
    before.buckets.set("site", { name: "site", owner: "1", region: "cn-beijing" });
    before.bind("www.example.org", "site", { certId: before.addCertificate({}).certId });
    before.issueToken("site", "a.example.org");
    before.zones.add({ name: "a.example.org", type: "A", value: "192.0.2.1" });
    const state = before.state();
    const after = create({ zones: [], state });
    assert.deepEqual(after.state(), state);
    assert.notEqual(after.addCertificate({}).certId, state.certificates[0]?.certId);
    assert.notEqual(after.zones.add({ name: "b.example.org", type: "A", value: "192.0.2.1" }).id, state.records[0]?.id);
  });

  describe("keeps a token", () => {
    it("for 72 hours", () => {
      const world = create();
      const first = world.issueToken("site", DOMAIN);
      time = new Date("2026-11-25T09:59:59Z");
      assert.equal(world.issueToken("site", DOMAIN).token, first.token);
      assert.equal(world.tokenOf("site", DOMAIN)?.token, first.token);
      time = new Date("2026-11-25T10:00:00Z");
      assert.equal(world.tokenOf("site", DOMAIN), undefined);
      assert.notEqual(world.issueToken("site", DOMAIN).token, first.token);
    });

    it("until it is close to its end, where the switch says so", () => {
      const world = create({ switches: { tokenLifetimeSeconds: 100, tokenRenewalSeconds: 60 } });
      const first = world.issueToken("site", DOMAIN);
      time = new Date("2026-11-22T10:00:40Z");
      assert.equal(world.issueToken("site", DOMAIN).token, first.token);
      time = new Date("2026-11-22T10:00:41Z");
      assert.notEqual(world.issueToken("site", DOMAIN).token, first.token);
    });

    it("until the domain is bound, where the switch says so", () => {
      const world = create({ switches: { tokenAfterBinding: "notFound" } });
      world.issueToken("site", DOMAIN);
      world.bind(DOMAIN, "site");
      assert.equal(world.tokenOf("site", DOMAIN), undefined);
    });
  });

  it("lists the old bindings of both buckets after a move, as often as the switch says", () => {
    const world = create();
    world.bind(DOMAIN, "site");
    world.set({ listLagLists: 1 });
    world.bind(DOMAIN, "other");
    const counts = () => ["site", "other"].map((bucket) => world.listBindings(bucket).length);
    assert.deepEqual(
      [counts(), counts()],
      [
        [1, 0],
        [0, 1],
      ],
    );
  });

  it("stores each upload under a CertId of its own", () => {
    const world = create();
    assert.notEqual(world.addCertificate({}).certId, world.addCertificate({}).certId);
  });

  describe("set up from outside", () => {
    let world: World;
    beforeEach(() => {
      world = create();
      for (const name of ["site1", "site2"]) world.addBucket({ name });
    });

    it("adds a bucket, with the account and region of the cloud unless given", () => {
      world.addBucket({ name: "third", owner: "42", region: "cn-beijing" });
      assert.deepEqual(world.state().buckets.slice(1), [
        { name: "site2", owner: "1234567890123456", region: "cn-hangzhou" },
        { name: "third", owner: "42", region: "cn-beijing" },
      ]);
    });

    it("refuses an invalid bucket name", () => {
      assert.throws(() => world.addBucket({ name: "No" }), /not a valid bucket name/);
    });

    it("removes a bucket with its bindings and tokens", () => {
      world.issueToken("site1", DOMAIN);
      world.inConsole.moveBinding(DOMAIN, "site1");
      assert.equal(world.removeBucket("site1"), true);
      const { bindings, tokens } = world.state();
      assert.deepEqual([bindings, tokens], [[], []]);
    });

    it("adds a zone", () => {
      world.addZone("Example.org.");
      assert.deepEqual(world.state().zones, ["example.com", "example.org"]);
    });

    describe("removes records", () => {
      beforeEach(() => {
        world.addRecord({ name: "a.example.com", type: "txt", value: "one" });
        world.addRecord({ name: "a.example.com", type: "TXT", value: ["t", "wo"] });
        world.addRecord({ name: "a.example.com", type: "A", value: "192.0.2.1" });
        world.addRecord({ name: "b.example.com", type: "TXT", value: "one" });
      });
      it("by name", () => assert.equal(world.removeRecords({ name: "A.example.com." }), 3));
      it("by type", () => assert.equal(world.removeRecords({ name: "a.example.com", type: "txt" }), 2));
      it("by value", () => assert.equal(world.removeRecords({ name: "a.example.com", value: "two" }), 1));
    });

    it("clears faults", () => {
      world.fail({ operation: "*" });
      assert.equal(world.clearFaults(), 1);
      assert.deepEqual(world.faults, []);
    });

    it("sets some switches, and leaves the others", () => {
      world.set({ barePut: "drop" });
      const { barePut, fingerprint } = world.switches;
      assert.deepEqual([barePut, fingerprint], ["drop", "plain"]);
    });
  });
});
