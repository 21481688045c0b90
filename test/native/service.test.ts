import assert from "node:assert/strict";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { ResourceInitError } from "../../engine/execute/providerHost";
import { isSecret, type PropertyMap, secret, UNKNOWN } from "../../engine/property/value";
import { fromStruct, toStruct } from "../../engine/rpc";
import type { Switches } from "../../local";
import { keyLines } from "../support/certificateScene";
import { createAuthority } from "../support/certificates";
import { FakeEngine } from "../support/fakeEngine";
import { call, NativeProvider } from "../support/nativeProvider";
import { Scene } from "../support/scene";

const DOMAIN = "www.example.com";
const BINDING = { bucket: "site", domain: DOMAIN };
const TOKEN = { type: "CnameToken", name: "www" };
const BUCKET_CNAME = { type: "BucketCname", name: "www" };
const TARGET = "site.oss-cn-hangzhou.aliyuncs.com";

describe("The plugin, asked over gRPC", () => {
  let scene: Scene;
  let engine: FakeEngine;
  let plugin: NativeProvider;

  const start = async (switches: Partial<Switches> = {}) => {
    scene = await Scene.start({ switches });
    engine = await FakeEngine.start();
    plugin = await NativeProvider.start({ clock: scene.clock });
    await handshake();
    await plugin.configure(configuration());
  };
  const handshake = () => {
    const request = new pb.ProviderHandshakeRequest();
    request.setEngineAddress(engine.address);
    return call<pb.ProviderHandshakeResponse>((done) => plugin.client.handshake(request, done));
  };
  const configuration = (): PropertyMap =>
    Object.fromEntries(Object.entries(scene.cloud.config).map(([key, value]) => [key.replace(/^.*:/, ""), value]));
  afterEach(async () => {
    plugin.close();
    engine.close();
    await scene.close();
  });

  /** check and create, as an `up` asks. */
  const create = async (of: { type: string; name?: string; timeout?: number }, news: PropertyMap) => {
    const { inputs, failures } = await plugin.check(of, {}, news);
    assert.deepEqual(failures, []);
    return { inputs, ...(await plugin.create(of, inputs)) };
  };

  it("says what it is and that it takes secrets, previews and outputs", async () => {
    await start();
    assert.equal((await handshake()).getAcceptSecrets(), true);
    const { acceptsecrets, supportspreview, acceptoutputs } = (await plugin.configure(configuration())).toObject();
    assert.deepEqual([acceptsecrets, supportspreview, acceptoutputs], [true, true, true]);
    const info = await call<{ getVersion(): string }>((done) =>
      plugin.client.getPluginInfo(new Empty(), done as never),
    );
    assert.equal(info.getVersion(), "0.0.1");
  });

  it("makes, reads, moves and removes a binding, and sends nothing where nothing changes", async () => {
    await start();
    await create(TOKEN, BINDING);
    scene.prove();
    const made = await create(BUCKET_CNAME, BINDING);
    assert.equal(made.id, DOMAIN);
    assert.equal(scene.boundTo(DOMAIN), "site");
    const { properties: olds, inputs: oldInputs } = made;
    scene.forget();
    const same = await plugin.diff(BUCKET_CNAME, DOMAIN, { olds, oldInputs, news: oldInputs });
    assert.equal(same.getChanges(), pb.DiffResponse.DiffChanges.DIFF_NONE);
    assert.deepEqual(scene.operations(), []);
    const read = await plugin.read(BUCKET_CNAME, DOMAIN, { properties: olds, inputs: oldInputs });
    assert.deepEqual(read, { id: DOMAIN, properties: olds, inputs: oldInputs });

    await create({ ...TOKEN, name: "other" }, { ...BINDING, bucket: "other" });
    scene.prove("other");
    const { inputs: news } = await plugin.check(BUCKET_CNAME, oldInputs, { ...BINDING, bucket: "other" });
    const moved = await plugin.update(BUCKET_CNAME, DOMAIN, { olds, oldInputs, news });
    assert.equal(scene.boundTo(DOMAIN), "other");
    assert.equal(moved.cnameTarget, "other.oss-cn-hangzhou.aliyuncs.com");

    const next = await NativeProvider.start({ clock: scene.clock });
    await next.configure(configuration());
    await next.delete(BUCKET_CNAME, DOMAIN, moved);
    assert.equal(scene.boundTo(DOMAIN), undefined);
    assert.equal((await next.read(BUCKET_CNAME, DOMAIN, { properties: moved, inputs: news })).id, "");
    next.close();
  });

  it("knows in a preview the name of the TXT record and the target of the CNAME record, and sends no write", async () => {
    await start();
    const preview = async (of: { type: string }, news: PropertyMap) => {
      const { inputs } = await plugin.check(of, {}, news);
      return plugin.create({ ...of, preview: true }, inputs);
    };
    const token = (await preview(TOKEN, BINDING)).properties;
    assert.deepEqual(token.txtRecord, { name: `_dnsauth.${DOMAIN}`, type: "TXT", value: UNKNOWN, ttl: 600 });
    assert.equal(token.token, UNKNOWN);
    const binding = await preview(BUCKET_CNAME, { ...BINDING, token: UNKNOWN });
    assert.deepEqual([binding.id, binding.properties.cnameTarget, binding.properties.status], ["", TARGET, UNKNOWN]);
    const ofNewBucket = await preview(BUCKET_CNAME, { ...BINDING, bucket: UNKNOWN });
    assert.equal(ofNewBucket.properties.cnameTarget, UNKNOWN);
    assert.deepEqual(new Set(scene.operations()), new Set(["ListCname"]));
  });

  it("tells which properties change, what replaces the resource, and what is only learned anew", async () => {
    await start();
    scene.inConsole.moveBinding(DOMAIN, "site");
    const { properties: olds, inputs: oldInputs } = await create(BUCKET_CNAME, BINDING);
    const changes = async (news: PropertyMap, of = olds) => {
      const { replacesList, detaileddiffMap } = (
        await plugin.diff(BUCKET_CNAME, DOMAIN, { olds: of, oldInputs, news: { ...oldInputs, ...news } })
      ).toObject();
      return { replaces: replacesList, diff: Object.fromEntries(detaileddiffMap) };
    };
    const { Kind } = pb.PropertyDiff;
    assert.deepEqual(await changes({ bucket: "other" }), {
      replaces: [],
      diff: { bucket: { kind: Kind.UPDATE, inputdiff: true } },
    });
    assert.deepEqual(await changes({ domain: "a.example.com", region: "cn-beijing" }), {
      replaces: ["domain"],
      diff: {
        domain: { kind: Kind.UPDATE_REPLACE, inputdiff: true },
        region: { kind: Kind.ADD, inputdiff: true },
      },
    });
    assert.deepEqual(await changes({ verification: "none" }), { replaces: [], diff: {} });
    const pending = await changes({}, { ...olds, status: "Pending", recordState: "missing", pendingReason: "wait" });
    assert.deepEqual(Object.keys(pending.diff).sort(), ["pendingReason", "recordState", "status"]);
    assert.equal(pending.diff.status?.inputdiff, false);
  });

  it("keeps a private key secret that was given in clear, in whatever it answers", async () => {
    await start();
    scene.inConsole.moveBinding(DOMAIN, "site");
    const pair = await (await createAuthority()).issue({ names: [DOMAIN] });
    const of = { type: "CnameCertificate", name: "www" };
    const news = { ...BINDING, certificate: pair.chain, privateKey: pair.privateKey };
    const { inputs, failures } = await plugin.check(of, {}, news);
    assert.deepEqual(failures, []);
    assert.ok(isSecret(inputs.privateKey));
    const preview = await plugin.create({ ...of, preview: true }, inputs);
    const { id, properties } = await plugin.create(of, inputs);
    const read = await plugin.read(of, id, { properties, inputs });
    const fleet = await plugin.check(
      { type: "BucketCnames" },
      {},
      {
        bucket: "site",
        domains: { [DOMAIN]: { certificate: { certificate: pair.chain, privateKey: pair.privateKey } } },
      },
    );
    assert.deepEqual(fleet.failures, []);
    const shown = JSON.stringify(clear({ inputs, preview, properties, read, fleet }));
    assert.ok(shown.includes("chainDigest"));
    for (const line of keyLines(pair.privateKey)) assert.ok(!shown.includes(line), "a private key in clear");
  });

  it("keeps what the program says is secret", async () => {
    await start();
    const { inputs } = await plugin.check(TOKEN, {}, { bucket: secret("site"), domain: DOMAIN });
    assert.deepEqual(inputs.bucket, secret("site"));
    const { properties } = await plugin.create(TOKEN, inputs);
    assert.deepEqual(properties.bucket, secret("site"));
    assert.deepEqual(scene.operations("CreateCnameToken").length, 1);
  });

  it("reports what was made although the operation failed, and goes on from it", async () => {
    await start();
    scene.inConsole.moveBinding(DOMAIN, "other");
    await create(TOKEN, BINDING);
    scene.prove();
    const takeover = { ...BINDING, takeover: { bucket: "other" } };
    const { inputs } = await plugin.check(BUCKET_CNAME, {}, takeover);
    scene.fault({ operation: "PutCname", bucket: "site", status: 409, code: "CnameAlreadyExists" });
    scene.fault({ operation: "PutCname", bucket: "site", status: 403, code: "CnameIsRisk" });
    let unfinished: PropertyMap = {};
    await assert.rejects(plugin.create(BUCKET_CNAME, inputs), (error) => {
      assert.ok(error instanceof ResourceInitError);
      assert.equal(error.id, DOMAIN);
      assert.equal(error.properties.status, "Pending");
      assert.match(error.message, /bound nowhere now/);
      unfinished = error.properties;
      return true;
    });
    assert.equal(scene.boundTo(DOMAIN), undefined);
    await plugin.update(BUCKET_CNAME, DOMAIN, { olds: unfinished, oldInputs: inputs, news: inputs });
    assert.equal(scene.boundTo(DOMAIN), "site");
  });

  it("gives an operation the time that customTimeouts says", async () => {
    await start();
    await create(TOKEN, BINDING);
    const began = scene.clock.now();
    await assert.rejects(create({ ...BUCKET_CNAME, timeout: 30 }, BINDING), /could not be bound .* in time/);
    assert.ok(scene.clock.now() - began >= 30_000 && scene.clock.now() - began < 45_000);
  });

  it("ends a wait for DNS at once when it is cancelled, and begins nothing more", async () => {
    await start();
    await create(TOKEN, BINDING);
    let isWaiting = () => {};
    const waiting = new Promise<void>((resolve) => {
      isWaiting = resolve;
    });
    const sleep = () => {
      isWaiting();
      return new Promise<void>(() => {});
    };
    const { clock } = scene;
    const patient = await NativeProvider.start({ clock: { now: () => clock.now(), later: () => {}, sleep } });
    await patient.configure(configuration());
    const binding = patient.create(BUCKET_CNAME, BINDING);
    await waiting;
    await call((done) => patient.client.cancel(new Empty(), done));
    await assert.rejects(binding, /cancelled/i);
    scene.forget();
    await assert.rejects(patient.create(TOKEN, { ...BINDING, bucket: "other" }), /cancelled/i);
    assert.deepEqual(scene.operations(), []);
    patient.close();
  });

  for (const id of [`site/${DOMAIN}`, DOMAIN])
    it(`reads the inputs of a binding that is imported as ${id}, with which nothing changes`, async () => {
      await start();
      scene.inConsole.moveBinding(DOMAIN, "site");
      await plugin.configure({ ...configuration(), buckets: ["site", "other"] });
      const read = await plugin.read(BUCKET_CNAME, id);
      assert.deepEqual([read.id, read.inputs], [DOMAIN, BINDING]);
      const { inputs: news, failures } = await plugin.check(BUCKET_CNAME, {}, read.inputs);
      assert.deepEqual(failures, []);
      const diff = await plugin.diff(BUCKET_CNAME, read.id, { olds: read.properties, oldInputs: read.inputs, news });
      assert.equal(diff.getChanges(), pb.DiffResponse.DiffChanges.DIFF_NONE);
      await assert.rejects(plugin.read(BUCKET_CNAME, "site/shop.example.com"), /does not list/);
    });

  it("reads an existing object for a program, whose arguments stay the inputs", async () => {
    await start();
    scene.inConsole.moveBinding(DOMAIN, "site");
    const request = new pb.ReadRequest();
    request.setId(DOMAIN);
    request.setUrn("urn:pulumi:dev::project::oss-cname:index:BucketCname::www");
    request.setProperties(toStruct(BINDING));
    const response = await call<pb.ReadResponse>((done) => plugin.client.read(request, done));
    assert.deepEqual([response.hasInputs(), fromStruct(response.getProperties()).status], [false, "Enabled"]);
  });

  it("logs what it does at the resource that it does it for", async () => {
    await start();
    scene.inConsole.moveBinding(DOMAIN, "site");
    scene.inConsole.moveBinding("shop.example.com", "site");
    await Promise.all([
      create(BUCKET_CNAME, BINDING),
      create({ ...BUCKET_CNAME, name: "shop" }, { ...BINDING, domain: "shop.example.com" }),
    ]);
    assert.deepEqual(
      engine.logged.sort((a, b) => a.at.localeCompare(b.at)),
      ["shop", "www"].map((at) => ({
        severity: "info",
        at,
        text: `oss-cname: ${at}.example.com is bound to bucket site already and is not bound again`,
      })),
    );
  });

  it("warns, once and in every language, of a binding that waits for a person and of a certificate that expires", async () => {
    await start();
    await create(TOKEN, BINDING);
    const pending = await create(BUCKET_CNAME, { ...BINDING, unverified: "pending" });
    await create(
      { type: "BucketCnames", name: "fleet" },
      { bucket: "site", domains: { "a.example.com": {} }, manual: true },
    );
    const child = { type: "CustomDomain$oss-cname:index:BucketCname", name: "of-component" };
    await create(TOKEN, { ...BINDING, domain: "b.example.com" });
    await create(child, { ...BINDING, domain: "b.example.com", unverified: "pending" });

    scene.prove();
    const update = { olds: pending.properties, oldInputs: pending.inputs, news: pending.inputs };
    await plugin.update(BUCKET_CNAME, DOMAIN, update);
    const soon = { names: [DOMAIN], validTo: new Date(scene.clock.now() + 5 * 86_400_000) };
    const pair = await (await createAuthority()).issue(soon);
    const of = { type: "CnameCertificate", name: "certificate" };
    const made = await create(of, { ...BINDING, certificate: pair.chain, privateKey: pair.privateKey });
    await plugin.diff(of, made.id, { olds: made.properties, oldInputs: made.inputs, news: made.inputs });

    const warnings = engine.logged.filter(({ severity }) => severity === "warning");
    assert.deepEqual(
      warnings.map(({ at, text }) => [at, text.split(" ").slice(0, 3).join(" ")]),
      [
        ["www", `${DOMAIN} is not`],
        ["fleet", "Create these DNS"],
        ["certificate", `the certificate for`],
      ],
    );
    assert.match(warnings[2]?.text ?? "", /expires in [45] days/);
  });

  it("refuses a second resource for a domain, and none that is checked again or is renamed", async () => {
    await start();
    scene.inConsole.moveBinding(DOMAIN, "site");
    const reasons = async (type: string, name: string, news: PropertyMap) =>
      (await plugin.check({ type, name }, {}, news)).failures.map(({ reason }) => reason.replace(/:.*/s, ""));
    assert.deepEqual(await reasons("BucketCname", "www", BINDING), []);
    assert.deepEqual(await reasons("BucketCname", "www", { ...BINDING, domain: "WWW.example.com" }), []);
    const isTaken = [`${DOMAIN} is declared by oss-cname`];
    assert.deepEqual(await reasons("BucketCname", "again", BINDING), isTaken);
    assert.deepEqual(await reasons("BucketCnames", "fleet", { bucket: "site", domains: { [DOMAIN]: {} } }), isTaken);
    assert.deepEqual(await reasons("CnameToken", "again", BINDING), []);
    await plugin.configure(configuration());
    assert.deepEqual(await reasons("BucketCname", "renamed", BINDING), []);
  });

  it("tells programs what became of each of many domains", async () => {
    await start();
    scene.inConsole.moveBinding(DOMAIN, "site");
    const of = { type: "BucketCnames" };
    const { inputs, properties } = await create(of, { bucket: "site", domains: { [DOMAIN]: {} } });
    const statusIn = ({ results }: PropertyMap) => (results as Record<string, PropertyMap>)[DOMAIN]?.status;
    assert.equal(statusIn(properties), "Enabled");
    assert.equal(statusIn((await plugin.read(of, "site", { properties, inputs })).properties), "Enabled");
    scene.forget();
    const diff = await plugin.diff(of, "site", { olds: properties, oldInputs: inputs, news: inputs });
    assert.equal(diff.getChanges(), pb.DiffResponse.DiffChanges.DIFF_NONE);
    assert.equal((await plugin.create({ ...of, preview: true }, inputs)).properties.results, UNKNOWN);
  });

  it("passes on what is wrong with a resource, and refuses one that it does not know", async () => {
    await start();
    const { failures } = await plugin.check(TOKEN, {}, { bucket: "site", domain: "*.example.com" });
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["domain"],
    );
    await assert.rejects(plugin.create(BUCKET_CNAME, BINDING), /CnameTokenNotFound.* Next: declare a CnameToken/s);
    await assert.rejects(plugin.check({ type: "Bucket" }, {}, {}), /no resource oss-cname:index:Bucket/);
  });

  describe("about its configuration", () => {
    const checkConfig = async (news: PropertyMap) => {
      const request = new pb.CheckRequest();
      request.setUrn("urn:pulumi:dev::project::pulumi:providers:oss-cname::default");
      request.setNews(toStruct(news));
      const response = await call<pb.CheckResponse>((done) => plugin.client.checkConfig(request, done));
      return { inputs: fromStruct(response.getInputs()), failures: response.toObject().failuresList };
    };

    it("refuses wrong values and unknown keys", async () => {
      await start();
      const { failures } = await checkConfig({
        region: "cn hangzhou",
        signatureVersion: "v3",
        reigon: "x",
        version: "1",
      });
      assert.deepEqual(failures.map(({ property }) => property).sort(), ["", "region", "signatureVersion"]);
      assert.match(failures.find(({ property }) => property === "")?.reason ?? "", /reigon/);
    });

    it("marks credentials as secret, and warns of a key in clear", async () => {
      await start();
      const given = {
        accessKey: "ak",
        secretKey: "sk",
        securityToken: secret("st"),
        profile: "p",
        region: "cn-hangzhou",
      };
      const { inputs, failures } = await checkConfig(given);
      assert.deepEqual(failures, []);
      const expected = { accessKey: secret("ak"), secretKey: secret("sk"), securityToken: secret("st") };
      assert.deepEqual(inputs, { ...given, ...expected });
      assert.deepEqual(
        engine.logged.map(({ severity, text }) => [severity, /^\w+/.exec(text)?.[0]]),
        [["warning", "secretKey"]],
      );
      await checkConfig({ secretKey: "sk", endpoint: "http://127.0.0.1:8080" });
      assert.equal(engine.logged.length, 1, "the key of an emulator");
    });

    it("never replaces a provider, and with it all that it made", async () => {
      await start();
      const request = new pb.DiffRequest();
      request.setOldInputs(toStruct({ region: "cn-hangzhou", secretKey: secret("a") }));
      request.setNews(toStruct({ region: "cn-beijing", secretKey: secret("a") }));
      const { changes, replacesList, detaileddiffMap } = (
        await call<pb.DiffResponse>((done) => plugin.client.diffConfig(request, done))
      ).toObject();
      assert.equal(changes, pb.DiffResponse.DiffChanges.DIFF_SOME);
      assert.deepEqual([replacesList, detaileddiffMap.map(([key]) => key)], [[], ["region"]]);
    });
  });
});

/** What can be read without the passphrase. */
function clear(value: unknown): unknown {
  if (isSecret(value as PropertyMap)) return "[secret]";
  if (Array.isArray(value)) return value.map(clear);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, clear(part)]));
}
