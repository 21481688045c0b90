import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Cloud, startCloud } from "../../local";
import { Canaries } from "../support/canaries";
import { createAuthority } from "../support/certificates";
import { engines, livingOn, Project } from "../support/pulumiRun";

/** A secret in every place that takes one; the last resource fails. */
const PROGRAM = `
  const pulumi = require("@pulumi/pulumi");
  const { BucketCname, CnameCertificate, CnameToken, OssAccount } = require("pulumi-oss-cname");
  const config = new pulumi.Config("trial");
  const domains = require("pulumi-oss-cname/program");
  const site = { bucket: "site", verification: "none" };
  const account = new OssAccount("other", {
    accessKey: "other-id",
    secretKey: config.requireSecret("secretKey"),
    securityToken: config.requireSecret("securityToken"),
  });
  const inText = new CnameCertificate("b.example.com", {
    bucket: "site",
    domain: "b.example.com",
    certificate: config.require("certificate"),
    privateKey: config.requireSecret("privateKey"),
  }, { provider: account });
  new CnameCertificate("c.example.com", {
    bucket: "site",
    domain: "c.example.com",
    certificateFile: "c.pem",
    privateKeyFile: "c.key",
  });
  module.exports = { ...domains, inText, token: new CnameToken("token", { bucket: "site", domain: "d.example.com" }) };
`;

/** What other processes can read of those that run below a directory. */
class Watch {
  readonly seen = new Map<string, { readonly commandLine: string; readonly environment: string }>();
  readonly #timer: NodeJS.Timeout;

  constructor(directory: string) {
    this.#timer = setInterval(() => this.#look(directory), 20);
  }

  #look(directory: string): void {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid)))
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        if (`${commandLine}${environment}`.includes(directory)) this.seen.set(pid, { commandLine, environment });
      } catch {
        // It has just ended.
      }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

for (const engine of engines)
  describe(`secrets, on the ${engine.name},`, function () {
    this.timeout(300_000);
    let cloud: Cloud;
    let project: Project | undefined;
    let watch: Watch | undefined;
    let scratch: string;

    before(function () {
      if (!existsSync("/proc/self/environ")) this.skip();
    });
    beforeEach(async () => {
      scratch = mkdtempSync(join(tmpdir(), "canaries-"));
      cloud = await startCloud({ buckets: ["site"] });
    });
    afterEach(async () => {
      watch?.stop();
      project?.remove();
      rmSync(scratch, { recursive: true });
      await cloud.close();
    });

    it("are nowhere but where the user has put them", async () => {
      const authority = await createAuthority();
      const issue = (name: string, keyType: "ec" | "rsa") => authority.issue({ names: [name], keyType });
      const [a, b, c] = [
        await issue("a.example.com", "ec"),
        await issue("b.example.com", "rsa"),
        await issue("c.example.com", "ec"),
      ];
      const key = { accessKeySecret: "canary/secret+key=9f3a71c2", securityToken: "CAIS-canary/token+1b77e0d4aa==" };
      const other = { accessKeySecret: "canary/other+secret=41d0c6", securityToken: "CAIS-canary/other+9917c3bd==" };
      cloud.addCredential({ accessKeyId: "canary-id", ...key });
      cloud.addCredential({ accessKeyId: "other-id", ...other });
      for (const domain of ["a", "b", "c"]) cloud.inConsole.moveBinding(`${domain}.example.com`, "site");
      const secrets = {
        "the secret key": key.accessKeySecret,
        "the security token": key.securityToken,
        "the account's secret key": other.accessKeySecret,
        "the account's security token": other.securityToken,
        "the key in the configuration": a.privateKey,
        "the key as text": b.privateKey,
        "the key in a file": c.privateKey,
      };
      const canaries = new Canaries(secrets, [a.chain, b.chain, c.chain]);
      assert.ok(canaries.find("all", Object.values(secrets).join("\n")).length >= Object.keys(secrets).length);

      const { config } = livingOn(cloud);
      project = await Project.create(engine, {
        files: { "index.js": PROGRAM, "c.pem": c.chain, "c.key": c.privateKey },
        config: {
          ...config,
          "oss-cname:domains": [
            { domain: "a.example.com", bucket: "site", dns: "none", certificate: { certificate: a.chain } },
          ],
          "trial:certificate": b.chain,
        },
        secrets: {
          "alicloud:accessKey": "canary-id",
          "alicloud:secretKey": key.accessKeySecret,
          "alicloud:securityToken": key.securityToken,
          "oss-cname:domains[0].certificate.privateKey": a.privateKey,
          "trial:secretKey": other.accessKeySecret,
          "trial:securityToken": other.securityToken,
          "trial:privateKey": b.privateKey,
        },
        // What the CLI wants for --event-log.
        env: { TMPDIR: scratch, PULUMI_DEBUG_COMMANDS: "true" },
      });
      const root = dirname(project.directory);
      watch = new Watch(root);
      const [trial, isCli] = [project, engine.program !== undefined];
      const flags = (name: string) => [
        "--diff",
        ...(isCli ? ["--debug", "--verbose=7", "--logtostderr", `--event-log=${join(scratch, `${name}.events`)}`] : []),
      ];
      const failed: string[] = [];
      const run = async (name: "up" | "refresh" | "destroy" | "preview") => {
        const { status, output } = await trial[name](
          ...(name === "preview" || isCli ? [] : ["--skip-preview"]),
          ...flags(name),
        );
        if (status !== 0) failed.push(`${name}: ${output}`);
        canaries.assertAbsent({ [`the output of ${name}`]: output });
        canaries.assertAbsentBelow(root, [join(trial.directory, "c.key")]);
        canaries.assertAbsentBelow(scratch, []);
        assert.equal(existsSync(join(scratch, `${name}.events`)), isCli);
      };
      cloud.fail({ operation: "PutCname", status: 403, code: "AccessDenied", times: 3 });
      await run("up");
      cloud.clearFaults();
      assert.equal(failed.length, 1);
      for (const name of ["up", "preview", "refresh", "destroy"] as const) await run(name);
      assert.deepEqual(failed.slice(1), []);
      canaries.assertAbsent({
        "the requests": JSON.stringify(cloud.requests()),
        "the emulator": JSON.stringify(cloud.state()),
      });

      watch.stop();
      assert.ok(watch.seen.size >= 4, `${watch.seen.size} processes were seen`);
      // What the CLI's own language host hands to programs is in their environment.
      for (const [pid, { commandLine, environment }] of watch.seen)
        canaries.assertAbsent({ [`${pid}: ${commandLine}`]: isCli ? commandLine : `${commandLine} ${environment}` });
    });
  });
