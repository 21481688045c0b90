import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Cloud, startCloud } from "../../../local/cloud";
import { Run } from "../../../provider/run";
import { ossCname, runHere, signedAt } from "../../support/command";

describe("oss-cname token", () => {
  let cloud: Cloud;
  let token: string;
  let expireTime: string;
  before(async () => {
    cloud = await startCloud({ buckets: ["site"] });
    const config = cloud.config;
    const made = await new Run({ config: { get: (key) => config[key] } })
      .bucket({ bucket: "site" })
      .createToken("new.example.com");
    token = made.token;
    expireTime = new Date(made.expireTime).toISOString();
  });
  after(() => cloud.close());

  const shown = (...args: string[]) => runHere(["token", ...args, ...signedAt(cloud)]);

  it("shows the token and its TXT record", async () => {
    const { status, stdout, stderr } = await shown("site", "NEW.example.com.");
    assert.deepEqual([status, stderr], [0, ""]);
    assert.equal(
      stdout,
      [
        `BUCKET  DOMAIN           TOKEN${" ".repeat(29)}EXPIRES${" ".repeat(19)}TXT RECORD`,
        `site    new.example.com  ${token}  ${expireTime}  _dnsauth.new.example.com`,
        "",
      ].join("\n"),
    );
  });

  it("gives JSON", async () => {
    assert.deepEqual(JSON.parse((await shown("oss://site", "new.example.com", "--json")).stdout), {
      bucket: "site",
      domain: "new.example.com",
      token,
      expireTime,
      txtRecord: { name: "_dnsauth.new.example.com", type: "TXT", value: token, ttl: 600 },
    });
  });

  it("gives the XML of the reply", async () => {
    const { stdout } = await shown("site", "new.example.com", "--xml");
    assert.match(stdout, new RegExp(`^<.*<Token>${token}</Token>.*>$`, "s"));
  });

  it("takes the bucket and all else from the stack that declares the domain", async () => {
    const directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    try {
      const domains = [{ domain: "new.example.com", bucket: "site" }];
      writeFileSync(
        join(directory, "Pulumi.dev.yaml"),
        stringify({ config: { ...cloud.config, "oss-cname:domains": domains } }),
      );
      const { status, stdout, stderr } = await ossCname(["token", "new.example.com", "--json"], { cwd: directory });
      assert.deepEqual(
        [status, JSON.parse(stdout).token, stderr],
        [0, token, `oss-cname: the configuration sends signed requests to ${cloud.oss}\n`],
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("never creates a token, and says how to get one", async () => {
    const before = cloud.requests().length;
    const { status, stdout, stderr } = await shown("site", "none.example.com");
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(
      stderr,
      /^oss-cname: GetCnameToken none\.example\.com on bucket site failed: CnameTokenNotFound .*Next: .*pulumi up/,
    );
    const sent = cloud.requests().slice(before);
    assert.deepEqual(
      sent.map(({ operation }) => operation),
      ["GetCnameToken"],
    );
  });

  it("sends nothing for what is not a domain", async () => {
    const before = cloud.requests().length;
    const { status, stderr } = await shown("site", "*.example.com");
    assert.equal(status, 1);
    assert.match(stderr, /wildcard/);
    assert.equal(cloud.requests().length, before);
  });

  it("gives what ossutil gets", async function () {
    if (spawnSync("ossutil", ["--version"]).error) return this.skip();
    const { oss, accessKeyId, accessKeySecret } = cloud;
    const place = ["-e", oss, "-i", accessKeyId, "-k", accessKeySecret, "--force-path-style"];
    const through = ["ossutil", "bucket-cname", "--method", "get", "--item", "token", "oss://site", ...place] as const;
    const theirs = (await ossCname(["new.example.com"], { through })).stdout;
    const { stdout } = await shown("site", "new.example.com", "--xml");
    // ossutil formats this reply anew.
    assert.equal(theirs.replace(/\n */g, "").slice(0, stdout.length), stdout);
  });
});
