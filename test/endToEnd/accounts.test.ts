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
  });
