import assert from "node:assert/strict";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { type PropertyMap, secret, UNKNOWN } from "../../engine/property/value";
import { fromStruct, toStruct } from "../../engine/rpc";
import { programState } from "../../provider/programState";
import { ACCOUNT, register } from "../support/acmeScene";
import { createAuthority } from "../support/certificates";
import { FakeEngine } from "../support/fakeEngine";
import { call, NativeProvider } from "../support/nativeProvider";
import { Scene } from "../support/scene";

const DOMAIN = "www.example.com";
const TYPES = "oss-cname:index:";

describe("A component that the plugin constructs", () => {
  let scene: Scene;
  let engine: FakeEngine;
  let plugin: NativeProvider;
  /** One plugin serves many components, and the SDK keeps the engine's address. */
  before(async () => {
    engine = await FakeEngine.start();
  });
  beforeEach(async () => {
    scene = await Scene.start();
    scene.cloud.addZone("example.com");
    plugin = await NativeProvider.start({ clock: scene.clock });
    const request = new pb.ProviderHandshakeRequest();
    request.setEngineAddress(engine.address);
    await call((done) => plugin.client.handshake(request, done));
    await plugin.configure(settings());
    scene.meanwhile = () => scene.prove();
    engine.registered.length = 0;
    engine.logged.length = 0;
  });
  afterEach(async () => {
    plugin.close();
    await scene.close();
  });
  after(() => {
    engine.close();
    // Other tests run in this process.
    programState.flavour = "dynamic";
  });

  const settings = () =>
    Object.fromEntries(Object.entries(scene.cloud.config).map(([key, value]) => [key.replace(/^.*:/, ""), value]));

  /** What the component registers is made by the plugin, as by an engine. */
  const makeAll = (preview: boolean) => {
    engine.make = async ({ urn, name, inputs }) => {
      const of = { type: urn.split("::")[2]?.replace(TYPES, "") ?? "", name, preview };
      const checked = await plugin.check(of, {}, inputs);
      assert.deepEqual(checked.failures, []);
      return plugin.create(of, checked.inputs);
    };
  };

  const construct = async (
    inputs: PropertyMap,
    { preview = false, type = "CustomDomain", providers = {} as Record<string, string> } = {},
  ) => {
    makeAll(preview);
    const request = new pb.ConstructRequest();
    request.setProject("project");
    request.setStack("dev");
    request.setDryrun(preview);
    request.setMonitorendpoint(engine.address);
    request.setType(`${TYPES}${type}`);
    request.setName("www");
    request.setInputs(toStruct(inputs));
    request.setAcceptsOutputValues(true);
    for (const [name, reference] of Object.entries(providers)) request.getProvidersMap().set(name, reference);
    const response = await call<pb.ConstructResponse>((done) => plugin.client.construct(request, done));
    return { urn: response.getUrn(), state: fromStruct(response.getState()) };
  };
  const names = () => engine.registered.map(({ type, name }) => `${type.replace(TYPES, "")} ${name}`);

  it("is a domain with its records in Alibaba Cloud DNS, made in their order by the plugin's own resources", async () => {
    const { urn, state } = await construct({ bucket: "site", domain: DOMAIN, dns: "alidns" });
    assert.equal(urn, `urn:pulumi:dev::project::${TYPES}CustomDomain::www`);
    assert.deepEqual(names(), [
      "CustomDomain www",
      "CnameToken www",
      "AlidnsRecord www-txt",
      "BucketCname www",
      "AlidnsRecord www-cname",
    ]);
    for (const { parent, inputs, aliases, type } of engine.registered.slice(1)) {
      assert.equal(parent, "www");
      assert.ok(!("__provider" in inputs));
      assert.deepEqual(aliases, [type.replace(TYPES, "pulumi-nodejs:dynamic/oss:")]);
    }
    assert.equal(scene.boundTo(DOMAIN), "site");
    const { records, status, cnameTarget, url } = state;
    const expected = { status: "Enabled", cnameTarget: "site.oss-cn-hangzhou.aliyuncs.com", url: `http://${DOMAIN}` };
    assert.deepEqual({ records, status, cnameTarget, url }, { records: [], ...expected });
  });

  it("previews without a write, and knows the target of the CNAME record", async () => {
    const { state } = await construct(
      { bucket: "site", domain: DOMAIN, dns: { alidns: { ttl: 700 } } },
      { preview: true },
    );
    assert.deepEqual([state.status, state.cnameTarget], [UNKNOWN, "site.oss-cn-hangzhou.aliyuncs.com"]);
    assert.equal(engine.registered.find(({ name }) => name === "www-cname")?.inputs.ttl, 700);
    const writes = scene.operations().filter((operation) => !/^(List|Get|Describe)/.test(operation));
    assert.deepEqual(writes, []);
  });

  it("says which records a person has to make", async () => {
    const { state } = await construct({ bucket: "site", domain: DOMAIN, dns: "manual" });
    assert.equal(state.status, "Pending");
    const records = state.records as { type: string; name: string; value: string }[];
    assert.deepEqual(
      records.map(({ type, name }) => `${type} ${name}`),
      [`TXT _dnsauth.${DOMAIN}`, `CNAME ${DOMAIN}`],
    );
    assert.equal(records[0]?.value, scene.token("site", DOMAIN));
    const table = engine.logged.filter(({ text }) => text.startsWith("Create these DNS records"));
    assert.equal(table.length, 1);
    assert.deepEqual(
      engine.logged.filter(({ severity }) => severity === "warning"),
      [],
      "the table says it already",
    );
  });

  it("gives the account of the bucket to all but the records", async () => {
    const account = `urn:pulumi:dev::project::pulumi:providers:oss-cname::intl::id`;
    await construct({ bucket: "site", domain: DOMAIN, dns: "alidns" }, { providers: { "oss-cname": account } });
    assert.deepEqual(
      engine.registered.slice(1).map(({ type, provider }) => [type.replace(TYPES, ""), provider]),
      [
        ["CnameToken", "intl"],
        ["AlidnsRecord", ""],
        ["BucketCname", "intl"],
        ["AlidnsRecord", ""],
      ],
    );
  });

  it("keeps the private key of a certificate secret", async () => {
    const pair = await (await createAuthority()).issue({ names: [DOMAIN] });
    const certificate = { certificate: pair.chain, privateKey: secret(pair.privateKey) };
    const { state } = await construct({ bucket: "site", domain: DOMAIN, dns: "alidns", certificate });
    assert.equal(state.url, `https://${DOMAIN}`);
    const inputs = engine.registered.find(({ type }) => type.endsWith("CnameCertificate"))?.inputs;
    assert.deepEqual(inputs?.privateKey, secret(pair.privateKey));
    assert.notEqual(scene.cloud.state().bindings[0]?.certId, undefined);
  });

  it("has a certificate that is issued for it", async () => {
    await register(scene.cloud.acme.directory, scene.clock);
    const { "oss-cname:acmeAccountKey": acmeAccountKey } = ACCOUNT;
    await plugin.configure({ ...settings(), acmeAccountKey });
    await construct({ bucket: "site", domain: DOMAIN, dns: "alidns", certificate: { acme: { keyType: "P-256" } } });
    assert.ok(names().includes("AcmeCertificate www"));
    const { bindings, certificates } = scene.cloud.state();
    const { chain } = certificates.find(({ certId }) => certId === bindings[0]?.certId) ?? {};
    assert.match(String(chain), /BEGIN CERTIFICATE/);
  });

  for (const [what, inputs, message] of [
    ["a way to keep records that is none", { dns: "route53" }, /dns is "route53": it must be "alidns"/],
    ["no way to keep records", {}, /dns is undefined/],
    ["DNS that is not known yet", { dns: UNKNOWN }, /dns must be known/],
    ["a domain that is not known yet", { domain: UNKNOWN, dns: "none" }, /domain must be known/],
    ["a wildcard", { domain: "*.example.com", dns: "none" }, /is a wildcard/],
  ] as const)
    it(`refuses ${what}`, async () => {
      await assert.rejects(construct({ bucket: "site", domain: DOMAIN, ...inputs }, { preview: true }), message);
      assert.deepEqual(scene.operations(), []);
    });

  it("refuses another component", async () => {
    await assert.rejects(construct({}, { type: "Bucket" }), /no component oss-cname:index:Bucket/);
  });
});

