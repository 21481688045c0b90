// Starts Pebble, a CA that others have written, so that the whole way of a certificate is proven on another CA than ours.
import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import type { PropertyMap } from "../../../../engine/property/value";
import { type Cloud, startCloud } from "../../../../local";
import { AcmeClient } from "../../../../provider/acme/client";
import { systemClock } from "../../../../provider/clock";
import { hasPebble, type Pebble, startPebble } from "../../../support/pebble";
import { Stack } from "../../../support/stack";

const DOMAIN = "www.example.com";
const TARGET = "site.oss-cn-hangzhou.aliyuncs.com";
const DAY_MS = 24 * 3600_000;
const describeWithPebble = hasPebble() ? describe : describe.skip;

describeWithPebble("AcmeCertificate with Pebble (skipped where it is not on PATH)", function () {
  this.timeout(60_000);
  let cloud: Cloud;
  let pebble: Pebble;
  let stack: Stack;

  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site"], zones: ["example.com", "oss-cn-hangzhou.aliyuncs.com"] });
    cloud.inConsole.moveBinding(DOMAIN, "site");
    pebble = await startPebble({ dns: cloud.dns, httpPort: Number(new URL(cloud.oss).port) });
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    // Waits for the CA pass at once; what happens in the CA takes its own time.
    const clock = { ...systemClock, sleep: (ms: number) => systemClock.sleep(Math.min(ms, 20)) };
    const { directory, http } = pebble;
    await new AcmeClient({
      directory,
      accountKey: async () => privateKey,
      http,
      clock,
      allowHttp: () => false,
    }).register({});
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const config = {
      "oss-cname:acmeDirectory": directory,
      "oss-cname:acmeAccountKey": pem,
    };
    stack = new Stack({ ...cloud.config, ...config }, clock, http);
  });
  afterEach(async () => {
    await pebble.close();
    await cloud.close();
  });

  const up = async (inputs: PropertyMap) => (await stack.up({ cert: ["acmeCertificate", inputs] })).cert;
  const stored = () => {
    const certId = stack.output("cert", "certId");
    const found = cloud.state().certificates.find((certificate) => certificate.certId === certId);
    assert.ok(found?.chain, `${certId} is not uploaded`);
    return { chain: found.chain, leaf: new X509Certificate(found.chain) };
  };
  const left = () => {
    const { records, objects } = cloud.state();
    return [...records.filter(({ type }) => type === "TXT"), ...objects].length;
  };

  it("is issued by dns-01 for a name and its wildcard, and renewed when the CA recommends it", async () => {
    const inputs = { names: ["example.com", "*.example.com"] };
    assert.equal(await up(inputs), "create");
    const { chain, leaf } = stored();
    assert.deepEqual(leaf.subjectAltName?.split(", ").sort(), ["DNS:*.example.com", "DNS:example.com"]);
    assert.equal(left(), 0);
    assert.equal(await up(inputs), "same");
    const now = Date.now();
    await pebble.setRenewalInfo(chain, { start: new Date(now - 2 * DAY_MS), end: new Date(now - DAY_MS) });
    assert.equal(await up(inputs), "update");
    assert.notEqual(stored().leaf.serialNumber, leaf.serialNumber);
    assert.match(stack.printed.join("\n"), /is to be renewed: due since .*, as the CA recommends/);
    assert.equal(await up(inputs), "same");
  });

  it("is issued by http-01 through the bucket", async () => {
    cloud.addRecord({ name: DOMAIN, type: "CNAME", value: TARGET });
    cloud.addRecord({ name: TARGET, type: "A", value: "127.0.0.1" });
    const inputs = { names: [DOMAIN], challenge: "http-01", buckets: [{ bucket: "site" }], keyType: "RSA-2048" };
    assert.equal(await up(inputs), "create");
    assert.equal(stored().leaf.publicKey.asymmetricKeyType, "rsa");
    assert.equal(left(), 0);
  });

  it("is an error where the CA cannot see the proof, which is removed", async () => {
    cloud.addRecord({ name: DOMAIN, type: "CNAME", value: TARGET });
    const inputs = { names: [DOMAIN], challenge: "http-01", buckets: [{ bucket: "site" }] };
    await assert.rejects(up(inputs), /The authorization of www\.example\.com by http-01 failed at the CA/);
    assert.deepEqual([left(), stack.state.size], [0, 0]);
  });
});
