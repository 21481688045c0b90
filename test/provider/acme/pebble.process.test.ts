// Starts Pebble, a CA that others have written: what our own stand-in takes must be what a CA takes.
import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { startCloud } from "../../../local";
import { AcmeClient } from "../../../provider/acme/client";
import { issueCertificate, type Order } from "../../../provider/acme/issue";
import { fetchRenewalInfo, renewalId, renewalMoment } from "../../../provider/acme/renewalInfo";
import { systemClock } from "../../../provider/clock";
import { hasPebble, type PebbleOptions, startPebble } from "../../support/pebble";

const describeWithPebble = hasPebble() ? describe : describe.skip;

describeWithPebble("the ACME client with Pebble (skipped where it is not on PATH)", function () {
  this.timeout(60_000);
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function start(options: Partial<PebbleOptions> = {}) {
    const cloud = await startCloud({ zones: ["example.com"] });
    closing.push(() => cloud.close());
    const pebble = await startPebble({ dns: cloud.dns, ...options });
    closing.push(() => pebble.close());
    const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    // Waits for the CA pass at once; what happens in the CA takes its own time.
    const clock = { ...systemClock, sleep: (ms: number) => systemClock.sleep(Math.min(ms, 20)) };
    const client = new AcmeClient({
      directory: pebble.directory,
      accountKey: async () => key,
      http: pebble.http,
      clock,
      allowHttp: () => false,
    });
    const prove: Order["prove"] = async ({ name, value }) => {
      const record = { name: `_acme-challenge.${name}`, type: "TXT", value };
      cloud.addRecord(record);
      return { undo: async () => void cloud.removeRecords(record) };
    };
    const order: Order = { names: ["www.example.com"], keyType: "P-256", challengeType: "dns-01", prove };
    return { cloud, pebble, client, order };
  }

  it("issues a certificate for a name and its wildcard, and takes the records away", async () => {
    const { client, order, cloud } = await start({ env: { PEBBLE_WFE_NONCEREJECT: "50" } });
    await client.register({});
    const names = ["example.com", "*.example.com"];
    const { certificate, privateKey } = await issueCertificate(client, { ...order, names });
    const leaf = new X509Certificate(certificate);
    assert.deepEqual(leaf.subjectAltName?.split(", ").sort(), ["DNS:*.example.com", "DNS:example.com"]);
    const { createPrivateKey } = await import("node:crypto");
    assert.ok(leaf.checkPrivateKey(createPrivateKey(privateKey)));
    assert.deepEqual(cloud.state().records, []);
  });

  it("issues RSA, renews with what it replaces, and has a window for it", async () => {
    const { client, order, pebble } = await start();
    await client.register({});
    const first = await issueCertificate(client, { ...order, keyType: "RSA-2048" });
    const id = renewalId(first.certificate);
    const window = { start: new Date("2026-01-01T00:00:00Z"), end: new Date("2026-01-03T00:00:00Z") };
    await pebble.setRenewalInfo(first.certificate, window);
    const info = await fetchRenewalInfo(client, id);
    assert.ok(info);
    assert.deepEqual({ start: info.start, end: info.end }, window);
    const at = renewalMoment(info, id);
    assert.ok(at >= window.start && at <= window.end);
    await issueCertificate(client, { ...order, replaces: id });
    // It can be replaced once; a client that was killed in between must still get its certificate.
    await issueCertificate(client, { ...order, replaces: id });
  });

  it("says which name the CA could not verify, and takes the records away", async () => {
    const { client, order, cloud } = await start();
    await client.register({});
    const lying: Order["prove"] = (challenge) => order.prove({ ...challenge, value: "wrong" });
    await assert.rejects(
      issueCertificate(client, { ...order, prove: lying }),
      /authorization of www\.example\.com by dns-01 failed at the CA .*unauthorized/,
    );
    assert.deepEqual(cloud.state().records, []);
  });

  it("registers nothing without an account, and an external one with its key", async () => {
    const hmacKey = Buffer.alloc(32, 7).toString("base64url");
    const { client, order } = await start({
      config: { externalAccountBindingRequired: true, externalAccountMACKeys: { "kid-1": hmacKey } },
    });
    await assert.rejects(issueCertificate(client, order), /accountDoesNotExist.*oss-cname acme-account/);
    await assert.rejects(client.register({}), /takes only accounts that it knows already/);
    await client.register({ externalAccount: { kid: "kid-1", hmacKey } });
    await issueCertificate(client, order);
  });

  it("orders a profile that the CA has", async () => {
    const profiles = { shortlived: { description: "six days", validityPeriod: 6 * 86_400 } };
    const { client, order } = await start({ config: { profiles } });
    await client.register({});
    const { certificate } = await issueCertificate(client, { ...order, profile: "shortlived" });
    const { validFrom, validTo } = new X509Certificate(certificate);
    assert.ok(Date.parse(validTo) - Date.parse(validFrom) <= 6 * 86_400_000);
    await assert.rejects(
      issueCertificate(client, { ...order, profile: "gold" }),
      /has no profile "gold"; it has shortlived/,
    );
  });
});
