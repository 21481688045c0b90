import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:tls";
import { type Cloud, startCloud } from "../../../local/cloud";
import { diagnose } from "../../../provider/diagnosis/diagnose";
import { type DiagnosisOptions, gatherEvidence } from "../../../provider/diagnosis/evidence";
import type { Finding } from "../../../provider/diagnosis/finding";
import { Run } from "../../../provider/run";
import { createAuthority, type Issued } from "../../support/certificates";

const DOMAIN = "www.example.com";
const DAY_MS = 86_400_000;

describe("a diagnosis", () => {
  let issued: Issued;
  let server: Server;
  let cloud: Cloud;
  /** Moves the clock of OSS. */
  let skewMs: number;

  before(async () => {
    const validTo = new Date(Date.now() + 60.5 * DAY_MS);
    issued = await (await createAuthority()).issue({ names: [DOMAIN], validTo });
    server = createServer({ cert: issued.certificate, key: issued.privateKey }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => server.close());

  /** A cloud on which the domain is bound, has its CNAME record, and serves its certificate. */
  beforeEach(async () => {
    skewMs = 0;
    cloud = await startCloud({ buckets: ["site"], now: () => new Date(Date.now() + skewMs) });
    cloud.inConsole.moveBinding(DOMAIN, "site");
    cloud.addCertificate({ certId: "7-cn-hangzhou", certificate: issued.certificate });
    cloud.inConsole.replaceCertificate(DOMAIN, { certId: "7-cn-hangzhou" });
    cloud.addRecord({ name: DOMAIN, type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" });
  });
  afterEach(() => cloud.close());

  function runWith(but: Record<string, string | undefined> = {}): Run {
    const config: Record<string, string | undefined> = { ...cloud.config, ...but };
    return new Run({ config: { get: (key) => config[key] } });
  }
  function optionsWith(more: Partial<DiagnosisOptions> = {}): DiagnosisOptions {
    return { domain: DOMAIN, connectTo: `127.0.0.1:${(server.address() as AddressInfo).port}`, ...more };
  }
  async function findings(run = runWith(), options = optionsWith()): Promise<Record<string, Finding>> {
    const diagnosis = await diagnose(run, options);
    return Object.fromEntries(diagnosis.findings.map((finding) => [finding.check, finding]));
  }
  /** Names of the checks that are not right. */
  function failing(by: Record<string, Finding>): Record<string, string> {
    const found = Object.values(by).filter(({ state }) => state !== "right");
    return Object.fromEntries(found.map(({ check, state }) => [check, state]));
  }

  it("finds nothing wrong where nothing is", async () => {
    assert.deepEqual(failing(await findings()), {});
  });

  it("writes nothing", async () => {
    await findings();
    cloud.inConsole.removeBinding(DOMAIN);
    await findings();
    const writes = cloud.requests().filter(({ operation }) => /^(Put|Create|Delete)/.test(operation));
    assert.deepEqual(writes, []);
  });

  it("finds the bucket by the CNAME record", async () => {
    assert.equal((await diagnose(runWith(), optionsWith())).bucket, "site");
  });

  it("asks DNS alone when nothing tells the bucket", async () => {
    cloud.removeRecords({ name: DOMAIN });
    const by = await findings();
    assert.match(by.binding?.text ?? "", /give --bucket/);
    assert.equal(by["CNAME target"]?.state, "wrong");
    assert.deepEqual(
      cloud.requests().filter(({ operation }) => operation === "ListCname"),
      [],
    );
  });

  it("says that there is no access key, and still asks DNS", async () => {
    const by = await findings(runWith({ "alicloud:secretKey": undefined }));
    assert.equal(by.credentials?.state, "wrong");
    assert.match(by.credentials?.text ?? "", /No usable credentials/);
    assert.equal(by.binding?.state, "unknown");
    assert.equal(by["CNAME target"]?.state, "right");
  });

  it("says that the secret is wrong, and does not show it", async () => {
    const by = await findings(runWith({ "alicloud:secretKey": "not-the-secret" }));
    assert.match(by.credentials?.text ?? "", /SignatureDoesNotMatch/);
    assert.doesNotMatch(JSON.stringify(by), /not-the-secret/);
  });

  it("says where the key comes from", async () => {
    const from = async (options = optionsWith()) => (await findings(runWith(), options)).credentials?.text;
    assert.equal(await from(), "from the stack's alicloud:* configuration (alicloud:accessKey)");
    assert.equal(await from(optionsWith({ keySource: "the options -i and -k" })), "from the options -i and -k");
  });

  it("says that the clock is wrong, and still knows the rest", async () => {
    skewMs = 20 * 60 * 1000;
    const by = await findings();
    assert.deepEqual(failing(by), { clock: "wrong" });
    assert.match(by.clock?.text ?? "", /^1(199|200|201) s from/);
  });

  it("says that OSS is not reached", async () => {
    const by = await findings(runWith({ "oss-cname:endpoint": "http://127.0.0.1:1" }));
    assert.match(by["endpoint and region"]?.text ?? "", /http:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/);
    assert.equal(by.clock?.state, "unknown");
  });

  it("says that there is no such bucket", async () => {
    const by = await findings(runWith(), optionsWith({ bucket: "gone" }));
    assert.match(by["endpoint and region"]?.text ?? "", /NoSuchBucket/);
  });

  it("says that permission is missing, with the least policy", async () => {
    cloud.fail({ operation: "ListCname", status: 403, code: "AccessDenied", message: "You are not allowed." });
    const { permissions } = await findings();
    assert.equal(permissions?.state, "wrong");
    const policy = JSON.parse(/\{.*\}$/s.exec(permissions?.fix ?? "")?.[0] ?? "{}");
    assert.deepEqual(policy.Statement, [
      {
        Effect: "Allow",
        Action: ["oss:CreateCnameToken", "oss:GetCnameToken", "oss:ListCname", "oss:PutCname", "oss:DeleteCname"],
        Resource: "acs:oss:*:*:site",
      },
    ]);
  });

  it("says that an unbound domain has no token", async () => {
    cloud.inConsole.removeBinding(DOMAIN);
    assert.deepEqual(failing(await findings()), {
      token: "wrong",
      "TXT record": "unknown",
      binding: "wrong",
      certificate: "unknown",
      expiry: "unknown",
      "ICP filing": "unknown",
    });
  });

  it("says whether name servers have the token of an unbound domain", async () => {
    cloud.inConsole.removeBinding(DOMAIN);
    const token = (await runWith().bucket({ bucket: "site" }).createToken(DOMAIN)).token;
    const record = { name: `_dnsauth.${DOMAIN}`, type: "TXT" };
    const missing = (await findings())["TXT record"];
    assert.match(missing?.text ?? "", new RegExp(`${cloud.dns}.* has no TXT record`));
    assert.match(missing?.fix ?? "", new RegExp(`TXT _dnsauth.www.example.com = ${token}`));
    cloud.addRecord({ ...record, value: token });
    assert.equal((await findings())["TXT record"]?.state, "right");
  });

  it("looks for the token only while the domain is not bound", async () => {
    const { bindings, token, txt } = await gatherEvidence(runWith(), optionsWith());
    assert.ok(Array.isArray(bindings) && bindings.length === 1);
    assert.deepEqual([token, txt], [undefined, undefined]);
  });

  it("gives an error for what could not be asked", async () => {
    const { served, route } = await gatherEvidence(
      runWith({ "oss-cname:dnsServers": "127.0.0.1:1" }),
      optionsWith({ bucket: "site", connectTo: "127.0.0.1:1" }),
    );
    assert.ok(served instanceof Error && route instanceof Error);
  });
});
