import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cloud, startCloud } from "../../../local/cloud";
import { createAuthority } from "../../support/certificates";
import { at, command, ossCname, type RunOptions } from "../../support/command";

const DAY_MS = 86_400_000;

describe("oss-cname list and token", () => {
  let cloud: Cloud;
  let directory: string;
  /** Ends of the two certificates. */
  let ends: { far: string; near: string };

  before(async () => {
    const authority = await createAuthority();
    const issue = async (name: string, days: number) => {
      // The service tells whole seconds.
      const validTo = new Date(Math.floor((Date.now() + days * DAY_MS) / 1000) * 1000);
      return { end: validTo.toISOString(), pem: (await authority.issue({ names: [name], validTo })).certificate };
    };
    const [far, near] = [await issue("www.example.com", 62.5), await issue("old.example.com", 5.5)];
    ends = { far: far.end, near: near.end };
    cloud = await startCloud({ buckets: ["site", "many", "empty"] });
    for (const [certId, { pem }] of Object.entries({ "11-cn-hangzhou": far, "12-cn-hangzhou": near }))
      cloud.addCertificate({ certId, certificate: pem });
    for (const domain of ["www.example.com", "old.example.com", "plain.example.com"])
      cloud.inConsole.moveBinding(domain, "site");
    cloud.inConsole.replaceCertificate("www.example.com", { certId: "11-cn-hangzhou" });
    cloud.inConsole.replaceCertificate("old.example.com", { certId: "12-cn-hangzhou" });
    cloud.inConsole.disable("plain.example.com");
    for (let index = 0; index < 2000; index++) cloud.inConsole.moveBinding(`n${index}.example.com`, "many");
  });
  after(() => cloud.close());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const run = (args: string[], options: RunOptions = {}) =>
    ossCname([...args, ...at(cloud).args], { ...options, env: { ...at(cloud).env, ...options.env } });

  const answered = async (...args: string[]) => {
    const { stdout, stderr, status } = await run(args);
    assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
    return stdout;
  };

  describe("answer with", () => {
    it("a table", async () => {
      assert.equal(
        await answered("list", "site"),
        [
          "DOMAIN             STATUS    CERTIFICATE     ENDS                      DAYS LEFT",
          `www.example.com    Enabled   11-cn-hangzhou  ${ends.far}  62`,
          `old.example.com    Enabled   12-cn-hangzhou  ${ends.near}  5`,
          "plain.example.com  Disabled  -               -                         -",
          "",
        ].join("\n"),
      );
      assert.equal(await answered("list", "empty"), "DOMAIN  STATUS  CERTIFICATE  ENDS  DAYS LEFT\n");
      const [head, first] = (await answered("list", "site", "--no-certificates")).split("\n");
      assert.equal(head, "DOMAIN             STATUS    CHANGED");
      assert.match(first ?? "", /^www\.example\.com {4}Enabled {3}\d{4}-\d\d-\d\dT\S+Z$/);
    });

    it("JSON", async () => {
      const { bindings, certificates } = cloud.state();
      const [www, old, plain] = bindings;
      const certificate = (index: number) => ({
        certId: certificates[index]?.certId,
        type: "CAS",
        status: "Enabled",
        fingerprint: certificates[index]?.fingerprint,
        creationDate: `${certificates[index]?.creationDate.slice(0, 19)}.000Z`,
        validFrom: new Date(certificates[index]?.validFrom ?? "").toISOString(),
        validTo: new Date(certificates[index]?.validTo ?? "").toISOString(),
        daysLeft: [62, 5][index],
      });
      const entry = (binding = www) => ({
        domain: binding?.domain,
        status: binding?.status,
        lastModified: binding?.lastModified,
      });
      const whole = {
        bucket: "site",
        owner: "1234567890123456",
        cnames: [
          { ...entry(www), certificate: certificate(0) },
          { ...entry(old), certificate: certificate(1) },
          entry(plain),
        ],
      };
      assert.equal(await answered("list", "site", "--json"), `${JSON.stringify(whole, undefined, 2)}\n`);
      assert.deepEqual(JSON.parse(await answered("list", "site", "--json", "--no-certificates")), {
        ...whole,
        cnames: [entry(www), entry(old), entry(plain)],
      });
    });

    it("the token, which it does not make", async () => {
      const before = cloud.requests().length;
      const { status, stdout, stderr } = await run(["token", "site", "new.example.com"]);
      assert.deepEqual({ status, stdout }, { status: 1, stdout: "" });
      assert.match(
        stderr,
        /^oss-cname: GetCnameToken new\.example\.com on bucket site failed: CnameTokenNotFound .*pulumi up/,
      );
      assert.deepEqual(
        cloud
          .requests()
          .slice(before)
          .map(({ operation }) => operation),
        ["GetCnameToken"],
      );
      const { token, expireTime } = await mint(cloud, "new.example.com");
      assert.equal(
        await answered("token", "site", "NEW.example.com."),
        [
          `BUCKET  DOMAIN           TOKEN${" ".repeat(29)}EXPIRES${" ".repeat(19)}TXT RECORD`,
          `site    new.example.com  ${token}  ${expireTime}  _dnsauth.new.example.com`,
          "",
        ].join("\n"),
      );
      assert.deepEqual(JSON.parse(await answered("token", "site", "new.example.com", "--json")), {
        bucket: "site",
        domain: "new.example.com",
        token,
        expireTime,
        txtRecord: { name: "_dnsauth.new.example.com", type: "TXT", value: token, ttl: 600 },
      });
    });

    it("the service's own bytes, in a file too", async () => {
      const replies: Record<string, string> = {
        "/site/?cname":
          '<?xml version="1.0" encoding="UTF-8"?>\n<ListCnameResult>\t<Bucket>site</Bucket><Owner>1</Owner><!-- ü -->\r\n</ListCnameResult>',
        "/site/?cname=www.example.com&comp=token":
          "<CnameToken>\n  <Token>00aa</Token><ExpireTime>Sun, 22 Nov 2026 15:00:00 GMT</ExpireTime></CnameToken>",
      };
      const server = createServer(({ url }, response) => response.end(replies[url ?? ""])).listen(0, "127.0.0.1");
      await once(server, "listening");
      try {
        const place = ["-e", `http://127.0.0.1:${(server.address() as AddressInfo).port}`, "--region", "cn-hangzhou"];
        const output = join(directory, "list.xml");
        const { env } = at(cloud);
        assert.equal((await ossCname(["list", "site", "--xml", ...place], { env })).stdout, replies["/site/?cname"]);
        const { stdout } = await ossCname(["token", "site", "www.example.com", "--xml", ...place], { env });
        assert.equal(stdout, replies["/site/?cname=www.example.com&comp=token"]);
        const saved = await ossCname(["list", "site", "--xml", "--output", output, ...place], { env });
        assert.deepEqual(saved, { status: 0, signal: null, stdout: "", stderr: "" });
        assert.equal(readFileSync(output, "utf8"), replies["/site/?cname"]);
        replies["/site/?cname"] = "<html><body>Please sign in</body></html>";
        const page = await ossCname(["list", "site", "--xml", ...place], { env });
        assert.deepEqual([page.status, page.stdout], [1, ""]);
        assert.match(page.stderr, /BadResponse/);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });

    it("what ossutil gets", async function () {
      if (spawnSync("ossutil", ["--version"]).error) return this.skip();
      const { oss, accessKeyId, accessKeySecret } = cloud;
      const theirs = async (...args: string[]) => {
        const place = ["-e", oss, "-i", accessKeyId, "-k", accessKeySecret, "--force-path-style"];
        const through = ["ossutil", "bucket-cname", "--method", "get", ...args, ...place] as const;
        return (await ossCname([], { through: [...through] })).stdout;
      };
      await mint(cloud, "theirs.example.com");
      const ours = await answered("list", "site", "--xml");
      assert.equal((await theirs("oss://site")).slice(0, ours.length), ours);
      const token = await answered("token", "site", "theirs.example.com", "--xml");
      const theirToken = await theirs("--item", "token", "oss://site", "theirs.example.com");
      // It lays this reply out anew.
      assert.equal(theirToken.replace(/\n */g, "").slice(0, token.length), token);
    });
  });

  describe("write a file", () => {
    it("for its owner only, whole, and never over one that is there unless told to", async () => {
      const output = join(directory, "bindings.json");
      assert.equal(await answered("list", "site", "--json", "-o", output), "");
      assert.equal(statSync(output).mode & 0o777, 0o600);
      assert.equal(JSON.parse(readFileSync(output, "utf8")).cnames.length, 3);
      writeFileSync(output, "mine");
      const refused = await run(["list", "site", "--json", "-o", output]);
      assert.deepEqual([refused.status, refused.stdout], [1, ""]);
      assert.match(refused.stderr, /bindings\.json exists and was left as it is/);
      assert.equal(readFileSync(output, "utf8"), "mine");
      await answered("list", "site", "--json", "-o", output, "--overwrite");
      assert.equal(JSON.parse(readFileSync(output, "utf8")).cnames.length, 3);
      assert.deepEqual(readdirSync(directory), ["bindings.json"]);
    });

    it("and nothing else: no directory, no link is replaced", async () => {
      mkdirSync(join(directory, "directory"));
      symlinkSync("elsewhere", join(directory, "link"));
      for (const name of ["directory", "link"]) {
        const { status, stderr } = await run(["list", "site", "-o", join(directory, name), "--overwrite"]);
        assert.equal(status, 1);
        assert.match(stderr, /it is not a file/);
      }
      const { status, stderr } = await run(["list", "site", "-o", join(directory, "none", "file")]);
      assert.deepEqual([status, stderr], [1, `oss-cname: cannot write ${join(directory, "none", "file")}: ENOENT\n`]);
      assert.deepEqual(readdirSync(directory).sort(), ["directory", "link"]);
    });
  });

  describe("take the access key", () => {
    const place = () => ["list", "site", ...at(cloud).args];

    it("from options, from standard input, from a profile, from the environment", async () => {
      const { accessKeyId, accessKeySecret } = cloud;
      mkdirSync(join(directory, ".aliyun"));
      const profile = { name: "ops", mode: "AK", access_key_id: accessKeyId, access_key_secret: accessKeySecret };
      writeFileSync(join(directory, ".aliyun", "config.json"), JSON.stringify({ current: "ops", profiles: [profile] }));
      const ways: [string[], RunOptions][] = [
        [["-i", accessKeyId, "-k", accessKeySecret], {}],
        [["--access-key-id", accessKeyId, "--access-key-secret", "-"], { input: `${accessKeySecret}\n` }],
        [["--profile", "ops"], { env: { HOME: directory } }],
        [[], { env: { ALICLOUD_ACCESS_KEY: accessKeyId, ALICLOUD_SECRET_KEY: accessKeySecret } }],
        [[], { env: { OSS_ACCESS_KEY_ID: accessKeyId, OSS_ACCESS_KEY_SECRET: accessKeySecret } }],
      ];
      for (const [options, how] of ways) {
        const { status, stderr } = await ossCname([...place(), ...options], how);
        assert.deepEqual([options, status, stderr], [options, 0, ""]);
      }
    });

    it("whole from one source, with a token of its own alone", async () => {
      const temporary = { accessKeyId: "STS.1", accessKeySecret: "temporary-secret", securityToken: "its-token" };
      cloud.addCredential(temporary);
      const given = [...place(), "-i", "STS.1", "-k", "-"];
      const env = { ...at(cloud).env, ALICLOUD_SECURITY_TOKEN: "its-token" };
      const both = await ossCname([...given, "--sts-token", "-"], { input: "temporary-secret\nits-token\n" });
      assert.deepEqual([both.status, both.stderr], [0, ""]);
      assert.equal((await ossCname(given, { input: "temporary-secret\n", env })).status, 1);
    });

    it("without ever showing a secret", async () => {
      const input = "wrong-secret-1\nwrong-token-2\n";
      const refused = await ossCname([...place(), "-i", "ak", "-k", "-", "-t", "-"], { input });
      assert.equal(refused.status, 1);
      assert.doesNotMatch(refused.stdout + refused.stderr, /wrong-/);
    });
  });

  describe("behave", () => {
    it("by their exit status", async () => {
      const { env } = at(cloud);
      for (const [args, said] of [
        [["list"], /missing required argument 'bucket'/],
        [["lst", "site"], /unknown command/],
        [["list", "site", "--jsn"], /unknown option '--jsn'/],
        [["list", "site", "--json", "--xml"], /cannot be used with/],
        [["list", "site", "--xml", "--no-certificates"], /own bytes/],
        [["list", "site", "-i", "ak"], /go together/],
        [["list", "site"], /give --region or --endpoint/],
      ] as const) {
        const { status, stdout, stderr } = await ossCname(args, { env });
        assert.deepEqual([args, status, stdout], [args, 2, ""]);
        assert.match(stderr, said);
      }
      const before = cloud.requests().length;
      const { status, stderr } = await run(["token", "site", "*.example.com"]);
      assert.equal(status, 1);
      assert.match(stderr, /wildcard/);
      assert.equal(cloud.requests().length, before);
    });

    it("by examples in the help of every command", async () => {
      const { stdout } = await ossCname(["--help"]);
      const names = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[options\]| )/gm)].map(([, name = ""]) => name);
      assert.ok(names.length >= 4, stdout);
      for (const name of names.filter((name) => name !== "help")) {
        const help = await ossCname([name, "--help"]);
        assert.equal(help.status, 0);
        assert.match(help.stdout, new RegExp(`\nExamples?:\n(.*\n)*?  oss-cname ${name}`), name);
      }
    });

    it("on a terminal alone in colour, unless NO_COLOR is set", async function () {
      if (spawnSync("script", ["--version"]).error) return this.skip();
      const seen = (env: NodeJS.ProcessEnv) => {
        const line = [process.execPath, command, "list", "site", ...at(cloud).args].join(" ");
        // In a shell of its own, for this process must go on serving.
        return ossCname([], { env: { ...at(cloud).env, ...env }, through: ["script", "-qec", line, "/dev/null"] });
      };
      const coloured = await seen({});
      assert.ok(coloured.stdout.includes(" \u001b[31m5\u001b[39m\r\n"), coloured.stdout);
      const plain = await seen({ NO_COLOR: "1" });
      assert.match(plain.stdout, /old\.example\.com .* 5\r\n/);
      assert.ok(!plain.stdout.includes("\u001b"));
      assert.ok(!(await answered("list", "site")).includes("\u001b"));
    });

    it("in pipes that close", async () => {
      const line = `"$0" "$@" | head -n 2`;
      const args = [process.execPath, command, "list", "many", ...at(cloud).args];
      const { stdout, stderr } = await ossCname([], { env: at(cloud).env, through: ["sh", "-c", line, ...args] });
      assert.equal(stdout.split("\n").length, 3);
      assert.equal(stderr, "");
    });

    it("when it takes long: a line on standard error, an end at the first Ctrl-C, and no file", async () => {
      const slow = await startCloud({ buckets: ["site"], latencyMs: 1300 });
      try {
        const output = join(directory, "list.json");
        const args = ["list", "site", "--json", "-o", output, ...at(slow).args];
        const patient = await ossCname(args, { env: at(slow).env });
        assert.deepEqual([patient.status, patient.stdout], [0, ""]);
        assert.equal(patient.stderr, "oss-cname: listing bucket site (1 s)\n");
        rmSync(output);
        const interrupted = await ossCname(args, {
          env: at(slow).env,
          meanwhile: (child) => child.stderr?.once("data", () => child.kill("SIGINT")),
        });
        assert.equal(interrupted.signal, "SIGINT");
        assert.deepEqual(readdirSync(directory), []);
      } finally {
        await slow.close();
      }
    });
  });
});

/** What another client's CreateCnameToken makes. */
async function mint(cloud: Cloud, domain: string): Promise<{ token: string; expireTime: string }> {
  const { OssClient } = await import("../../../provider/oss/client.js");
  const { operations } = await import("../../../provider/oss/operations.js");
  const { accessKeyId, accessKeySecret, region, oss } = cloud;
  const client = new OssClient({
    endpoint: oss,
    region,
    credentials: () => Promise.resolve({ accessKeyId, accessKeySecret }),
  });
  const { token, expireTime } = await operations.createCnameToken(client, "site", domain);
  return { token, expireTime: new Date(expireTime).toISOString() };
}
