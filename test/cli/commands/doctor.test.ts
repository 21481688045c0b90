import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { stringify } from "yaml";
import { type Cloud, startCloud } from "../../../local/cloud";
import type { Clock } from "../../../provider/clock";
import { createAuthority } from "../../support/certificates";
import { runHere, signedAt } from "../../support/command";
import { FakeClock } from "../../support/fakeClock";

const DOMAIN = "www.example.com";
const DAY_MS = 86_400_000;

describe("oss-cname doctor", () => {
  let cloud: Cloud;
  let server: Server;

  /** A cloud on which the domain is bound, has its CNAME record, and serves its certificate. */
  before(async () => {
    const validTo = new Date(Date.now() + 60.5 * DAY_MS);
    const { certificate, privateKey } = await (await createAuthority()).issue({ names: [DOMAIN], validTo });
    server = createServer({ cert: certificate, key: privateKey }).listen(0, "127.0.0.1");
    await once(server, "listening");
    cloud = await startCloud({ buckets: ["site", "other"] });
    cloud.inConsole.moveBinding(DOMAIN, "site");
    cloud.addCertificate({ certId: "7-cn-hangzhou", certificate });
    cloud.inConsole.replaceCertificate(DOMAIN, { certId: "7-cn-hangzhou" });
    cloud.addRecord({ name: DOMAIN, type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" });
  });
  after(async () => {
    server.close();
    await cloud.close();
  });

  function doctor(...args: string[]) {
    const { port } = server.address() as AddressInfo;
    const options = ["--dns-server", cloud.dns, "--connect-to", `127.0.0.1:${port}`, ...signedAt(cloud)];
    return runHere(["doctor", DOMAIN, ...options, ...args]);
  }

  it("shows one line for each check", async () => {
    const { status, stdout, stderr } = await doctor();
    const shown = stdout
      .replace(/\d+ s from/, "N s from")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
      .replace(/127\.0\.0\.1:\d+/g, "<host>")
      .replace(/(?:[0-9A-F]{2}:){19}[0-9A-F]{2}/g, "<sha1>");
    assert.equal(
      shown,
      `right    credentials          from the options -i and -k
right    endpoint and region  <host> answers, region cn-hangzhou
right    clock                N s from the clock of OSS, which shows <time>
right    permissions          the bucket can be listed; permission to write is not tested
right    token                not needed: the domain is bound
right    TXT record           not needed: the domain is bound
right    binding              bound to bucket site since <time>, Enabled
right    CNAME target         leads to site.oss-cn-hangzhou.aliyuncs.com
right    certificate          bound: 7-cn-hangzhou, SHA-1 <sha1>; served: the same
right    expiry               expires on <time>, in 60 days
right    ICP filing           required in cn-hangzhou, and OSS bound the domain
`,
    );
    assert.deepEqual([status, stderr], [0, ""]);
  });

  it("shows the fix below what is wrong, indented line by line", async () => {
    cloud.fail({ operation: "ListCname", status: 403, code: "AccessDenied", message: "You are not allowed." });
    const { status, stdout } = await doctor();
    assert.equal(status, 4);
    assert.match(stdout, /\nwrong {4}permissions {10}ListCname .*\n {30}Next: allow the action oss:ListCname/);
    const odd = stdout
      .trimEnd()
      .split("\n")
      .filter((line) => !/^(right|wrong|unknown) |^ {30}/.test(line));
    assert.deepEqual(odd, []);
  });

  it("gives the same as JSON, with the worst state first", async () => {
    const { status, stdout } = await doctor("--bucket", "other", "--json");
    assert.equal(status, 4);
    const { state, domain, bucket, findings } = JSON.parse(stdout);
    assert.deepEqual([state, domain, bucket], ["wrong", DOMAIN, "other"]);
    const target = findings.find(({ check }: { check: string }) => check === "CNAME target");
    assert.deepEqual(target, {
      check: "CNAME target",
      state: "wrong",
      text: "leads to site.oss-cn-hangzhou.aliyuncs.com, another bucket",
      fix: `change it to CNAME ${DOMAIN} = other.oss-cn-hangzhou.aliyuncs.com`,
    });
  });

  it("ends with status 3 when something is unknown and nothing is wrong", async () => {
    const { status, stdout } = await doctor("--connect-to", "127.0.0.1:1");
    assert.equal(status, 3);
    assert.match(stdout, /^unknown {2}certificate /m);
  });

  describe("--all", () => {
    let directory: string;
    let file: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
      file = join(directory, "Pulumi.prod.yaml");
      const domains = [
        { domain: DOMAIN, bucket: "site" },
        { domain: "new.example.com", bucket: "other" },
      ];
      writeFileSync(file, stringify({ config: { ...cloud.config, "oss-cname:domains": domains } }));
    });
    afterEach(() => {
      rmSync(directory, { recursive: true });
      const isBound = cloud.state().bindings.some(({ domain }) => domain === "new.example.com");
      if (isBound) cloud.inConsole.removeBinding("new.example.com");
      cloud.removeRecords({ name: "new.example.com" });
    });
    function doctorAll(args: readonly string[] = [], clock?: Clock) {
      const { port } = server.address() as AddressInfo;
      const connectTo = ["--connect-to", `127.0.0.1:${port}`];
      return runHere(["doctor", "--all", "--config", file, ...connectTo, ...args], { ...(clock && { clock }) });
    }
    /** What `pulumi up` and a DNS host would do. */
    function serve(): void {
      cloud.inConsole.moveBinding("new.example.com", "other");
      cloud.addRecord({ name: "new.example.com", type: "CNAME", value: "other.oss-cn-hangzhou.aliyuncs.com" });
    }

    it("checks every domain of the stack, and tells by its exit status", async () => {
      const { status, stdout, stderr } = await doctorAll();
      assert.equal(status, 4);
      assert.equal(stderr, `oss-cname: the configuration sends signed requests to ${cloud.oss}\n`);
      assert.match(stdout, /^wrong {2}new\.example\.com {2}other {3}token, binding, CNAME target$/m);
      assert.match(stdout, /^right {2}www\.example\.com {2}site {4}-$/m);
      assert.match(stdout, /\n2 domains: 1 wrong, 0 unknown, 1 right\n$/);
      serve();
      assert.equal((await doctorAll()).status, 0);
    });

    it("gives JSON, problems first", async () => {
      const { status, stdout } = await doctorAll(["--json"]);
      const { state, counts, domains } = JSON.parse(stdout);
      assert.deepEqual([status, state, counts], [4, "wrong", { wrong: 1, unknown: 0, right: 1 }]);
      assert.deepEqual(
        domains.map((each: { state: string; domain: string; findings: unknown[] }) => [
          each.state,
          each.domain,
          each.findings.length,
        ]),
        [
          ["wrong", "new.example.com", 11],
          ["right", DOMAIN, 11],
        ],
      );
    });

    it("waits until all are fine", async () => {
      const slept: number[] = [];
      const clock = new FakeClock((milliseconds) => {
        if (slept.push(milliseconds) === 2) serve();
      });
      const { status, stdout } = await doctorAll(["--wait", "60"], clock);
      assert.equal(status, 0);
      assert.match(stdout, /2 domains: 0 wrong, 0 unknown, 2 right/);
      assert.deepEqual(slept, [10_000, 10_000]);
    });

    it("or else needs a domain, but not both", async () => {
      for (const args of [["doctor"], ["doctor", DOMAIN, "--all"], ["doctor", "--all", "--bucket", "site"]]) {
        const { status, stderr } = await runHere(args);
        assert.equal(status, 2);
        assert.match(stderr, /give a domain, or --all|cannot be used with/);
      }
    });
  });

  it("waits for one domain as well", async () => {
    cloud.removeRecords({ name: DOMAIN });
    const clock = new FakeClock(() =>
      cloud.addRecord({ name: DOMAIN, type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" }),
    );
    const { port } = server.address() as AddressInfo;
    const args = ["--dns-server", cloud.dns, "--connect-to", `127.0.0.1:${port}`, ...signedAt(cloud)];
    const { status } = await runHere(["doctor", DOMAIN, "-b", "site", "--wait", "10", ...args], { clock });
    assert.equal(status, 0);
  });

  it("refuses what is not a domain", async () => {
    const { status, stderr } = await runHere(["doctor", "*.example.com"]);
    assert.equal(status, 2);
    assert.match(stderr, /wildcard/);
  });

  it("refuses what is not host:port", async () => {
    const { status, stderr } = await runHere(["doctor", DOMAIN, "--connect-to", "127.0.0.1"]);
    assert.equal(status, 2);
    assert.match(stderr, /It must be host:port/);
  });
});
