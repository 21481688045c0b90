import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { type Cloud, startCloud } from "../../../local";
import { AcmeClient } from "../../../provider/acme/client";
import { issueCertificate, type Order } from "../../../provider/acme/issue";
import { fetchRenewalInfo, renewalId, renewalMoment } from "../../../provider/acme/renewalInfo";
import type { Clock } from "../../../provider/clock";
import type { HttpClient } from "../../../provider/http";
import { OssClient } from "../../../provider/oss/client";
import { objects } from "../../../provider/oss/objects";
import { bind } from "../../support/call";

/** How a CA behaves; each is off unless it is asked for. */
export interface CaBehavior {
  /** Half of the nonces are rejected. */
  readonly rejectsNonces?: boolean;
  /** Proof is looked at only after a while. */
  readonly isSlow?: boolean;
  readonly reusesAuthorizations?: boolean;
  readonly externalAccounts?: boolean;
  /** There is a profile `shortlived`, of a week at most. */
  readonly hasProfiles?: boolean;
}

/** A CA that looks for proof in a cloud of this machine. */
export interface Ca {
  readonly directory: string;
  readonly http: HttpClient;
  /** On which nobody waits for long. */
  readonly clock: Clock;
  readonly externalAccount: { readonly kid: string; readonly hmacKey: string };
  setRenewalInfo(certificate: string, window: { readonly start: Date; readonly end: Date }): Promise<void>;
  close(): Promise<void>;
}

const TARGET = "site.oss-cn-hangzhou.aliyuncs.com";

/** What every CA must make of what the client asks. */
export function itIssuesCertificates(startCa: (cloud: Cloud, behavior: CaBehavior) => Promise<Ca>): void {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function start(behavior: CaBehavior = {}) {
    const cloud = await startCloud({ buckets: ["site"], zones: ["example.com", "aliyuncs.com"] });
    closing.push(() => cloud.close());
    const ca = await startCa(cloud, behavior);
    closing.push(() => ca.close());
    const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const clientOf = (accountKey: KeyObject) =>
      new AcmeClient({ ...ca, accountKey: async () => accountKey, allowHttp: () => false });
    const client = clientOf(key);
    if (!behavior.externalAccounts) await client.register({});
    const prove: Order["prove"] = async ({ name, value }) => {
      const record = { name: `_acme-challenge.${name}`, type: "TXT", value };
      cloud.addRecord(record);
      return { undo: async () => void cloud.removeRecords(record) };
    };
    const order: Order = { names: ["www.example.com"], keyType: "P-256", challengeType: "dns-01", prove };
    return {
      cloud,
      ca,
      client,
      clientOf,
      order,
      issue: (changes: Partial<Order> = {}) => issueCertificate(client, { ...order, ...changes }),
    };
  }

  it("issues a certificate for a name and its wildcard although it rejects nonces, and the records are taken away", async () => {
    const { issue, cloud } = await start({ rejectsNonces: true });
    const { certificate, privateKey } = await issue({ names: ["example.com", "*.example.com"] });
    const leaf = new X509Certificate(certificate);
    assert.deepEqual(leaf.subjectAltName?.split(", ").sort(), ["DNS:*.example.com", "DNS:example.com"]);
    assert.ok(leaf.checkPrivateKey(createPrivateKey(privateKey)));
    assert.deepEqual(cloud.state().records, []);
  });

  it("issues for an RSA key, and to an account that has one", async () => {
    const { clientOf, order } = await start();
    const client = clientOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey);
    await client.register({ contact: ["somebody@example.com"] });
    const { certificate } = await issueCertificate(client, { ...order, keyType: "RSA-2048" });
    assert.equal(new X509Certificate(certificate).publicKey.asymmetricKeyType, "rsa");
  });

  it("takes a file of the bucket for proof", async () => {
    const { issue, cloud } = await start();
    const oss = new OssClient({ credentials: async () => cloud, endpoint: cloud.oss, region: cloud.region });
    await bind(cloud, "site", "www.example.com");
    cloud.addRecord({ name: "www.example.com", type: "CNAME", value: TARGET });
    cloud.addRecord({ name: TARGET, type: "A", value: "127.0.0.1" });
    const visits = () => cloud.requests().filter(({ operation, domain }) => operation === "GetObject" && domain);
    await issue({
      challengeType: "http-01",
      prove: async ({ token, value }) => {
        const key = `.well-known/acme-challenge/${token}`;
        await objects.putObject(oss, "site", key, value, { isPublic: true });
        return { undo: () => objects.deleteObject(oss, "site", key) };
      },
    });
    assert.ok(visits().length > 0);
    assert.deepEqual(cloud.state().objects, []);
  });

  it("knows its certificate by our id for it, and takes one replacement of it", async () => {
    const { issue, ca, client } = await start();
    const { certificate } = await issue();
    const id = renewalId(certificate);
    const window = { start: new Date("2026-01-01T00:00:00Z"), end: new Date("2026-01-03T00:00:00Z") };
    await ca.setRenewalInfo(certificate, window);
    const info = await fetchRenewalInfo(client, id);
    assert.ok(info);
    assert.deepEqual({ start: info.start, end: info.end }, window);
    const at = renewalMoment(info, id);
    assert.ok(at >= window.start && at <= window.end);
    assert.deepEqual(renewalMoment(info, id), at);
    await issue({ replaces: id });
    // A client that was killed in between must still get its certificate.
    await issue({ replaces: id });
  });

  it("says which name it could not verify, and the records are taken away", async () => {
    const { issue, cloud, order } = await start();
    const prove: Order["prove"] = (challenge) => order.prove({ ...challenge, value: "wrong" });
    await assert.rejects(
      issue({ prove }),
      /authorization of www\.example\.com by dns-01 failed at the CA .*unauthorized.* Next: see what the CA found/,
    );
    assert.deepEqual(cloud.state().records, []);
  });

  it("is waited for while it looks", async () => {
    const { issue } = await start({ isSlow: true });
    await issue();
  });

  it("needs no proof again of what it has proof of", async () => {
    const { issue } = await start({ reusesAuthorizations: true });
    await issue();
    await issue({ prove: () => assert.fail("it is proven") });
  });

  it("registers an external account with its key only, and knows no other", async () => {
    const { client, issue, ca } = await start({ externalAccounts: true });
    await assert.rejects(issue(), /accountDoesNotExist.*oss-cname acme-account/);
    await assert.rejects(client.register({}), /takes only accounts that it knows already/);
    const { kid, hmacKey } = ca.externalAccount;
    const wrong = { kid, hmacKey: Buffer.alloc(32, 1).toString("base64url") };
    await assert.rejects(client.register({ externalAccount: wrong }));
    const url = await client.register({ externalAccount: { kid, hmacKey } });
    assert.equal(await client.register({ externalAccount: { kid, hmacKey } }), url);
    await issue();
  });

  it("issues by its profiles", async () => {
    const { issue } = await start({ hasProfiles: true });
    const { certificate } = await issue({ profile: "shortlived" });
    const { validFrom, validTo } = new X509Certificate(certificate);
    assert.ok(Date.parse(validTo) - Date.parse(validFrom) <= 7 * 86_400_000);
    await assert.rejects(issue({ profile: "gold" }), /has no profile "gold"; it has .*shortlived/);
  });
}
