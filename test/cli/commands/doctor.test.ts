import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:tls";
import { type Cloud, type CloudOptions, startCloud } from "../../../local/cloud";
import { type Authority, createAuthority, type Issued } from "../../support/certificates";
import { at, ossCname } from "../../support/command";

const DOMAIN = "www.example.com";
const DAY_MS = 86_400_000;

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly text: string;
  readonly mend?: string;
}

describe("oss-cname doctor", () => {
  let authority: Authority;
  let good: Issued;
  let cloud: Cloud | undefined;
  let server: Server | undefined;
  before(async () => {
    authority = await createAuthority();
    good = await authority.issue({ names: [DOMAIN], validTo: new Date(Date.now() + 60.5 * DAY_MS) });
  });
  afterEach(close);
  async function close(): Promise<void> {
    server?.close();
    server = undefined;
    await cloud?.close();
    cloud = undefined;
  }

  /** A cloud on which the domain is bound, has its CNAME record and serves its certificate: nothing is wrong. */
  async function healthy(options: CloudOptions = {}, bound = good, served = bound): Promise<Cloud> {
    const made = await startCloud({ buckets: ["site", "other"], ...options });
    cloud = made;
    made.inConsole.moveBinding(DOMAIN, "site");
    made.addCertificate({ certId: "7-cn-hangzhou", certificate: bound.certificate });
    made.inConsole.replaceCertificate(DOMAIN, { certId: "7-cn-hangzhou" });
    pointAt("site.oss-cn-hangzhou.aliyuncs.com");
    server = createServer({ cert: served.certificate, key: served.privateKey }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return made;
  }
  function pointAt(value: string | undefined): void {
    cloud?.removeRecords({ name: DOMAIN });
    if (value) cloud?.addRecord({ name: DOMAIN, type: "CNAME", value });
  }
  function unbind(): void {
    cloud?.inConsole.removeBinding(DOMAIN);
  }

  async function doctor(place: Cloud, args: string[] = [], env: NodeJS.ProcessEnv = at(place).env) {
    const { port } = (server ?? assert.fail("start it first")).address() as AddressInfo;
    const where = ["--dns-server", place.dns, "--connect-to", `127.0.0.1:${port}`, ...at(place).args];
    return ossCname(["doctor", DOMAIN, ...where, ...args], { env });
  }
  /** Findings by check. */
  async function findings(place: Cloud, ...more: Parameters<typeof doctor> extends [Cloud, ...infer Rest] ? Rest : []) {
    const [args = [], env] = more;
    const { stdout, stderr, status } = await doctor(place, [...args, "--json"], env);
    assert.equal(stderr, "");
    const list: Finding[] = JSON.parse(stdout).findings;
    for (const { state, mend } of list) assert.equal(mend !== undefined, state === "wrong");
    return { status, by: Object.fromEntries(list.map((finding) => [finding.check, finding])) };
  }
  function states(by: Record<string, Finding>): Record<string, string> {
    return Object.fromEntries(Object.values(by).map(({ check, state }) => [check, state]));
  }

  it("finds nothing wrong where nothing is, and the bucket by itself", async () => {
    const place = await healthy();
    const { status, stdout, stderr } = await doctor(place);
    assert.equal(stderr, "");
    const told = stdout
      .replace(/\d+ s from/, "N s from")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
      .replace(/127\.0\.0\.1:\d+/g, "<host>")
      .replace(/(?:[0-9A-F]{2}:){19}[0-9A-F]{2}/g, "<sha1>");
    assert.equal(
      told,
      `right    credentials          from the environment (ALICLOUD_ACCESS_KEY)
right    endpoint and region  <host> answers, region cn-hangzhou
right    clock                N s from the service's, which is <time>
right    permissions          the bucket may be listed; what writes is not tried
right    token                needed no more: the domain is bound
right    TXT record           needed no more: the domain is bound
right    binding              bound to bucket site since <time>, Enabled
right    CNAME target         it leads to site.oss-cn-hangzhou.aliyuncs.com
right    certificate          bound: 7-cn-hangzhou, SHA-1 <sha1>; served: the same
right    expiry               ends on <time>, in 60 days
right    ICP filing           asked for in mainland China, and the domain was bound
`,
    );
    assert.equal(status, 0);
    const writes = place.requests().filter(({ operation }) => /^(Put|Create|Delete)/.test(operation));
    assert.deepEqual(writes, []);
  });

  it("tells that there are no credentials", async () => {
    const { status, by } = await findings(await healthy(), [], { ALIBABA_CLOUD_ECS_METADATA_DISABLED: "true" });
    assert.equal(status, 4);
    assert.match(by.credentials?.text ?? "", /No usable credentials/);
    assert.equal(by.binding?.state, "unknown");
    assert.equal(by["CNAME target"]?.state, "right");
  });

  it("tells that the secret is wrong, and does not show it", async () => {
    const env = { ALICLOUD_ACCESS_KEY: "ak", ALICLOUD_SECRET_KEY: "not-the-secret" };
    const { status, by } = await findings(await healthy(), [], env);
    assert.equal(status, 4);
    assert.match(by.credentials?.text ?? "", /SignatureDoesNotMatch/);
    assert.doesNotMatch(JSON.stringify(by), /not-the-secret/);
  });

  it("tells that the clock is wrong", async () => {
    const place = await healthy({ now: () => new Date(Date.now() + 20 * 60 * 1000) });
    const { status, by } = await findings(place);
    assert.equal(status, 4);
    assert.match(by.clock?.text ?? "", /^1(199|200|201) s from/);
    assert.match(by.clock?.mend ?? "", /set this machine's clock/);
    // The client goes by the service's clock, so all the rest is known.
    assert.equal(by.binding?.state, "right");
  });

  it("tells that OSS is not reached", async () => {
    const { status, by } = await findings(await healthy(), ["--endpoint", "http://127.0.0.1:1"]);
    assert.equal(status, 4);
    assert.match(by["endpoint and region"]?.text ?? "", /http:\/\/127\.0\.0\.1:1 does not answer: ECONNREFUSED/);
    assert.equal(by.clock?.state, "unknown");
  });

  it("tells that there is no such bucket", async () => {
    const { status, by } = await findings(await healthy(), ["--bucket", "gone"]);
    assert.equal(status, 4);
    assert.match(by["endpoint and region"]?.text ?? "", /NoSuchBucket/);
    assert.match(by["endpoint and region"]?.mend ?? "", /check the bucket's name, its region/);
  });

  it("tells that permission is missing, with the least policy", async () => {
    const place = await healthy();
    const fault = { operation: "ListCname", status: 403, code: "AccessDenied", message: "You are not allowed." };
    place.fail(fault);
    const { status, by } = await findings(place);
    assert.equal(status, 4);
    assert.equal(by.permissions?.state, "wrong");
    const policy = JSON.parse(/\{.*\}$/s.exec(by.permissions?.mend ?? "")?.[0] ?? "{}");
    assert.deepEqual(policy.Statement, [
      {
        Effect: "Allow",
        Action: ["oss:CreateCnameToken", "oss:GetCnameToken", "oss:ListCname", "oss:PutCname", "oss:DeleteCname"],
        Resource: "acs:oss:*:*:site",
      },
    ]);
    place.fail(fault);
    const lines = (await doctor(place)).stdout.trimEnd().split("\n");
    assert.deepEqual(
      lines.filter((line) => !/^(right|wrong|unknown) |^ {30}/.test(line)),
      [],
    );
  });

  it("tells that there is no token, then that its record is missing, then that it differs, then that it can be bound", async () => {
    const place = await healthy();
    unbind();
    const first = await findings(place);
    assert.equal(first.status, 4);
    assert.deepEqual(states(first.by), {
      credentials: "right",
      "endpoint and region": "right",
      clock: "right",
      permissions: "right",
      token: "wrong",
      "TXT record": "unknown",
      binding: "wrong",
      "CNAME target": "right",
      certificate: "unknown",
      expiry: "unknown",
      "ICP filing": "unknown",
    });
    const { OssClient } = await import("../../../provider/oss/client.js");
    const { operations } = await import("../../../provider/oss/operations.js");
    const { oss: endpoint, region, accessKeyId, accessKeySecret } = place;
    const credentials = () => Promise.resolve({ accessKeyId, accessKeySecret });
    const { token } = await operations.createCnameToken(
      new OssClient({ endpoint, region, credentials }),
      "site",
      DOMAIN,
    );
    const second = await findings(place);
    assert.equal(second.by.token?.state, "right");
    assert.match(second.by["TXT record"]?.text ?? "", new RegExp(`${place.dns}.* has no TXT record`));
    assert.match(second.by["TXT record"]?.mend ?? "", new RegExp(`TXT _dnsauth.www.example.com = ${token}`));
    const record = { name: `_dnsauth.${DOMAIN}`, type: "TXT" };
    place.addRecord({ ...record, value: "of-last-week" });
    assert.match((await findings(place)).by["TXT record"]?.text ?? "", /has only "of-last-week"/);
    place.removeRecords(record);
    place.addRecord({ ...record, value: token });
    const last = await findings(place);
    assert.equal(last.by["TXT record"]?.state, "right");
    assert.match(last.by.binding?.mend ?? "", /pulumi up/);
  });

  it("tells that the binding is disabled", async () => {
    const place = await healthy();
    place.inConsole.disable(DOMAIN);
    const { status, by } = await findings(place);
    assert.equal(status, 4);
    assert.match(by.binding?.text ?? "", /bound to bucket site .*Disabled/);
  });

  it("tells where the CNAME record leads instead", async () => {
    const place = await healthy();
    const target = async (value: string | undefined) => {
      pointAt(value);
      const { status, by } = await findings(place, ["--bucket", "site"]);
      return { status, ...by["CNAME target"] };
    };
    const missing = await target(undefined);
    assert.deepEqual([missing.status, missing.state], [4, "wrong"]);
    assert.match(missing.mend ?? "", /create CNAME www\.example\.com = site\.oss-cn-hangzhou\.aliyuncs\.com/);
    assert.match((await target("other.oss-cn-hangzhou.aliyuncs.com")).text ?? "", /another bucket/);
    assert.match((await target("site.oss-cn-beijing.aliyuncs.com")).text ?? "", /another region/);
    const cdn = await target("www.example.com.w.kunlunsl.com");
    assert.deepEqual([cdn.status, cdn.state], [3, "unknown"]);
    assert.equal((await target("site.cn-hangzhou.taihangcda.cn")).state, "right");
  });

  it("tells that another certificate is served than is bound", async () => {
    const other = await authority.issue({ names: [DOMAIN] });
    const { status, by } = await findings(await healthy({}, good, other));
    assert.equal(status, 4);
    assert.equal(by.certificate?.state, "wrong");
    assert.equal(by.expiry?.state, "right");
  });

  it("compares a masked fingerprint by its end, and says when nothing answers", async () => {
    const place = await healthy({ switches: { fingerprint: "masked" } });
    assert.equal((await findings(place)).by.certificate?.state, "right");
    const { status, by } = await findings(place, ["--connect-to", "127.0.0.1:1"]);
    assert.deepEqual([status, by.certificate?.state], [3, "unknown"]);
  });

  it("tells that the certificate has ended, or is about to", async () => {
    const days = async (count: number) => {
      const validTo = new Date(Date.now() + count * DAY_MS);
      const { status, by } = await findings(await healthy({}, await authority.issue({ names: [DOMAIN], validTo })));
      await close();
      return { status, ...by.expiry };
    };
    assert.match((await days(12.5)).text ?? "", /in 12 days/);
    const ended = await days(-0.5);
    assert.equal(ended.status, 4);
    assert.match(ended.text ?? "", /^ended on /);
  });

  it("refuses what is no domain, and asks DNS alone when nothing tells the bucket", async () => {
    assert.equal((await ossCname(["doctor", "*.example.com"])).status, 2);
    const place = await healthy();
    pointAt(undefined);
    const { status, by } = await findings(place);
    assert.equal(status, 4);
    assert.match(by.binding?.text ?? "", /give --bucket/);
  });
});
