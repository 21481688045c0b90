import assert from "node:assert";
import { type Cloud, startCloud } from "../../local";
import { engines, livingOn, Project } from "../support/pulumiRun";

const www = {
  domain: "www.example.com",
  bucket: "site",
  dns: "alidns",
  certificate: { certId: "12345-cn-hangzhou" },
};
const other = { domain: "img.example.com", bucket: "site", dns: "alidns" };

/** As MIGRATION.md describes it. */
for (const engine of engines.filter(({ name }) => name === "Pulumi CLI"))
  describe(`a domain handed to another stack on the ${engine.name}`, function () {
    this.timeout(300_000);
    let cloud: Cloud;
    const projects: Project[] = [];

    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site"] });
    });
    afterEach(async () => {
      for (const project of projects.splice(0).reverse()) project.remove();
      await cloud.close();
    });

    const create = async (domains: object[], beside?: Project) => {
      const { config, secrets } = livingOn(cloud);
      const project = await Project.create(engine, {
        config: { ...config, "oss-cname:domains": domains },
        secrets,
        ...(beside && { beside, files: { "Pulumi.yaml": "name: heir\nruntime: nodejs\nmain: index.js\n" } }),
      });
      projects.push(project);
      return project;
    };
    const served = () => ({ bindings: cloud.state().bindings, records: cloud.state().records });
    const componentOf = (project: Project) => {
      const found = project.resources().find(({ urn }) => urn.endsWith("CustomDomain::www.example.com"));
      assert(found);
      return found.urn;
    };
    const unchanged = async (project: Project) => {
      cloud.forgetRequests();
      await project.expectUp("--skip-preview", "--expect-no-changes");
      assert.deepEqual(cloud.requests(), []);
    };
    const writes = () => cloud.requests().filter(({ operation }) => !/^(List|Get|Describe)/.test(operation));

    it("by moving the state changes nothing in the cloud, and all of it is the heir's", async () => {
      const giver = await create([www, other]);
      await giver.expectUp("--skip-preview");
      const before = served();
      giver.configure({ "oss-cname:domains": [other] });
      const heir = await create([www], giver);
      const stacks = ["--source", giver.fullName, "--dest", heir.fullName];
      await giver.run("state", "move", ...stacks, "--yes", componentOf(giver));
      await unchanged(giver);
      const moved = heir.resources().map(({ urn }) => urn);
      await heir.expectUp("--skip-preview");
      assert.deepEqual(cloud.requests(), []);
      const made = heir.resources().filter(({ urn, type }) => !moved.includes(urn) && !type.startsWith("pulumi:"));
      assert.deepEqual(
        made.map(({ type }) => type),
        ["pulumi-nodejs:dynamic/oss:RemovalGuard"],
      );
      await unchanged(heir);
      assert.deepEqual(served(), before);

      await giver.destroy("--skip-preview");
      assert.deepEqual(
        served().bindings.map(({ domain }) => domain),
        ["www.example.com"],
      );
      assert.equal(served().records.length, 2);
      assert.equal((await heir.destroy("--skip-preview")).status, 0);
      assert.deepEqual(served(), { bindings: [], records: [] });
    });

    it("by adopting there and forgetting here keeps the binding, its certificate and the records", async () => {
      const giver = await create([www]);
      await giver.expectUp("--skip-preview");
      const before = served();
      const { config, secrets } = livingOn(cloud);
      const heir = await Project.create(engine, {
        config: { ...config, "oss-cname:domains": [{ ...www, dns: "none" }] },
        secrets,
      });
      projects.push(heir);
      cloud.forgetRequests();
      await heir.expectUp("--skip-preview");
      await giver.run("state", "delete", "--yes", "--target-dependents", componentOf(giver));
      giver.configure({ "oss-cname:domains": [] });
      await giver.expectUp("--skip-preview");
      assert.equal((await giver.destroy("--skip-preview")).status, 0);
      assert.deepEqual(writes(), []);
      assert.deepEqual(served(), before);
      await unchanged(heir);
    });
  });
