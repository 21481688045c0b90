import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../local";
import { engines, livingOn, Project } from "../support/pulumiRun";

const domains = (bucket: string) => ({
  "oss-cname:domains": ["www", "shop"].map((name) => ({ domain: `${name}.example.com`, bucket, dns: "none" })),
});

for (const engine of engines)
  describe(`a preview on the ${engine.name}`, function () {
    this.timeout(180_000);
    let cloud: Cloud;
    let project: Project;

    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site"] });
      for (const name of ["www", "shop"]) cloud.inConsole.moveBinding(`${name}.example.com`, "site");
    });
    afterEach(async () => {
      project.remove();
      await cloud.close();
    });

    const previewed = async (config: Record<string, unknown>, secrets = livingOn(cloud).secrets) => {
      project = await Project.create(engine, { config: { ...livingOn(cloud).config, ...config }, secrets });
      return project.preview();
    };
    const operations = () => cloud.requests().map(({ operation }) => operation);

    it("fails without a region, and names alicloud:region", async () => {
      const { status, output } = await previewed({ ...domains("site"), "alicloud:region": "" });
      assert.notEqual(status, 0);
      assert.match(output, /The region of bucket site is not known.*pulumi config set alicloud:region/);
      assert.deepEqual(operations(), []);
    });

    it("fails without half of the key, and names it", async () => {
      const { status, output } = await previewed(domains("site"), { "alicloud:accessKey": cloud.accessKeyId });
      assert.notEqual(status, 0);
      assert.match(output, /alicloud:accessKey is set but alicloud:secretKey is not/);
      assert.deepEqual(operations(), []);
    });

    it("tells which bucket does not exist yet, and succeeds", async () => {
      const { status, output } = await previewed(domains("new"));
      assert.equal(status, 0, output);
      assert.match(output, /bucket new does not exist/);
      assert.deepEqual(operations(), ["ListCname"]);
    });

    it("tells what is adopted, by one list, and up needs one more; then it needs neither a key nor a request", async () => {
      const { status, output } = await previewed(domains("site"));
      assert.equal(status, 0, output);
      for (const name of ["www", "shop"])
        assert.match(
          output,
          new RegExp(`${name}\\.example\\.com is bound to bucket site already and is not bound again`),
        );
      assert.deepEqual(operations(), ["ListCname"]);
      await project.expectUp("--skip-preview");
      assert.deepEqual(operations(), ["ListCname", "ListCname"]);

      project.configure({ "alicloud:secretKey": "" });
      const unchanged = await project.preview("--expect-no-changes");
      assert.equal(unchanged.status, 0, unchanged.output);
      assert.equal(operations().length, 2);
    });
  });
