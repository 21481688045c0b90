import * as assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cloud, type CloudOptions, startCloud } from "../../../local";
import { AcmeClient } from "../../../provider/acme/client";
import { isAcmeError } from "../../../provider/acme/error";
import { issueCertificate, type Order } from "../../../provider/acme/issue";
import { fetchRenewalInfo, renewalId } from "../../../provider/acme/renewalInfo";
import { HttpClient } from "../../../provider/http";
import { OssClient } from "../../../provider/oss/client";
import { objects } from "../../../provider/oss/objects";
import { bind } from "../../support/call";
import { Canaries } from "../../support/canaries";
import { FakeClock } from "../../support/fakeClock";

const DAY_MS = 86_400_000;
const DOMAIN = "www.example.com";
const hasOpenssl = spawnSync("openssl", ["version"]).error === undefined;

describe("stand-in CA, asked by the client of the library", () => {
  let cloud: Cloud;
  let clock: FakeClock;
  let client: AcmeClient;
  const { privateKey: accountKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const http = new HttpClient();

  const start = async (options: CloudOptions = {}, register = true) => {
    clock = new FakeClock();
    cloud = await startCloud({ buckets: ["site"], now: () => new Date(clock.now()), ...options });
    client = newClient();
    if (register) await client.register({});
  };
  const newClient = (key = accountKey) =>
    new AcmeClient({
      directory: cloud.acme.directory,
      accountKey: async () => key,
      http,
      clock,
      allowHttp: () => false,
    });
  afterEach(() => cloud.close());

  const byDns: Order["prove"] = async ({ name, value }) => {
    const record = { name: `_acme-challenge.${name}`, type: "TXT", value };
    cloud.addRecord(record);
    return { undo: async () => void cloud.removeRecords(record) };
  };
  const order = (changes: Partial<Order> = {}): Order => ({
    names: [DOMAIN],
    keyType: "P-256",
    challengeType: "dns-01",
    prove: byDns,
    ...changes,
  });
  const issue = (changes: Partial<Order> = {}) => issueCertificate(client, order(changes));
  const operations = () => cloud.requests().map(({ operation }) => operation);
  const daysOf = (chain: string) => {
    const { validFrom, validTo } = new X509Certificate(chain);
    return Math.round((Date.parse(validTo) - Date.parse(validFrom)) / DAY_MS);
  };
  const certificatesOf = (chain: string) => chain.match(/-----BEGIN[^-]+-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];

  it("issues a name and its wildcard, in a chain that leads to its root", async () => {
    await start();
    const names = ["example.com", "*.example.com"];
    const { certificate, privateKey } = await issue({ names });
    const [leaf, intermediate, ...more] = certificatesOf(certificate).map((pem) => new X509Certificate(pem));
    const root = new X509Certificate(await cloud.acme.rootCertificate());
    assert.ok(leaf && intermediate && more.length === 0);
    assert.equal(leaf.subjectAltName, "DNS:example.com, DNS:*.example.com");
    assert.ok(leaf.checkPrivateKey(createPrivateKey(privateKey)));
    assert.ok(leaf.checkIssued(intermediate) && leaf.verify(intermediate.publicKey));
    assert.ok(intermediate.checkIssued(root) && intermediate.verify(root.publicKey));
    assert.deepEqual([leaf.ca, intermediate.ca, root.ca], [false, true, true]);
    assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
    assert.equal(daysOf(certificate), 90);
    assert.equal(await (await fetch(new URL("/root", cloud.acme.directory))).text(), root.toString().trimEnd());
  });

  (hasOpenssl ? it : it.skip)("issues what openssl takes for a server (skipped where it is not on PATH)", async () => {
    await start();
    const { certificate } = await issue({ keyType: "RSA-2048" });
    const folder = mkdtempSync(join(tmpdir(), "acme-"));
    try {
      const [root, chain] = [join(folder, "root.pem"), join(folder, "chain.pem")];
      writeFileSync(root, await cloud.acme.rootCertificate());
      writeFileSync(chain, certificate);
      const args = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", DOMAIN];
      const output = execFileSync("openssl", [...args, "-CAfile", root, "-untrusted", chain, chain]);
      assert.match(String(output), /OK/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("looks into DNS itself, and says what is wrong there", async () => {
    await start();
    const nothing: Order["prove"] = async () => ({ undo: async () => {} });
    await assert.rejects(issue({ prove: nothing }), /dns: .*ENOTFOUND.*_acme-challenge\.www\.example\.com/);
    const wrong: Order["prove"] = (challenge) => byDns({ ...challenge, value: "wrong" });
    await assert.rejects(issue({ prove: wrong }), /unauthorized.*Incorrect TXT record/);
    assert.ok(!operations().includes("finalize"));
  });

  describe("with http-01", () => {
    let oss: OssClient;
    const byFile: Order["prove"] = async ({ token, value }) => {
      const key = `.well-known/acme-challenge/${token}`;
      await objects.putObject(oss, "site", key, value, { isPublic: true });
      return { undo: () => objects.deleteObject(oss, "site", key) };
    };
    const startBound = async (target = "site.oss-cn-hangzhou.aliyuncs.com") => {
      await start();
      oss = new OssClient({ credentials: async () => cloud, endpoint: cloud.oss, region: cloud.region, clock });
      await bind(cloud, "site", DOMAIN);
      if (target) cloud.addRecord({ name: DOMAIN, type: "CNAME", value: target });
    };
    const issueByFile = (changes: Partial<Order> = {}) =>
      issue({ challengeType: "http-01", prove: byFile, ...changes });

    it("fetches the file by the domain from the bucket", async () => {
      await startBound();
      await issueByFile();
      const [visit] = cloud.requests().filter(({ operation }) => operation === "GetObject");
      assert.deepEqual(
        [visit?.domain, visit?.bucket, visit?.signatureVersion, visit?.status],
        [DOMAIN, "site", null, 200],
      );
    });

    it("does not find a file that is private, or another", async () => {
      await startBound();
      cloud.set({ blockPublicAccess: true });
      await assert.rejects(issueByFile(), /PutObject|AccessDenied/);
      cloud.set({ blockPublicAccess: false });
      const other: Order["prove"] = (challenge) => byFile({ ...challenge, value: "other" });
      await assert.rejects(issueByFile({ prove: other }), /unauthorized.*is not the expected/);
    });

    for (const [where, target, problem] of [
      ["nowhere", "", /dns: .*no CNAME record/],
      ["to another bucket", "other.oss-cn-hangzhou.aliyuncs.com", /connection: .*leads to other\.oss-cn-hangzhou/],
    ] as const)
      it(`does not come to the bucket where the CNAME record leads ${where}`, async () => {
        await startBound(target);
        await assert.rejects(issueByFile(), problem);
      });

    it("is not offered for a wildcard", async () => {
      await startBound();
      await assert.rejects(issueByFile({ names: [`*.${DOMAIN}`] }), /the CA .* offers dns-01/);
    });
  });

  it("renews once what an order replaces, and says when to", async () => {
    await start();
    const { certificate } = await issue();
    const id = renewalId(certificate);
    const issuedAt = clock.now();
    const info = await fetchRenewalInfo(client, id);
    const opensAfterDays = ((info?.start.getTime() ?? 0) - issuedAt) / DAY_MS;
    assert.ok(Math.abs(opensAfterDays - 60) < 0.1, `${opensAfterDays}`);
    const window = { start: "2026-01-01T00:00:00.000Z", end: "2026-01-02T00:00:00.000Z" };
    cloud.setRenewalWindow(window);
    assert.deepEqual((await fetchRenewalInfo(client, id))?.start, new Date(window.start));
    cloud.setRenewalWindow({ renewalId: id, ...window, end: "2026-01-03T00:00:00.000Z", explanationURL: "https://a/" });
    const own = await fetchRenewalInfo(client, id);
    assert.deepEqual([own?.end.toISOString(), own?.explanationUrl], ["2026-01-03T00:00:00.000Z", "https://a/"]);
    await issue({ replaces: id });
    const codes = async (replaces: string) => {
      cloud.forgetRequests();
      await issue({ replaces });
      return cloud.requests().flatMap(({ code }) => code ?? []);
    };
    assert.deepEqual(await codes(id), ["alreadyReplaced"]);
    assert.deepEqual(await codes("AAAA.AAAA"), ["malformed"]);
    assert.equal(await fetchRenewalInfo(client, "AAAA.AAAA"), undefined);
    cloud.set({ acmeRenewalInfo: false });
    assert.equal(await fetchRenewalInfo(newClient(), id), undefined);
  });

  it("issues for as long as the profile or the switch says", async () => {
    await start();
    assert.equal(daysOf((await issue({ profile: "shortlived" })).certificate), 7);
    assert.equal(daysOf((await issue({ profile: "tlsserver" })).certificate), 45);
    cloud.set({ acmeLifetimeDays: 10 });
    assert.equal(daysOf((await issue()).certificate), 10);
  });

  it("takes an external account on a switch only with its key", async () => {
    await start({ switches: { acmeExternalAccounts: true } }, false);
    await assert.rejects(client.register({}), /takes only accounts that it knows/);
    const { kid } = cloud.acme.externalAccount;
    const wrong = { kid, hmacKey: Buffer.alloc(32).toString("base64url") };
    await assert.rejects(client.register({ externalAccount: wrong }), /external account binding is wrong/);
    await client.register({ externalAccount: cloud.acme.externalAccount });
    await issue();
  });

  it("knows no account of a key that was not registered", async () => {
    await start({}, false);
    await assert.rejects(issue(), (error) => isAcmeError(error, "accountDoesNotExist"));
    const url = await client.register({});
    assert.equal(await newClient().register({}), url);
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    assert.notEqual(await newClient(privateKey).register({}), url);
  });

  it("keeps the client waiting on a switch, and rejects nonces", async () => {
    await start({ switches: { acmePolls: 2, acmeRejectsNonces: 3 } });
    await issue();
    const codes = cloud.requests().flatMap(({ code }) => code ?? []);
    assert.deepEqual([...new Set(codes)], ["badNonce"]);
    const answered = cloud.requests().filter(({ status }) => status === 200);
    const next = (operation: string) => {
      const asked = answered.map((entry) => entry.operation);
      return asked.slice(asked.indexOf(operation) + 1);
    };
    assert.deepEqual(next("challenge").slice(0, 2), ["authorization", "authorization"]);
    assert.deepEqual(next("finalize").slice(0, 2), ["order", "order"]);
  });

  it("asks for proof again, or not, by a switch", async () => {
    await start();
    const proven: string[] = [];
    const prove: Order["prove"] = (challenge) => {
      proven.push(challenge.name);
      return byDns(challenge);
    };
    await issue({ prove });
    await issue({ prove });
    cloud.set({ acmeReusesAuthorizations: true });
    await issue({ prove });
    assert.deepEqual(proven, [DOMAIN, DOMAIN]);
    clock.pass(31 * DAY_MS);
    await issue({ prove });
    assert.equal(proven.length, 3);
  });

  it("meets faults, with a time to wait", async () => {
    await start();
    const message = "too many certificates already issued";
    cloud.fail({ operation: "newOrder", domain: DOMAIN, status: 429, code: "rateLimited", message, retryAfter: 3600 });
    await assert.rejects(issue(), (error) => {
      assert.ok(isAcmeError(error, "rateLimited"));
      assert.equal(error.retryAfterMs, 3_600_000);
      return true;
    });
    cloud.fail({ operation: "finalize", status: 503, retryAfter: 7 });
    const before = clock.now();
    await issue();
    assert.ok(clock.now() - before >= 7000);
  });

  it("logs each request with the name that it is about, and no key", async () => {
    await start();
    const { certificate, privateKey } = await issue({ profile: "classic" });
    const log = cloud.requests();
    assert.deepEqual(
      log.map(({ service, operation, domain, status }) => [service, operation, domain, status]),
      [
        ["acme", "directory", null, 200],
        ["acme", "newNonce", null, 204],
        ["acme", "newAccount", null, 201],
        ["acme", "newAccount", null, 200],
        ["acme", "newOrder", DOMAIN, 201],
        ["acme", "authorization", DOMAIN, 200],
        ["acme", "challenge", DOMAIN, 200],
        ["acme", "authorization", DOMAIN, 200],
        ["acme", "order", DOMAIN, 200],
        ["acme", "finalize", DOMAIN, 200],
        ["acme", "order", DOMAIN, 200],
        ["acme", "certificate", DOMAIN, 200],
      ],
    );
    assert.deepEqual(log[4]?.order, { profile: "classic" });
    const key = accountKey.export({ type: "pkcs8", format: "pem" }).toString();
    const kept = { log: JSON.stringify(log), state: JSON.stringify(cloud.state()) };
    new Canaries({ key, privateKey }, [certificate]).assertAbsent(kept);
  });
});
