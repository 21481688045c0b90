import assert from "node:assert/strict";
import type { Challenge } from "../../../../provider/acme/issue";
import { proveByDns } from "../../../../provider/resources/acmeCertificate/dnsProof";
import { Run } from "../../../../provider/run";
import { Scene } from "../../../support/scene";

const AT = "_acme-challenge.www.example.com";
const value = (letter: string) => letter.repeat(43);
const inputs = { names: ["www.example.com"], directory: "https://ca.example/directory" };
const challenge = (letter = "a", name = "www.example.com"): Challenge => ({
  ...{ name, wildcard: false, token: "token", value: value(letter) },
});

describe("a name proven by a TXT record", () => {
  let scene: Scene;
  const printed: string[] = [];
  const newRun = (config: Record<string, string> = {}) =>
    new Run({
      config: { get: (key) => ({ ...scene.cloud.config, ...config })[key] },
      clock: scene.clock,
      print: (line) => printed.push(line),
    });
  const txt = () =>
    scene.cloud
      .state()
      .records.filter(({ type }) => type === "TXT")
      .map(({ name, value }) => `${name} ${value}`)
      .sort();

  beforeEach(async () => {
    scene = await Scene.start();
    printed.length = 0;
  });
  afterEach(() => scene.close());

  it("has it at every server when the CA is asked, and not after that", async () => {
    const { undo } = await proveByDns(newRun(), inputs, challenge());
    assert.deepEqual(txt(), [`${AT} ${value("a")}`]);
    await undo();
    assert.deepEqual(txt(), []);
  });

  it("waits as long as any server answers without it", async () => {
    const before = scene.clock.now();
    scene.cloud.set({ dnsDelayQueries: 3 });
    const { undo } = await proveByDns(newRun(), inputs, challenge());
    assert.ok(scene.clock.now() > before);
    await undo();
  });

  it("gives up in the end, says what the servers have, and removes it", async () => {
    scene.cloud.set({ dnsDelayMs: 3_600_000 });
    await assert.rejects(
      proveByDns(newRun({ "oss-cname:dnsTimeoutSeconds": "5" }), inputs, challenge()),
      /does not appear in DNS\. Nothing was asked of the CA\.\nTXT _acme-challenge\.www\.example\.com/,
    );
    assert.deepEqual(txt(), []);
  });

  it("leaves other values at the same name alone", async () => {
    scene.cloud.addRecord({ name: AT, type: "TXT", value: value("z") });
    const { undo } = await proveByDns(newRun(), inputs, challenge());
    await undo();
    assert.deepEqual(txt(), [`${AT} ${value("z")}`]);
  });

  it("is proven beside its wildcard, each with a value of its own", async () => {
    const run = newRun();
    const both = [challenge("a"), { ...challenge("b"), wildcard: true }];
    const [one, other] = await Promise.all(both.map((each) => proveByDns(run, inputs, each)));
    assert.deepEqual(txt(), [`${AT} ${value("a")}`, `${AT} ${value("b")}`]);
    await one?.undo();
    assert.deepEqual(txt(), [`${AT} ${value("b")}`]);
    await other?.undo();
    assert.deepEqual(txt(), []);
  });

  it("removes what an order for the same names has left behind, and nothing of another", async () => {
    await proveByDns(newRun(), inputs, challenge("a"));
    const others = { ...inputs, names: ["*.www.example.com"] };
    await proveByDns(newRun(), others, challenge("b"));
    const { undo } = await proveByDns(newRun(), inputs, challenge("c"));
    await undo();
    assert.deepEqual(txt(), [`${AT} ${value("b")}`]);
  });

  it("takes a value that is there already, as after a kill in the same order, and removes it", async () => {
    await proveByDns(newRun(), inputs, challenge());
    const { undo } = await proveByDns(newRun(), inputs, challenge());
    assert.equal(scene.operations("AddDomainRecord").length, 1);
    await undo();
    assert.deepEqual(txt(), []);
  });

  it("removes a record whose making was never confirmed", async () => {
    for (const status of [500, 400]) {
      scene.cloud.clearFaults();
      scene.fault({ operation: "AddDomainRecord", status, code: "Broken", after: true, times: 20 });
      await assert.rejects(proveByDns(newRun(), inputs, challenge()), /Broken/);
      assert.deepEqual(txt(), []);
    }
  });

  it("does not fail where only the removal does: it says so, and the next order removes it", async () => {
    const { undo } = await proveByDns(newRun(), inputs, challenge());
    scene.fault({ operation: "DeleteDomainRecord", status: 403, code: "Forbidden.RAM", times: 3 });
    await undo();
    assert.match(printed.join("\n"), /TXT _acme-challenge\.www\.example\.com a+ could not be removed: .*Forbidden/);
    const next = await proveByDns(newRun(), inputs, challenge("b"));
    await next.undo();
    assert.deepEqual(txt(), []);
  });

  it("is asked for in the zone that was given, which must hold it", async () => {
    scene.cloud.addZone("www.example.com");
    const zoneOf = async (dns: { zone?: string }) => {
      const { undo } = await proveByDns(newRun({ "oss-cname:verification": "none" }), { ...inputs, dns }, challenge());
      const [record] = scene.cloud.state().records.filter(({ type }) => type === "TXT");
      await undo();
      return record?.zone;
    };
    assert.equal(await zoneOf({}), "www.example.com");
    assert.equal(await zoneOf({ zone: "example.com" }), "example.com");
    await assert.rejects(zoneOf({ zone: "example.net" }), /does not lie in the zone example\.net/);
  });

  it("says which zones the account has where none holds it", async () =>
    assert.rejects(
      proveByDns(newRun(), inputs, challenge("a", "www.example.net")),
      /No zone .* holds _acme-challenge\.www\.example\.net/,
    ));

  it("gives the servers a while where they cannot be looked at", async () => {
    const before = scene.clock.now();
    const { undo } = await proveByDns(newRun({ "oss-cname:verification": "none" }), inputs, challenge());
    assert.ok(scene.clock.now() - before >= 10_000);
    await undo();
  });
});