describe("A function of the plugin", () => {
  let scene: Scene;
  let plugin: NativeProvider;
  beforeEach(async () => {
    scene = await Scene.start();
    plugin = await NativeProvider.start({ clock: scene.clock });
    const config = Object.entries(scene.cloud.config).map(([key, value]) => [key.replace(/^.*:/, ""), value]);
    await plugin.configure(Object.fromEntries(config));
  });
  afterEach(async () => {
    plugin.close();
    await scene.close();
  });
  const invoke = async (name: string, args: PropertyMap) => {
    const request = new pb.InvokeRequest();
    request.setTok(`${TYPES}${name}`);
    request.setArgs(toStruct(args));
    return fromStruct((await call<pb.InvokeResponse>((done) => plugin.client.invoke(request, done))).getReturn());
  };

  it("gives the token of a domain, and makes none", async () => {
    await assert.rejects(invoke("getCnameToken", { bucket: "site", domain: DOMAIN }), /CnameTokenNotFound/);
    await plugin.create({ type: "CnameToken" }, { bucket: "site", domain: DOMAIN });
    const { token, txtRecord } = await invoke("getCnameToken", { bucket: "site", domain: DOMAIN });
    assert.equal(token, scene.token("site", DOMAIN));
    assert.deepEqual(txtRecord, { name: `_dnsauth.${DOMAIN}`, type: "TXT", value: token ?? "", ttl: 600 });
  });

  it("lists the domains of a bucket", async () => {
    scene.inConsole.moveBinding(DOMAIN, "site");
    const { cnames, ...rest } = await invoke("listCnames", { bucket: "site" });
    assert.deepEqual(
      (cnames as PropertyMap[]).map(({ domain, status }) => [domain, status]),
      [[DOMAIN, "Enabled"]],
    );
    assert.deepEqual(Object.keys(rest).sort(), ["bucket", "owner"]);
  });

  it("says which argument is missing, and that there is no other function", async () => {
    await assert.rejects(invoke("listCnames", {}), /bucket is missing/);
    await assert.rejects(invoke("deleteCnames", {}), /no function oss-cname:index:deleteCnames/);
    assert.deepEqual(scene.operations(), []);
  });
});
