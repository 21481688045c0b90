import assert from "node:assert";
import { type Cloud, startCloud } from "../../local";
import { engines, livingOn, Project } from "../support/pulumiRun";

/** A domain that another bucket serves, with its CNAME record, in a zone of another account. */
for (const engine of engines)
  describe(`a domain that comes from elsewhere on the ${engine.name}`, function () {
    this.timeout(180_000);
    const program = (options: string) => `
      const { CustomDomain, OssAccount, alidns } = require("pulumi-oss-cname");
      const provider = new OssAccount("zones", {});
      const takeover = { bucket: "old" };
      new CustomDomain("www", { bucket: "site", domain: "www.example.com", takeover, dns: alidns({ provider, ${options} }) });
    `;
    let cloud: Cloud;
    let project: Project;

    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site", "old"] });
      cloud.inConsole.moveBinding("www.example.com", "old");
      const { config, secrets } = livingOn(cloud);
      project = await Project.create(engine, { files: { "index.js": program("") }, config, secrets });
    });
    afterEach(async () => {
      project.remove();
      await cloud.close();
    });
    const cname = () => cloud.state().records.find(({ type }) => type === "CNAME");

    it("keeps its CNAME record unless its owner allows to replace it, and says so before anything moves", async () => {
      const { id } = cloud.addRecord({
        name: "www.example.com",
        type: "CNAME",
        value: "old.oss-cn-hangzhou.aliyuncs.com",
      });
      cloud.forgetRequests();
      const refused = await project.preview();
      assert.notEqual(refused.status, 0);
      assert.match(refused.output, /already has CNAME "old\.oss-cn-hangzhou\.aliyuncs\.com".*allowOverwrite: true/s);
      project.write({ "index.js": program("allowOverwrite: true") });
      const allowed = await project.preview();
      assert.equal(allowed.status, 0, allowed.output);
      assert.match(allowed.output, /old\.oss-cn-hangzhou\.aliyuncs\.com is to be replaced by site\.oss/);
      const writes = () => cloud.requests().filter(({ operation }) => !/^(List|Get|Describe)/.test(operation));
      assert.deepEqual(writes(), []);

      await project.expectUp("--skip-preview");
      assert.deepEqual([cname()?.id, cname()?.value], [id, "site.oss-cn-hangzhou.aliyuncs.com"]);
      cloud.forgetRequests();
      await project.expectUp("--skip-preview", "--expect-no-changes");
      assert.deepEqual(cloud.requests(), []);
      assert.equal((await project.destroy("--skip-preview")).status, 0);
      assert.deepEqual(cloud.state().records, []);
    });
  });
