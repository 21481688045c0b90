import assert from "node:assert";
import { type Cloud, startCloud } from "../../local";
import { engines, livingOn, Project } from "../support/pulumiRun";

const OTHER_SECRET = "Other9Secret8Key7OfTheTests";

/** One domain in the stack's own account, one in another account and region, one that names its region itself. */
const program = `
  const { BucketCname, CnameToken, OssAccount } = require("pulumi-oss-cname");
  const intl = new OssAccount("intl", { region: "ap-southeast-1", accessKey: "other", secretKey: "${OTHER_SECRET}" });
  const bind = (name, args, opts = {}) => {
    const token = new CnameToken(name, args, opts);
    return new BucketCname(name, args, { ...opts, dependsOn: token }).cnameTarget;
  };
  exports.own = bind("own", { bucket: "site", domain: "own.example.com" });
  exports.intl = bind("intl", { bucket: "intl-site", domain: "intl.example.com" }, { provider: intl });
  exports.beijing = bind("beijing", { bucket: "north", domain: "north.example.com", region: "cn-beijing" });
`;

for (const engine of engines)
  describe(`accounts and regions on the ${engine.name}`, function () {
    this.timeout(180_000);
    let cloud: Cloud;
    let project: Project | undefined;

    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site"], switches: { bindsUnverified: true } });
      cloud.addCredential({ accessKeyId: "other", accessKeySecret: OTHER_SECRET, owner: "2222" });
      cloud.addBucket({ name: "intl-site", owner: "2222", region: "ap-southeast-1" });
      cloud.addBucket({ name: "north", region: "cn-beijing" });
    });
    afterEach(async () => {
      project?.remove();
      await cloud.close();
    });

    it("serves each bucket as the account that it belongs to, from its region, and destroys all of it", async () => {
      const { config, secrets } = livingOn(cloud);
      project = await Project.create(engine, {
        files: { "index.js": program },
        config: { ...config, "oss-cname:verification": "none" },
        secrets,
      });
      const up = await project.up();
      assert.equal(up.status, 0, up.output);
      const bound = () =>
        cloud
          .state()
          .bindings.map(({ domain, bucket }) => `${domain} ${bucket}`)
          .sort();
      assert.deepEqual(bound(), ["intl.example.com intl-site", "north.example.com north", "own.example.com site"]);
      assert.deepEqual(await project.outputs(), {
        own: "site.oss-cn-hangzhou.aliyuncs.com",
        intl: "intl-site.oss-ap-southeast-1.aliyuncs.com",
        beijing: "north.oss-cn-beijing.aliyuncs.com",
      });
      assert(
        !(project.state() + project.log).includes(OTHER_SECRET),
        "the other account's key is in the state or the log",
      );
      cloud.forgetRequests();
      const again = await project.up("--skip-preview", "--expect-no-changes");
      assert.equal(again.status, 0, again.output);
      assert.deepEqual(cloud.requests(), []);
      const destroyed = await project.destroy("--skip-preview");
      assert.equal(destroyed.status, 0, destroyed.output);
      assert.deepEqual(bound(), []);
    });

    it("unbinds nothing and loses no record when resources get another name and another account at once", async () => {
      const { config, secrets } = livingOn(cloud);
      cloud.addCredential({ accessKeyId: "same", accessKeySecret: OTHER_SECRET });
      const declare = (name: string, profile: string) => `
        const { alidns, BucketCnames, CustomDomain, OssAccount } = require("pulumi-oss-cname");
        const keys = { own: undefined, same: { accessKey: "same", secretKey: "${OTHER_SECRET}" } }.${profile};
        const provider = keys && new OssAccount("account", keys);
        const dns = { provider, ttl: 300 };
        const certificate = { certId: "12345-cn-hangzhou" };
        new CustomDomain("${name}", { bucket: "site", domain: "www.example.com", dns: alidns(dns), certificate }, { provider });
        const domains = { "img.example.com": {} };
        if (keys === undefined) new BucketCnames("${name}-many", { bucket: "site", domains, certificate, alidns: {} });
        else new BucketCnames("${name}-many", { bucket: "site", domains, certificate, alidns: {} }, { provider });`;
      project = await Project.create(engine, { files: { "index.js": declare("old", "own") }, config, secrets });
      await project.expectUp("--skip-preview");
      const served = () => {
        const { bindings, records } = cloud.state();
        // The proof of a domain that is bound is of no more use.
        const served = records.filter(({ type }) => type === "CNAME");
        return { bindings, records: served.map(({ name, value, ttl }) => ({ name, value, ttl })) };
      };
      const before = served();
      assert.equal(before.bindings.length, 2);
      assert.equal(before.records.length, 2);
      for (const [name, profile] of [
        ["renamed", "same"],
        ["again", "own"],
      ] as const) {
        project.write({ "index.js": declare(name, profile) });
        cloud.forgetRequests();
        await project.expectUp("--skip-preview");
        assert.deepEqual(served(), before);
        const sent = cloud.requests().map(({ operation }) => operation);
        assert(!sent.some((operation) => /PutCname|DeleteCname|AddDomainRecord/.test(operation)), sent.join());
      }
      await project.refresh("--skip-preview");
      await project.destroy("--skip-preview");
      assert.deepEqual(cloud.state().bindings, []);
      assert.deepEqual(
        cloud.state().records.filter(({ type }) => type === "CNAME" || type === "TXT"),
        [],
      );
    });
  });
